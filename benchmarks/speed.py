"""Compare the speed of training and prediction with other libraries in the same run.

``python benchmarks/speed.py`` measures all that is installed; ``--quick`` takes a few minutes. Results, tables and
figure are put into benchmarks/results as speed.json, speed.md and speed.png.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import dataclasses
import json
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backend.drawing import save_figure
from backend.files import write_text
from benchmarks.machine import describe_machine, in_words
from benchmarks.peers import PEERS
from benchmarks.race.jobs import QUICK, Job, SpeedConfig, chosen_peers, plan
from benchmarks.race.processes import ROOT, WorkerError, run_worker
from benchmarks.race.speed_figure import speed_figure
from benchmarks.race.summary import epoch_seconds, select
from benchmarks.race.tables import report
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script

RESULTS = ROOT / "benchmarks" / "results"
RECORD = RESULTS / "speed.json"
PACKAGES = (
    "numpy", "scikit-learn", "torch", "tensorflow", "tensorflow-cpu", "keras", "jax", "jaxlib", "onnx", "onnxruntime",
)  # fmt: skip
KEPT = ("kind", "part", "network", "optimizer", "peer", "round")  # fields of a task saved with the results
BUSY = 0.5  # cores in use before the start, above which a warning is shown


def measure(console: Console, config: SpeedConfig) -> dict[str, Any]:
    """Run every process of the plan, one at a time, and return all that they measured."""
    dataset = load_dataset(console, "auto", config.data_dir)
    is_mnist = dataset.name == "MNIST"
    peers, skipped = chosen_peers(config)
    for sentence in skipped:
        console.warn(f"{sentence}; left out.")
    results: dict[str, Any] = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(PACKAGES),
        "load": _load(console),
        "data": dataset.name if is_mnist else f"{dataset.name}, repeated",
        "rows": [],
        "skipped": skipped,
    }
    with tempfile.TemporaryDirectory() as folder:
        jobs = plan(config, peers, "mnist" if is_mnist else "embedded", Path(folder) / "weights.npz")
        try:
            run_jobs(console, jobs, results)
        finally:  # the measurements so far are kept even if it ends early
            write_text(RECORD, json.dumps(results, indent=1) + "\n")
    return results


def run_jobs(console: Console, jobs: Sequence[Job], results: dict[str, Any]) -> None:
    """Run the jobs; append a row for each success, and skip a peer in the rest of a part in which it failed."""
    failed: set[tuple[str, str, str]] = set()
    for number, job in enumerate(jobs, start=1):
        key = job["part"], job["network"], job["peer"]
        if key in failed:
            continue
        title = PEERS[job["peer"]].title if job["peer"] in PEERS else "rate of BLAS"
        where = f"{number}/{len(jobs)} {job['part']}, {job['network']}, round {job['round'] + 1}: {title}"
        try:
            row = {name: job.get(name) for name in KEPT} | run_worker(job)
        except WorkerError as error:
            failed.add(key)
            results["skipped"].append(f"{title}, {job['part']}, {job['network']}: failed with {error}")
            console.warn(f"{where}: {error}")
            continue
        results["rows"].append(row)
        console.say(f"{where}: {_in_short(row)}")


def _in_short(row: dict[str, Any]) -> str:
    """Return a row's main number."""
    if row["kind"] == "limit":
        return f"{row['flops_per_second'] / 1e9:.0f} GFLOP/s"
    if row["kind"] == "predict":
        return f"one image {row['one_us']:.1f} µs, {row['images']:,} images {row['many_ms']:.2f} ms"
    if row["part"] == "target":
        reached = row["target_seconds"]
        return f"{reached:.1f} s to the target" if reached else f"not reached, {max(row['accuracies']):.2%} at best"
    return f"{epoch_seconds(row):.3f} s per epoch" if row["kind"] == "train" else "done"


def _load(console: Console) -> float | None:
    """Return how many cores were busy in the last minute, and warn if the machine is not idle."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    if load is not None and load > BUSY:
        console.warn(f"This machine is busy: {load:.1f} cores in the last minute. The numbers will suffer.")
    return load


def asked_for() -> SpeedConfig:
    """Return the configuration from the flags; ``--quick`` changes the settings left at their defaults."""
    parser = argparse.ArgumentParser(prog="benchmarks/speed.py", description=__doc__)
    add_flags(parser, SpeedConfig)
    flags = parser.parse_args()
    quick: dict[str, Any] = QUICK if getattr(flags, "quick", False) else {}
    return config_from_flags(flags, dataclasses.replace(SpeedConfig(), **quick))


def main(console: Console) -> None:
    """Measure, then write and show."""
    config = asked_for()
    results = json.loads(RECORD.read_text(encoding="utf-8")) if config.show else measure(console, config)
    markdown = report(results)
    write_text(RESULTS / "speed.md", markdown)
    if select(results["rows"], part="training", kind="train"):
        save_figure(speed_figure(results["rows"], f"Measured on {in_words(results['machine'])}"), RESULTS / "speed.png")
    console.say()
    console.say(markdown)


if __name__ == "__main__":
    sys.exit(run_script(main))
