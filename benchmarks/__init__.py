"""Measurements, with machine, versions and peers in their output."""
