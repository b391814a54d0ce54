"""Which device the arrays live on."""

from collections.abc import Callable
from typing import Any

from backend.array_backend import Backend, CupyBackend, NumpyBackend
from backend.errors import InputError
from backend.registry import look_up


def choose_backend(device: str = "cpu") -> Backend:
    """Return the backend for a device.

    Parameters
    ----------
    device : {"cpu", "gpu", "auto"}
        "gpu" needs CuPy and a GPU that answers; "auto" takes it where there is one, else the CPU.
        What was taken is what the backend's `describe` says.

    Raises
    ------
    InputError
        If the device is none of the three, or "gpu" finds no GPU.

    Examples
    --------
    >>> choose_backend("cpu").name
    'numpy'
    """
    return look_up(DEVICES, device, "device")()


def _gpu() -> Backend:
    """Return the GPU's backend, or explain why there is none."""
    try:
        return CupyBackend(_answering_cupy())
    except Exception as failure:  # CuPy raises errors of its own, which cannot be named without it
        raise InputError(
            "device gpu",
            expected="CuPy and a GPU that answers",
            found=f"{type(failure).__name__}: {failure}",
            advice="Install CuPy for your CUDA version (cupy-cuda13x, say), or take the device cpu.",
        ) from failure


def _auto() -> Backend:
    """Return the GPU's backend where a GPU answers, else NumPy's."""
    try:
        return CupyBackend(_answering_cupy())
    except Exception:  # no CuPy, no driver, no device: each is a reason to take the CPU, none is an error
        return NumpyBackend()


def _answering_cupy() -> Any:
    """Return CuPy after one sum has come back right from the device."""
    import cupy

    if float(cupy.arange(4, dtype="float32").sum()) != 6.0:
        raise RuntimeError("the GPU's arithmetic is wrong")
    return cupy


DEVICES: dict[str, Callable[[], Backend]] = {"cpu": NumpyBackend, "gpu": _gpu, "auto": _auto}
