"""Why no GPU can be used, and the command that helps."""

import re
from pathlib import Path
from typing import NamedTuple

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
AMD_DRIVER = Path("/dev/kfd")
# Lowest driver for a major version of CUDA on Linux, from the table "minor version compatibility" of NVIDIA's
# CUDA Compatibility guide.
OLDEST_DRIVERS = {13: 580, 12: 525}


class Problem(NamedTuple):
    """What is wrong, in a few words, and what to do."""

    reason: str
    advice: str


# Parts of the messages of CuPy and CUDA, and what they mean.
KNOWN = {
    "cudaErrorInsufficientDriver": Problem(
        "the driver is too old for this CuPy",
        "Update the driver, or install CuPy for an older CUDA: pip install cupy-cuda12x.",
    ),
    "cudaErrorNoDevice": Problem(
        "CUDA sees no GPU", "nvidia-smi must list it, and CUDA_VISIBLE_DEVICES must not hide it."
    ),
    "libcuda.so": Problem("there is no NVIDIA driver", "Install NVIDIA's driver; nvidia-smi must list the GPU."),
    "cudaErrorMemoryAllocation": Problem(
        "the GPU's memory is full", "End other programs that use the GPU; nvidia-smi lists them."
    ),
    "OutOfMemoryError": Problem(
        "the GPU's memory is full", "End other programs that use the GPU; nvidia-smi lists them."
    ),
}
LIBRARY = re.compile(r"lib(nvrtc|cudart|cublas|curand)\w*\.so\.(\d+)")


def problem_of(error: BaseException) -> Problem:
    """Return what is wrong when CuPy cannot be imported or cannot compute.

    Parameters
    ----------
    error : BaseException
        What `import cupy` or a first computation raised.

    Examples
    --------
    >>> problem_of(ImportError("libnvrtc.so.12: cannot open shared object file")).advice
    'Install them with CuPy: pip install "cupy-cuda12x[ctk]".'
    """
    if isinstance(error, ModuleNotFoundError) and error.name in (None, "cupy"):
        return Problem("CuPy is not installed", _what_to_install())
    text = f"{type(error).__name__}: {error}"
    library = LIBRARY.search(text)
    if library:
        version = library.group(2)
        advice = f'Install them with CuPy: pip install "cupy-cuda{version}x[ctk]".'
        return Problem(f"the libraries of CUDA {version} are missing ({library.group()})", advice)
    for part, problem in KNOWN.items():
        if part in text:
            return problem
    return Problem(text, "Install CuPy for your CUDA version (cupy-cuda13x for CUDA 13), or use the device cpu.")


def _what_to_install() -> str:
    """Return which CuPy suits the driver of this machine."""
    version = driver_version()
    for cuda, oldest in OLDEST_DRIVERS.items():
        if version >= oldest:
            return f'Install CuPy for the driver found here: pip install "cupy-cuda{cuda}x[ctk]".'
    if version:
        return f"Update NVIDIA's driver {version} to {OLDEST_DRIVERS[12]} or newer, then pip install cupy-cuda12x."
    if AMD_DRIVER.exists():
        return "Install CuPy for ROCm as its installation guide describes."
    return "Install CuPy for your CUDA version (cupy-cuda13x for CUDA 13), or use the device cpu."


def driver_version() -> int:
    """Return the major version of NVIDIA's driver; 0 if there is none or it cannot be found."""
    try:
        found = re.search(r"\s(\d{3})\.\d+", NVIDIA_DRIVER.read_text(encoding="utf-8"))
    except OSError:
        return 0
    return int(found.group(1)) if found else 0
