"""The tests of backend and engine, with CuPy itself in the place of its substitute."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.on_gpu import GpuRun

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "tests/backend/test_array_backend.py", "tests/backend/gpu/test_cublas.py", "tests/backend/gpu/test_fusion.py",
    "tests/backend/gpu/test_graphs.py", "tests/engine/on_gpu/test_replaying.py",
    "tests/engine/on_gpu/test_strict_backend.py", "tests/engine/test_feature_pairs.py",
    "tests/classes/training/test_streams.py", "tests/initializers/augmentation/test_mixing.py",
    "tests/initializers/augmentation/test_policies.py", "tests/testing/inference/test_inspection.py",
    "tests/classes/layers", "tests/engine/test_image_networks.py",
)  # fmt: skip
PROCESSES = 6  # each has its own CUDA context; more do not make the tests faster
LONGEST = 240.0  # seconds


def measure(run: GpuRun) -> dict[str, Any]:
    """Return the numbers of passed and failed tests, and the last line of each failure."""
    environment = os.environ | {"NND_TEST_CUPY": "real", "OPENBLAS_NUM_THREADS": "1"}
    files = [name for name in FILES if (ROOT / name).exists()]
    command = [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=short", "-p", "no:cacheprovider"]
    command += ["-p", "no:benchmark", *files]  # a plugin that does not go with processes, and warns of it
    command += ["-n", str(PROCESSES), "--dist", "loadfile"] if _has("xdist") else []
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", done.stdout)}
    failures = re.findall(r"^(?:FAILED|ERROR) (.+)$", done.stdout, re.MULTILINE)
    result: dict[str, Any] = {"counts": counts, "failures": failures}
    if done.returncode:
        run.console.say(done.stdout[-6000:])
        result |= {"failed": f"{len(failures)} tests", "output": done.stdout[-60000:] + done.stderr[-2000:]}
    return result


def _has(module: str) -> bool:
    """Return whether a module can be found."""
    from importlib.util import find_spec

    return find_spec(module) is not None
