"""A Dask cluster of processes on this machine, for tests; they are skipped where Dask is not installed."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.helpers.project import ROOT

PATIENCE = 60  # seconds in which a scheduler or a worker starts, also on a busy machine
LOCAL = ("--host", "127.0.0.1", "--no-dashboard")
ENVIRONMENT = {
    "PYTHONPATH": str(ROOT),
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",  # a task that kills its worker is not tried again
}


@contextmanager
def dask_cluster(workers: int = 2) -> Iterator[str]:
    """Start a scheduler and workers, yield its address as ``HOST:PORT`` once all have joined, and end them."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "scheduler.json"
        stack.enter_context(_running("dask_scheduler", "--port", "0", "--scheduler-file", str(file), cwd=folder))
        address = _address_in(file)
        for _ in range(workers):
            stack.enter_context(_running("dask_worker", address, "--nthreads", "1", "--no-nanny", cwd=folder))
        if workers:
            _wait_for_workers(address, workers)
        yield address.removeprefix("tcp://")


@contextmanager
def _running(program: str, *arguments: str, cwd: str) -> Iterator[None]:
    """Run one of Dask's programs until the block ends."""
    command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments, *LOCAL]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=cwd, env=os.environ | ENVIRONMENT, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_for_workers(address: str, workers: int) -> None:
    """Return once all workers have joined the scheduler, which takes seconds on a busy machine."""
    from distributed import Client

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=PATIENCE)


def _address_in(file: Path) -> str:
    """Return the scheduler's address once it has written it to its file."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if file.exists() and (text := file.read_text()):
            return json.loads(text)["address"]
        time.sleep(0.05)
    raise TimeoutError(f"no scheduler after {PATIENCE} seconds: {file}")
