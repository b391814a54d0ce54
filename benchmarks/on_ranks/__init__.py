"""Measurements of training on several ranks."""
