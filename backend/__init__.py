"""Array backends: NumPy, or any library with CuPy's interface."""

from backend import blas  # noqa: F401  before NumPy, whose kernels it chooses
from backend.array_backend import Backend, CupyBackend, NumpyBackend
from backend.errors import InputError
from backend.select import DEVICES, choose_backend

__all__ = ["DEVICES", "Backend", "CupyBackend", "InputError", "NumpyBackend", "choose_backend"]
