"""Inference with trained networks: model files, prediction, ensembles, calibration, inspection."""
