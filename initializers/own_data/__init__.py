"""Data sets of the user's own: a folder of pictures by class, tables with a label column, or arrays."""

from initializers.own_data.loading import load_own_data

__all__ = ["load_own_data"]
