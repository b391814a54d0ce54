"""What one does with a trained network: metrics, figures, reports, single images; test.py is its script."""
