"""Measurements, with machine, versions and peers in their output."""

import os

# As the user has it, before anything is imported that may set variables for BLAS: what measured processes begin with.
ENVIRONMENT = dict(os.environ)
