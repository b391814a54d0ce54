"""Versions of Python and the libraries, for records of results."""

import platform

import numpy as np


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of what computes, for reports and model files.

    Examples
    --------
    >>> sorted(library_versions())
    ['numpy', 'python']
    """
    return {"python": platform.python_version(), "numpy": np.__version__}
