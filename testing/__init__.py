"""Using a trained network: metrics, figures, reports, single images; test.py is the script."""
