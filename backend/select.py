"""The device that computes: the CPU, or a GPU through CuPy."""

from collections.abc import Callable
from functools import cache
from typing import Any

from backend.array_backend import Backend, CupyBackend, NumpyBackend
from backend.errors import InputError
from backend.registry import look_up


def choose_backend(device: str = "auto") -> Backend:
    """Return the backend for a device.

    Parameters
    ----------
    device : {"cpu", "gpu", "auto"}
        "gpu" needs CuPy and a GPU that works; "auto" uses one where there is one, else the CPU.

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


def why_no_gpu() -> str:
    """Return in a few words why there is no GPU to compute on; empty if there is one."""
    return _cupy()[1]


@cache
def _cupy() -> tuple[Any, str]:
    """Return CuPy, or None and the reason why it cannot be used; the result is cached."""
    try:
        import cupy

        if float(cupy.arange(4, dtype="float32").sum()) != 6.0:
            raise RuntimeError("the GPU's arithmetic is wrong")
    except ModuleNotFoundError:
        return None, "CuPy is not installed"
    except Exception as failure:  # CuPy's own errors cannot be named without CuPy: no driver, no device, another CUDA
        return None, f"{type(failure).__name__}: {failure}"
    return cupy, ""


def _gpu() -> Backend:
    """Return the GPU's backend, or explain why there is none."""
    cupy, reason = _cupy()
    if cupy is None:
        raise InputError(
            "device gpu",
            expected="CuPy and a GPU that works",
            found=reason,
            advice="Install CuPy for your CUDA version (cupy-cuda13x for CUDA 13), or use the device cpu.",
        )
    return CupyBackend(cupy)


def _auto() -> Backend:
    """Return the GPU's backend where a GPU works, else NumPy's."""
    cupy, _ = _cupy()
    return NumpyBackend() if cupy is None else CupyBackend(cupy)


DEVICES: dict[str, Callable[[], Backend]] = {"cpu": NumpyBackend, "gpu": _gpu, "auto": _auto}
