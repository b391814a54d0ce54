"""Comparisons of trainings: grids of settings, parallel engines, and records of the results."""
