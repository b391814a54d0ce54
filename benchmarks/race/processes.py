"""Measuring in separate processes, so that memory, threads and caches of peers do not interact."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 1800.0  # seconds after which a peer is assumed to hang


class WorkerError(RuntimeError):
    """A measured process ended without a result; the text is the last line that it complained with."""


def run_worker(task: dict[str, Any]) -> dict[str, Any]:
    """Start a new Python process with a task for `benchmarks.race.worker`, and return its measurements.

    Parameters
    ----------
    task : dict
        ``kind``, a key of the worker's table, and that kind's arguments.

    Raises
    ------
    WorkerError
        If it fails.
    """
    command = [sys.executable, "-m", "benchmarks.race.worker"]
    # The monotonic clock is common to all processes of a machine, so the worker can measure from here.
    text = json.dumps(task | {"started": time.monotonic()})
    try:
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired as slow:
        raise WorkerError(f"no result after {LONGEST:.0f} s") from slow
    if done.returncode:
        raise WorkerError((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])
