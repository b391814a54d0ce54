"""Check and measure everything on a GPU, in one call of a few minutes.

``python benchmarks/gpu.py`` runs the tests against CuPy itself, compares trainings on CPU and GPU, trains the presets,
races PyTorch and JAX, and profiles a step. Results are written to benchmarks/results/gpu.json after every part.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import importlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from backend import choose_backend
from backend.files import write_text
from benchmarks.machine import describe_machine
from benchmarks.on_gpu import GpuRun
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script

RESULTS = Path(__file__).resolve().parent / "results"
PARTS = ("tests", "agreement", "operations", "presets", "race", "profile")  # modules of benchmarks.on_gpu, in order
PACKAGES = ("numpy", "cupy-cuda12x", "cupy-cuda13x", "torch", "jax", "jaxlib", "scikit-learn", "pandas")


@dataclass(frozen=True)
class GpuConfig:
    """The script's settings; every field is a flag."""

    parts: tuple[str, ...] = field(default=PARTS, metadata={"help": "what to do", "choices": PARTS})
    seconds: float = field(default=420.0, metadata={"help": "no part begins later than this"})
    rounds: int = field(default=5, metadata={"help": "epochs of each peer in the race"})
    output: Path = field(default=RESULTS / "gpu.json", metadata={"help": "file of the results"})
    data_dir: Path | None = field(default=None, metadata={"help": "folder of MNIST's files"})


def main(console: Console) -> int:
    """Run the parts; return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="benchmarks/gpu.py", description=__doc__)
    add_flags(parser, GpuConfig)
    config = config_from_flags(parser.parse_args(), GpuConfig())
    started = time.perf_counter()
    run = GpuRun(choose_backend("gpu"), load_dataset(console, "auto", config.data_dir), config.rounds, console)
    results: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": run.backend.describe(),
        "machine": describe_machine(PACKAGES),
        "data": run.dataset.name,
    }
    for name in config.parts:
        if time.perf_counter() - started > config.seconds:
            results[name] = {"failed": f"not begun: {config.seconds:.0f} s had passed"}
        else:
            results[name] = _result_of(name, run)
        write_text(config.output, json.dumps(results, indent=1) + "\n")
        console.say(f"{time.perf_counter() - started:5.0f} s  {name}: {results[name].get('failed', 'done')}")
    return int(any("failed" in results[name] for name in config.parts))


def _result_of(name: str, run: GpuRun) -> dict[str, Any]:
    """Return the result of a part with its duration in seconds; after an exception, what failed."""
    started = time.perf_counter()
    try:
        result = importlib.import_module(f"benchmarks.on_gpu.{name}").measure(run)
    except Exception as error:  # the other parts are still worth their time
        result = {"failed": f"{type(error).__name__}: {error}"}
    return result | {"part_seconds": round(time.perf_counter() - started, 1)}


if __name__ == "__main__":
    sys.exit(run_script(main))
