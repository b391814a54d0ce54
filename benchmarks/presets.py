"""Train every preset over several seeds, and compare mean, standard deviation and time with the original examples.

``python benchmarks/presets.py`` prints the table, saves every trial as JSON in benchmarks/results and draws the
learning curves there; ``--docs`` also puts the table into docs/accuracy.md.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from backend.files import write_text
from benchmarks.machine import describe_machine, in_words
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script
from training.compare import by_preset, draw_trials, mean_and_spread
from training.comparison.trials import Candidate, Trial, run_trial
from training.presets import PRESETS, USUAL
from training.workflow import suited_config

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- presets: begin -->", "<!-- presets: end -->"


@dataclass(frozen=True)
class BenchmarkConfig:
    """The script's settings; every field is a flag."""

    presets: tuple[str, ...] = field(
        default=USUAL,
        metadata={
            "help": "presets to train; those left out take minutes a seed, record an hour",
            "choices": tuple(PRESETS),
        },
    )
    seeds: tuple[int, ...] = field(default=(0, 1, 2), metadata={"help": "seeds, each of which trains every preset"})
    data_dir: Path | None = field(default=None, metadata={"help": "folder of MNIST's files"})
    docs: bool = field(default=False, metadata={"help": "put the table into docs/accuracy.md"})


def table(trials: Sequence[Trial], machine: dict[str, Any]) -> str:
    """Return the table as Markdown, with a sentence on how it was made."""
    lines = [
        "| preset | network | optimizer | epochs | test accuracy | reached | training | what its system claims |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, group in by_preset(trials).items():
        preset, accuracies = PRESETS[name], [trial.test_accuracy for trial in group]
        reached = "yes" if min(accuracies) >= preset.target else "no"
        seconds = statistics.median(trial.seconds for trial in group)
        lines.append(
            f"| `{name}` | {preset.network} | {preset.config.optimizer} | {group[0].epochs} "
            f"| {mean_and_spread(accuracies)} | {reached} | {seconds:.1f} s | {preset.claim} |"
        )
    seeds = len({trial.seed for trial in trials})
    note = (
        f"Mean and standard deviation over {seeds} seeds of the accuracy on {trials[0].dataset}'s test images after "
        f"the last epoch; *reached* requires it of every seed; median wall time of the training, validation included. "
        f"Measured on {in_words(machine)}."
    )
    return "\n".join([*lines, "", note])


def put_between_marks(text: str, new: str) -> str:
    """Return `text` with the part between the two markers replaced by `new`."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{new}\n{END}{rest.split(END)[1]}"


def run_all(console: Console, config: BenchmarkConfig, dataset: Dataset) -> Iterator[Trial]:
    """Train every preset from every seed, one after the other, as `training/train.py` does."""
    for name in config.presets:
        for seed in config.seeds:
            settings = suited_config(name, {"seed": seed}, dataset)
            trial = run_trial(Candidate(name, "", settings), dataset)
            console.say(f"{name}, seed {seed}: {trial.test_accuracy:.2%} in {trial.seconds:.1f} s")
            yield trial


def main(console: Console) -> None:
    """Train, then write and show the table."""
    parser = argparse.ArgumentParser(prog="benchmarks/presets.py", description=__doc__)
    add_flags(parser, BenchmarkConfig)
    config = config_from_flags(parser.parse_args(), BenchmarkConfig())
    dataset = load_dataset(console, "mnist", config.data_dir)
    trials = list(run_all(console, config, dataset))
    machine = describe_machine()
    markdown = table(trials, machine)
    results = {"machine": machine, "trials": [asdict(trial) for trial in trials]}
    write_text(RESULTS / "presets.json", json.dumps(results, indent=2) + "\n")
    if config.docs:
        page = ROOT / "docs" / "accuracy.md"
        write_text(page, put_between_marks(page.read_text(encoding="utf-8"), markdown))
    console.say()
    console.say(markdown)
    if drawn := draw_trials(trials, RESULTS / "presets.png"):
        console.say(f"Learning curves: {drawn}")


if __name__ == "__main__":
    sys.exit(run_script(main))
