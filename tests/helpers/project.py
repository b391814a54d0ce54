"""A copy of the project, so that scripts under test do not write into the user's folders."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.helpers.terminal import environment

ROOT = Path(__file__).parents[2]
PACKAGES = ("backend", "initializers", "classes", "interface", "testing", "training", "benchmarks")
NO_MIRROR = "http://127.0.0.1:9/"  # the discard port, where nothing answers: without MNIST at hand, there is none


# Where scripts under test keep what they download and what matplotlib finds out about fonts: outside the project, whose
# own folder may be the repository, and the same for all scripts, so that the fonts are listed once.
_CACHE = tempfile.TemporaryDirectory(prefix="cache-")


def copy_project(folder: Path) -> Path:
    """Copy the code into `folder` and return it."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "results"))
    shutil.copy(ROOT / "main.py", folder)
    return folder


def without_mnist(folder: Path) -> dict[str, str]:
    """Return changes of the environment under which MNIST is nowhere: not at hand, not kept, not to be had."""
    return {"MNIST_DIR": "", "MNIST_MIRRORS": NO_MIRROR, "NO_PROXY": "*", "XDG_CACHE_HOME": str(folder / "cache")}


def run(script: Path, *flags: object, answers: str = "", cwd: Path | None = None):
    """Run a script to its end, warnings being errors, and return the finished process."""
    command = [sys.executable, "-W", "error", str(script), *map(str, flags)]
    return subprocess.run(
        command,
        cwd=cwd or script.parent,
        env=environment(**without_mnist(Path(_CACHE.name)), PYTHONPATH=""),
        input=answers,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=110,
    )
