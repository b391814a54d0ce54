"""Measure training on ranks of MPI: beside processes with shared memory, in weak scaling, and between two hosts.

``python benchmarks/cluster.py`` takes about five minutes and writes benchmarks/results/cluster.json, .md and .png. The
hosts are network namespaces of this machine, which need root; without them, this part is left out by name.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import json
import os
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.drawing import save_figure
from backend.errors import InputError
from backend.files import write_text
from benchmarks.machine import describe_machine, in_words
from benchmarks.on_ranks.figure import scaling_figure
from benchmarks.on_ranks.hosts import run_on_hosts, two_hosts, why_no_hosts
from benchmarks.on_ranks.tables import tables
from benchmarks.race.processes import ROOT
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script

RESULTS = ROOT / "benchmarks" / "results"
MPIEXEC = Path(sys.executable).with_name("mpiexec")
NETWORKS = ((320, 128), (512, 256, 128), (1024, 1024))
BATCH = 128  # images of each rank or process
LAYOUTS = {"1 process": (1, 1), "2 processes, shared memory": (1, 2), "2 ranks, MPI": (2, 1)}
LINKS = {"no limit": "", "10 Gbit/s": "10gbit", "1 Gbit/s": "1gbit"}


@dataclass(frozen=True)
class ClusterConfig:
    """The script's settings; every field is a flag."""

    rounds: int = field(default=5, metadata={"help": "alternating rounds, of which the median counts"})
    steps: int = field(default=150, metadata={"help": "steps of an epoch"})
    epochs: int = field(default=2, metadata={"help": "epochs timed after one that warms up"})
    parts: tuple[str, ...] = field(default=("machine", "hosts"), metadata={"help": "what to measure"})
    output: Path = field(default=RESULTS / "cluster", metadata={"help": "path of the results without a suffix"})


def measure(console: Console, config: ClusterConfig) -> list[dict[str, Any]]:
    """Return a row for each training: where, network, batch of each process, and seconds of a step."""
    rows = []
    for number in range(config.rounds):
        for row, task in _jobs(config, number):
            found = run_task(task, row["ranks"], on_hosts=row["place"] != "machine")
            kept = {name: found[name] for name in ("parameters", "megabytes")}
            rows.append(row | kept | {"seconds": statistics.median(found["seconds"])})
            console.say(f"{number + 1}/{config.rounds} {row['place']}, {row['layout']}, {row['network']}: "
                        f"{1e3 * rows[-1]['seconds']:.2f} ms a step")  # fmt: skip
    return rows


def _jobs(config: ClusterConfig, number: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield what to measure in a round, and the worker's task; batches are the same for each process, or for all."""
    common = {"steps": config.steps, "epochs": config.epochs}
    for sizes in NETWORKS:
        network = "784-" + "-".join(map(str, sizes)) + "-10"
        for layout, (ranks, workers) in LAYOUTS.items() if "machine" in config.parts else ():
            for scaling in ("weak", "strong") if layout != "1 process" else ("weak",):
                batch = BATCH * ranks * workers if scaling == "weak" else BATCH
                row = {"round": number, "place": "machine", "layout": layout, "network": network, "scaling": scaling}
                task = common | {"hidden_sizes": sizes, "batch_size": batch, "workers": workers}
                yield row | {"ranks": ranks, "processes": ranks * workers, "batch": batch}, task
    if "hosts" in config.parts and not why_no_hosts():
        for link, rate in LINKS.items():
            with two_hosts(rate):
                for sizes in NETWORKS:
                    network = "784-" + "-".join(map(str, sizes)) + "-10"
                    row = {"round": number, "place": link, "layout": "2 hosts, MPI", "network": network}
                    task = common | {"hidden_sizes": sizes, "batch_size": 2 * BATCH, "workers": 1}
                    yield row | {"scaling": "weak", "ranks": 2, "processes": 2, "batch": 2 * BATCH}, task


def run_task(task: dict[str, Any], ranks: int, *, on_hosts: bool = False) -> dict[str, Any]:
    """Run the worker on some ranks, with one thread of BLAS in each process; return what the first rank printed."""
    command = [sys.executable, "-m", "benchmarks.on_ranks.worker", json.dumps(task)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    sent = 0
    if on_hosts:
        text, sent = run_on_hosts(MPIEXEC, command, environment)
    else:
        words = [str(MPIEXEC), "-n", str(ranks), *command] if ranks > 1 else command
        text = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    found: dict[str, Any] = json.loads(text.strip().splitlines()[-1])
    return found | {"megabytes": sent / 1e6 / (1 + task["epochs"]) / task["steps"]}


def parse_flags(arguments: Sequence[str] | None = None) -> ClusterConfig:
    """Return the configuration from the flags."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_flags(parser, ClusterConfig)
    return config_from_flags(parser.parse_args(arguments), ClusterConfig())


def main(console: Console) -> None:
    """Measure, and write results, tables and figure."""
    config = parse_flags()
    if not MPIEXEC.exists():
        raise InputError(
            "MPI", expected=f"{MPIEXEC}", found="nothing",
            advice="Install it: python -m pip install -r requirements-mpi.txt -c constraints.txt",
        )  # fmt: skip
    if "hosts" in config.parts and (reason := why_no_hosts()):
        console.warn(f"The hosts are left out: {reason}.")
    machine, rows = describe_machine(), measure(console, config)
    text = f"{in_words(machine)}, {config.rounds} rounds\n\n{tables(rows)}\n"
    console.say(f"\n{text}")
    write_text(config.output.with_suffix(".json"), json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    write_text(config.output.with_suffix(".md"), text)
    save_figure(scaling_figure(rows), config.output.with_suffix(".png"))
    console.say(f"Written to {config.output}.json, .md and .png.", "strong")


if __name__ == "__main__":
    sys.exit(run_script(main))
