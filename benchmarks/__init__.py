"""Measurements, with machine, versions and peers in their output."""

import os

# The user's environment, before any import that may set variables for BLAS; measured processes start with it.
ENVIRONMENT = dict(os.environ)
