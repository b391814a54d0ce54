"""The device that computes: the CPU, or a GPU through CuPy."""

from collections.abc import Callable
from functools import cache
from typing import Any

from backend.array_backend import Backend, CupyBackend, NumpyBackend
from backend.errors import InputError
from backend.gpu.problems import Problem, problem_of
from backend.registry import look_up


def choose_backend(device: str = "auto") -> Backend:
    """Return the backend for a device.

    Parameters
    ----------
    device : {"auto", "cpu", "gpu"}
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
    problem = _cupy()[1]
    return problem.reason if problem else ""


@cache
def _cupy() -> tuple[Any, Problem | None]:
    """Return CuPy, or None and the reason why it cannot be used; the result is cached."""
    try:
        import cupy

        if float(cupy.arange(4, dtype="float32").sum()) != 6.0:
            raise RuntimeError("the GPU's arithmetic is wrong")
    except Exception as failure:  # CuPy's own errors cannot be named without CuPy: no driver, no device, another CUDA
        return None, problem_of(failure)
    return cupy, None


def _gpu() -> Backend:
    """Return the GPU's backend, or explain why there is none."""
    cupy, problem = _cupy()
    if problem:
        raise InputError(
            "device gpu", expected="CuPy and a GPU that works", found=problem.reason, advice=problem.advice
        )
    return CupyBackend(cupy)


def _auto() -> Backend:
    """Return the GPU's backend where a GPU works, else NumPy's."""
    cupy, _ = _cupy()
    return NumpyBackend() if cupy is None else CupyBackend(cupy)


DEVICES: dict[str, Callable[[], Backend]] = {"cpu": NumpyBackend, "gpu": _gpu, "auto": _auto}
