"""The library under NumPy's matrix products: which kernels it takes, and how many threads.

This module must be imported before NumPy to choose the kernels; `backend` imports it first.
"""

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

KERNELS = "OPENBLAS_CORETYPE"
SWITCH = "NND_BLAS_KERNELS"  # "off" leaves the choice to OpenBLAS
AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
CPUINFO = Path("/proc/cpuinfo")


def choose_kernels(environment: MutableMapping[str, str], cpuinfo: str, *, numpy_is_loaded: bool) -> bool:
    r"""Make OpenBLAS take its AVX-512 kernels on an AMD processor that has all they need; return whether it did.

    Some versions of OpenBLAS take kernels without AVX-512 on AMD's Zen 4 and 5, which costs up to half of the speed of
    single-precision products (docs/performance.md). The numbers that come out differ in their last bits at most.

    Parameters
    ----------
    environment : mapping
        Usually `os.environ`; gets OPENBLAS_CORETYPE unless the user has set it, or NND_BLAS_KERNELS to "off".
    cpuinfo : str
        What Linux says about the processors; empty elsewhere, where nothing is chosen.
    numpy_is_loaded : bool
        Then it is too late, and nothing is chosen.

    Examples
    --------
    >>> names = {}
    >>> zen = "vendor_id : AuthenticAMD\nflags : avx512f avx512cd avx512bw avx512dq avx512vl\n"
    >>> choose_kernels(names, zen, numpy_is_loaded=False), names
    (True, {'OPENBLAS_CORETYPE': 'SkylakeX'})
    """
    if numpy_is_loaded or KERNELS in environment or environment.get(SWITCH, "").lower() == "off":
        return False
    fields = dict(line.split(":", 1) for line in cpuinfo.splitlines() if ":" in line)
    about = {name.strip(): value.strip() for name, value in fields.items()}
    if about.get("vendor_id") != "AuthenticAMD" or not set(about.get("flags", "").split()) >= AVX512:
        return False
    environment[KERNELS] = "SkylakeX"
    return True


def _cpuinfo() -> str:
    """Return what Linux says about the processors, or nothing."""
    try:
        return CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return ""


CHOSEN = choose_kernels(os.environ, _cpuinfo(), numpy_is_loaded="numpy" in sys.modules)


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Let BLAS use `count` threads inside the block; as many as before after it."""
    with _controller().limit(limits=count, user_api="blas"):
        yield


def blas_kernels() -> str:
    """Return name, version and kernels of NumPy's own library in words: ``openblas 0.3.31 SkylakeX``, say."""
    pools = [pool for pool in _controller().info() if pool["user_api"] == "blas" and "numpy" in pool["filepath"]]
    words = [" ".join(str(pool.get(key, "")) for key in ("internal_api", "version", "architecture")) for pool in pools]
    chosen = " (chosen here: AVX-512)" if CHOSEN else ""
    return ", ".join(dict.fromkeys(words)) + chosen


@cache
def _controller() -> Any:
    """Return threadpoolctl's view of the libraries that are loaded, which takes a millisecond to make."""
    import numpy  # noqa: F401  its library must be there to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
