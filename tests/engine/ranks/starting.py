"""Programs on several ranks of MPI, which are processes of this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.terminal import ROOT

MPIEXEC = Path(sys.executable).with_name("mpiexec")
NEEDS_MPI = pytest.mark.skipif(not MPIEXEC.exists(), reason="MPI is not installed (requirements-mpi.txt)")


def start(ranks, *command, cwd=ROOT, **more):
    """Start a Python program on several ranks."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "MNIST_DIR": ""}
    words = [str(MPIEXEC), "-n", str(ranks), sys.executable, *map(str, command)]
    return subprocess.Popen(
        words, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


def finished(process):
    """Return what a program printed, after it has ended without an error."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out
