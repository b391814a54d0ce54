"""Trained networks at work: finding model files, prediction, ensembles, calibration, and looking inside."""
