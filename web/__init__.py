"""A page to draw on, and the server behind it; serve.py is its script."""
