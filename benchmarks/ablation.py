"""Ablation of a preset: the complete preset, and variants with one component removed or added.

``python benchmarks/ablation.py`` trains every row from every seed, prints a table and saves every trial as JSON in
benchmarks/results. Ingredients are chosen by the validation column; the test column is for the record.
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
from training.compare import mean_and_spread
from training.comparison.trials import Candidate, Trial, run_trial
from training.presets import PRESETS
from training.workflow import suited_config

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"

Changes = dict[str, Any]

INGREDIENTS: dict[str, Changes] = {
    "all of it": {},
    "no augmentation": {"augment": "none"},
    "affine maps only": {"augment": "affine"},
    "one hidden layer of 1,024": {"hidden_sizes": (1024,)},
    "half as many units": {"hidden_sizes": (512, 512)},
    "ReLU for SiLU": {"activation": "relu"},
    "no label smoothing": {"label_smoothing": 0.0},
    "no weight decay": {"weight_decay": 0.0},
    "a constant rate of 0.0005": {"schedule": "constant", "learning_rate": 0.0005},
    "the same, with a moving average": {"schedule": "constant", "learning_rate": 0.0005, "moving_average": 0.999},
    "pixels from 0 to 1": {"input_scaling": "unit"},
    "with dropout of 0.1": {"dropout": (0.1,)},
    "with a moving average": {"moving_average": 0.999},
}
"""What is changed in each row of a preset with dense layers, by its name; the first is the preset itself."""

CONVOLUTIONAL: dict[str, Changes] = {
    "all of it": {},
    "no batch normalisation": {"layers": "16C3-MP2-32C3-MP2-64"},
    "no batch normalisation, a quarter of the rate": {"layers": "16C3-MP2-32C3-MP2-64", "learning_rate": 0.0015},
    "with batch normalisation of the dense layer": {"layers": "16C3-BN-MP2-32C3-BN-MP2-64-BN"},
    "average pooling": {"layers": "16C3-BN-AP2-32C3-BN-AP2-64"},
    "convolutions of stride 2 instead of pooling": {"layers": "16C3S2P-BN-32C3S2P-BN-64"},
    "kernels of 5 x 5 pixels": {"layers": "16C5-BN-MP2-32C5-BN-MP2-64"},
    "half as many channels": {"layers": "8C3-BN-MP2-16C3-BN-MP2-64"},
    "with dropout of 0.3": {"layers": "16C3-BN-MP2-32C3-BN-MP2-D0.3-64"},
    "no augmentation": {"augment": "none"},
    "no weight decay": {"weight_decay": 0.0},
    "a constant rate of 0.001": {"schedule": "constant", "learning_rate": 0.001},
}
"""The same for a preset of the network ``16C3-BN-MP2-32C3-BN-MP2-64``."""


WITH_VALIDATION = tuple(name for name, preset in PRESETS.items() if preset.config.validation_fraction)
"""Presets with validation data."""


@dataclass(frozen=True)
class AblationConfig:
    """The script's settings; every field is a flag."""

    preset: str = field(default="accurate", metadata={"help": "preset to vary", "choices": WITH_VALIDATION})
    epochs: int | None = field(default=12, metadata={"help": "epochs of each training; none takes the preset's own"})
    seeds: tuple[int, ...] = field(default=(0, 1), metadata={"help": "seeds, each of which trains every row"})
    data_dir: Path | None = field(default=None, metadata={"help": "folder of MNIST's files"})
    workers: int | None = field(
        default=None, metadata={"help": "processes that share every step; none takes what suits the machine"}
    )


def ingredients(preset: str) -> dict[str, Changes]:
    """Return the rows of a preset."""
    return CONVOLUTIONAL if PRESETS[preset].config.layers else INGREDIENTS


def run_all(console: Console, config: AblationConfig, dataset: Dataset) -> Iterator[Trial]:
    """Train every row from one seed, then from the next."""
    always = {"workers": config.workers} | ({} if config.epochs is None else {"epochs": config.epochs})
    for seed in config.seeds:
        for name, changes in ingredients(config.preset).items():
            settings = suited_config(config.preset, always | {"seed": seed} | changes, dataset)
            trial = run_trial(Candidate(config.preset, name, settings), dataset)
            console.say(f"seed {seed}, {name}: {_worth(trial)} in {trial.seconds:.0f} s")
            yield trial


def _worth(trial: Trial) -> str:
    """Return the result of a trial in words."""
    if trial.failure or trial.val_accuracy is None:
        return f"no result ({trial.failure or 'no validation images'})"
    return f"{trial.val_accuracy:.2%} of the validation images"


def table(trials: Sequence[Trial], machine: dict[str, Any]) -> str:
    """Return accuracies and what each change gains, as Markdown, with a sentence on how it was made."""
    lines = ["|  | validation | gain | test | training |", "|---|---|---|---|---|"]
    rows: dict[str, list[Trial]] = {}
    for trial in trials:
        rows.setdefault(trial.changes, []).append(trial)
    whole = {trial.seed: trial for trial in next(iter(rows.values()))}
    lines += [_row(name, group, whole) for name, group in rows.items()]
    first = trials[0]
    note = (
        f"The preset `{first.preset}` over {first.epochs} epochs, mean and standard deviation over "
        f"{len(whole)} seeds; the gain is the mean difference to the first row with the same seed, in points. "
        f"Measured on {in_words(machine)}."
    )
    return "\n".join([*lines, "", note])


def _row(name: str, group: Sequence[Trial], whole: dict[int, Trial]) -> str:
    """Return one row of the table, or a note if one of its trainings failed."""
    if any(trial.failure for trial in group):
        return f"| {name} | diverged | | | |"
    validation, test = ([getattr(trial, of) or 0.0 for trial in group] for of in ("val_accuracy", "test_accuracy"))
    seconds = statistics.median(trial.seconds for trial in group)
    gain = _gain(group, whole)
    return f"| {name} | {mean_and_spread(validation)} | {gain} | {mean_and_spread(test)} | {seconds:.0f} s |"


def _gain(group: Sequence[Trial], whole: dict[int, Trial]) -> str:
    """Return the mean difference to the first row in points; empty for that row, and after a failed training."""
    pairs = [(trial.val_accuracy, whole[trial.seed].val_accuracy) for trial in group]
    gains = [100 * (own - other) for own, other in pairs if own is not None and other is not None]
    return "" if group[0] is whole[group[0].seed] or len(gains) < len(pairs) else f"{statistics.fmean(gains):+.2f}"


def main(console: Console) -> None:
    """Train, then write and show the table."""
    parser = argparse.ArgumentParser(prog="benchmarks/ablation.py", description=__doc__)
    add_flags(parser, AblationConfig)
    config = config_from_flags(parser.parse_args(), AblationConfig())
    dataset = load_dataset(console, "mnist", config.data_dir)
    trials = list(run_all(console, config, dataset))
    machine = describe_machine()
    results = {"machine": machine, "trials": [asdict(trial) for trial in trials]}
    write_text(RESULTS / "ablation.json", json.dumps(results, indent=2) + "\n")
    console.say()
    console.say(table(trials, machine))


if __name__ == "__main__":
    sys.exit(run_script(main))
