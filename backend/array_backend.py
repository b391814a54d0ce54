"""The interface between the computations and the array library."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from backend.blas import blas_kernels, blas_threads
from backend.gpu.cublas import Cublas
from backend.gpu.graphs import Replayed
from backend.team import can_share

UFUNC_BUFFER = 2048  # numbers; with NumPy's own 8192, adding a row to a matrix is a tenth slower and takes 32 KiB
CACHE = 2**20  # bytes of scratch storage for a block of samples: the second-level cache of one core, about
FEWEST_ROWS = 16  # rows per process: with fewer, matrix products run at less than half of their rate
LARGEST_TEAM = 4  # processes: more were not measured
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@contextmanager
def at_full_speed() -> Iterator[None]:
    """Disable NumPy's overflow warnings and use small buffers inside the block, in this thread only.

    Callers check the results themselves.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # which restores the size of buffers too
        np.setbufsize(UFUNC_BUFFER)
        yield


class Backend:
    """What differs between array libraries; all the rest is `xp`, the library's namespace itself.

    Attributes
    ----------
    name : str
        "numpy" or "cupy".
    xp : module
        The namespace that kernels are written against.
    on_host : bool
        Whether arrays are in main memory, so that no copy is needed.
    """

    name: str
    xp: Any
    on_host: bool

    def from_host(self, array: np.ndarray) -> Any:
        """Return `array` as an array of this library; without a copy if it already is one."""
        raise NotImplementedError

    def to_host(self, array: Any) -> np.ndarray:
        """Return `array` as a NumPy array; without a copy if it already is one."""
        raise NotImplementedError

    def generator(self, seed: int) -> Any:
        """Return a random generator that lives where the arrays live."""
        raise NotImplementedError

    def fill_uniform(self, generator: Any, out: Any) -> None:
        """Fill `out` with numbers drawn uniformly from [0, 1)."""
        generator.random(size=out.shape, dtype=out.dtype, out=out)

    def generator_state(self, generator: Any) -> dict[str, Any]:
        """Return a generator's state as built-in types; empty if the library does not expose it."""
        return {}

    def set_generator_state(self, generator: Any, state: dict[str, Any]) -> None:
        """Restore a generator's state."""

    def take_rows(self, source: Any, rows: Any, out: Any) -> None:
        """Write ``source[rows]`` into `out`, row by row. The rows are not checked."""
        raise NotImplementedError

    def replayed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same, faster where the device can record and replay operations.

        `function` must issue the same operations whenever its arguments are the same arrays and values.
        """
        return function

    def synchronize(self) -> None:
        """Wait until all work handed to the device is done."""

    def samples_in_cache(self, size: int) -> int:
        """Return how many samples, of `size` bytes each, to process at a time; all of them by default."""
        return sys.maxsize

    def usual_team(self, rows: int) -> int:
        """Return how many processes should share a step with this number of rows."""
        return 1

    def describe(self) -> str:
        """Return library, version and device in one line for people."""
        raise NotImplementedError


class NumpyBackend(Backend):
    """Arrays in main memory, computed by NumPy.

    Examples
    --------
    >>> backend = NumpyBackend()
    >>> out = backend.xp.empty((2, 3), dtype="uint8")
    >>> backend.take_rows(np.arange(12, dtype="uint8").reshape(4, 3), np.array([3, 0]), out)
    >>> out.tolist()
    [[9, 10, 11], [0, 1, 2]]
    """

    name = "numpy"
    xp = np
    on_host = True

    def from_host(self, array: np.ndarray) -> np.ndarray:
        """Return `array` itself, or a base-class view of a subclass such as a memory map."""
        return np.asarray(array)

    def to_host(self, array: np.ndarray) -> np.ndarray:
        """Return `array` itself."""
        return np.asarray(array)

    def generator(self, seed: int) -> np.random.Generator:
        """Return NumPy's default generator."""
        return np.random.default_rng(seed)

    def generator_state(self, generator: np.random.Generator) -> dict[str, Any]:
        """Return the bit generator's own state."""
        return dict(generator.bit_generator.state)

    def set_generator_state(self, generator: np.random.Generator, state: dict[str, Any]) -> None:
        """Set the bit generator's state."""
        generator.bit_generator.state = state

    def take_rows(self, source: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
        """Write ``source[rows]`` into `out`."""
        # With mode="clip" NumPy writes directly into `out` instead of into a buffer first.
        np.take(source, rows, axis=0, out=out, mode="clip")

    def samples_in_cache(self, size: int) -> int:
        """Return how many samples fit into the cache of a core, at least one."""
        return max(1, CACHE // size)

    def usual_team(self, rows: int) -> int:
        """Return one for each core and each thread that BLAS may take, as long as all have enough rows."""
        if not can_share():
            return 1
        return max(1, min(usable_cores(), blas_threads(), rows // FEWEST_ROWS, LARGEST_TEAM))

    def describe(self) -> str:
        """Return NumPy's version, the number of cores that it may use, and the library under its matrix products."""
        return ", ".join(filter(None, ("CPU", f"NumPy {np.__version__}", f"{usable_cores()} cores", blas_kernels())))


class CupyBackend(Backend):
    """Arrays on a GPU, computed by CuPy or a library with its interface.

    Parameters
    ----------
    cupy : module
        CuPy's namespace.
    """

    name = "cupy"
    on_host = False

    def __init__(self, cupy: Any) -> None:
        self.xp = Namespace(cupy)

    def from_host(self, array: np.ndarray) -> Any:
        """Return a copy of `array` on the device."""
        return self.xp.asarray(np.ascontiguousarray(array))

    def to_host(self, array: Any) -> np.ndarray:
        """Return a copy of `array` in main memory, once all that it waits for is done."""
        return self.xp.asnumpy(array)

    def generator(self, seed: int) -> Any:
        """Return the library's default generator."""
        return self.xp.random.default_rng(seed)

    def take_rows(self, source: Any, rows: Any, out: Any) -> None:
        """Write ``source[rows]`` into `out`."""
        self.xp.take(source, rows, axis=0, out=out)

    def replayed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that becomes a CUDA graph when it is called again and again."""
        return Replayed(self.xp, function) if self.xp.cublas else function

    def synchronize(self) -> None:
        """Wait for the current stream."""
        self.xp.cuda.get_current_stream().synchronize()

    def describe(self) -> str:
        """Return the device's name and CuPy's version."""
        properties = self.xp.cuda.runtime.getDeviceProperties(self.xp.cuda.Device().id)
        return f"GPU, {properties['name'].decode()}, CuPy {self.xp.__version__}"


class Namespace:
    """CuPy's namespace, with matrix products that a CUDA graph can record.

    Parameters
    ----------
    cupy : module
        CuPy, or a library with its interface.

    Attributes
    ----------
    cublas : Cublas or None
        None if the library does not give access to cuBLAS; then nothing is recorded.
    """

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy
        self.cublas: Cublas | None
        try:
            self.cublas = Cublas(cupy, getattr(cupy, "cublas_library", None))
        except (OSError, AttributeError):
            self.cublas = None

    def __getattr__(self, name: str) -> Any:
        if name == "_cupy":  # a copy of this object that is not complete yet
            raise AttributeError(name)
        found = getattr(self._cupy, name)
        setattr(self, name, found)  # so that it is looked up once
        return found

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return ``a b``, in `out` if that is given."""
        if out is not None and self.cublas is not None and self.cublas.matmul(a, b, out):
            return out
        return self._cupy.matmul(a, b, out=out)


def usable_cores() -> int:
    """Return the number of cores that this process may use: its CPU affinity or its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = CPU_QUOTA.read_text(encoding="utf-8").split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no such file, or "max"
        return cores
