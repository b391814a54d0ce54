"""Settings of NumPy's BLAS: its kernels, and how long its threads wait for work.

They are read when NumPy is first imported, so `backend` imports this module before NumPy.
"""

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

SWITCH = "NND_BLAS"  # environment variable; "off" leaves OpenBLAS's settings unchanged
KERNELS, PATIENCE = "OPENBLAS_CORETYPE", "OPENBLAS_THREAD_TIMEOUT"
AVX512 = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}
CPUINFO = Path("/proc/cpuinfo")


def tune(environment: MutableMapping[str, str], cpuinfo: str, *, numpy_is_loaded: bool) -> list[str]:
    r"""Set OpenBLAS's environment variables for the matrix products of small networks; return the names that were set.

    - OPENBLAS_THREAD_TIMEOUT: a thread without work goes to sleep after 2^16 ticks of the clock (some 25 microseconds)
      instead of 2^26, so that after a validation its core is free for the process that shares the training.
    - OPENBLAS_CORETYPE: the AVX-512 kernels, on an AMD processor that has all they need. Some versions of OpenBLAS take
      others on Zen 4 and 5. The results differ by rounding only.

    docs/performance.md gives the speed-up of each.

    Parameters
    ----------
    environment : mapping
        Usually `os.environ`. Variables that the user has set are not changed; NND_BLAS=off changes none.
    cpuinfo : str
        Contents of Linux's /proc/cpuinfo; empty elsewhere.
    numpy_is_loaded : bool
        Whether NumPy is imported already; then nothing is set.

    Examples
    --------
    >>> zen = "vendor_id : AuthenticAMD\nflags : avx512f avx512cd avx512bw avx512dq avx512vl\n"
    >>> tune({}, zen, numpy_is_loaded=False), tune({"NND_BLAS": "off"}, zen, numpy_is_loaded=False)
    (['OPENBLAS_THREAD_TIMEOUT', 'OPENBLAS_CORETYPE'], [])
    """
    if numpy_is_loaded or environment.get(SWITCH, "").lower() == "off":
        return []
    wanted = {PATIENCE: "16"} | ({KERNELS: "SkylakeX"} if _is_amd_with_avx512(cpuinfo) else {})
    chosen = [name for name in wanted if name not in environment]
    environment.update({name: wanted[name] for name in chosen})
    return chosen


def _is_amd_with_avx512(cpuinfo: str) -> bool:
    """Return whether the processors are AMD's and have all five parts of AVX-512 that the kernels use."""
    fields = dict(line.split(":", 1) for line in cpuinfo.splitlines() if ":" in line)
    about = {name.strip(): value.strip() for name, value in fields.items()}
    return about.get("vendor_id") == "AuthenticAMD" and set(about.get("flags", "").split()) >= AVX512


def _cpuinfo() -> str:
    """Return the contents of /proc/cpuinfo, or an empty string."""
    try:
        return CPUINFO.read_text(encoding="utf-8")
    except OSError:
        return ""


TUNED = tune(os.environ, _cpuinfo(), numpy_is_loaded="numpy" in sys.modules)


def blas_kernels() -> str:
    """Return name, version and kernels of NumPy's BLAS, for example ``openblas 0.3.31 SkylakeX``."""
    keys = ("internal_api", "version", "architecture")
    words = [" ".join(str(pool.get(key, "")) for key in keys) for pool in _library().info()]
    return ", ".join(dict.fromkeys(words)) + (" (chosen here)" if KERNELS in TUNED else "")


def blas_threads() -> int:
    """Return the number of threads of NumPy's BLAS; 1 if unknown."""
    return max((pool["num_threads"] for pool in _library().info()), default=1)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit NumPy's BLAS to one thread inside the block, as other processes use the other cores."""
    with _library().limit(limits=1):
        yield


@cache
def _library() -> "ThreadpoolController":
    """Return threadpoolctl's controller of NumPy's BLAS, or of all loaded libraries if it has none."""
    import numpy  # noqa: F401  its library must be there to be found
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas")
    own = [pool["filepath"] for pool in found.info() if "numpy" in pool["filepath"]]
    return found.select(filepath=own) if own else found
