"""Description of the machine of a measurement."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from backend.array_backend import usable_cores


def describe_machine(packages: tuple[str, ...] = ("numpy",)) -> dict[str, Any]:
    """Return processor, cores, system, BLAS and the versions of the named packages, None for a missing one."""
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "processor": _processor(),
        "cores": usable_cores(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "blas": [f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip() for pool in blas],
        "blas_threads": [pool["num_threads"] for pool in blas],
        "versions": {name: _version(name) for name in packages},
    }


def in_words(machine: dict[str, Any]) -> str:
    """Return the description as a sentence's part, for tables that people read."""
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items() if number)
    return f"{machine['cores']} cores of {machine['processor']}, Python {machine['python']}, {versions}"


def _processor() -> str:
    """Return the name of the processor, if the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(package: str) -> str | None:
    """Return a package's version, or None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
