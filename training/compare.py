"""Several configurations side by side: train each, over one or more seeds, and put the results in one table."""

import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import dataclasses
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from initializers.data_loader import DATA_CHOICES
from initializers.dataset import Dataset
from initializers.files import write_text
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.progress import TrainingBar
from interface.script import run_script
from testing.models import MODEL_FOLDER
from training.presets import PRESETS
from training.workflow import new_network, split_data, suited_config

COMPARISON = MODEL_FOLDER / "comparison.csv"


@dataclass(frozen=True)
class Trial:
    """One configuration trained from one seed.

    Attributes
    ----------
    preset, dataset : str
        Names.
    seed, epochs, parameters : int
        Of the training and the network.
    val_accuracy, test_accuracy : float or None, float
        Of the last epoch, fractions.
    train_loss : float
        Mean loss of the last epoch, in nats.
    seconds : float
        Wall time of the training, validation included.
    """

    preset: str
    dataset: str
    seed: int
    epochs: int
    parameters: int
    val_accuracy: float | None
    test_accuracy: float
    train_loss: float
    seconds: float


@dataclass(frozen=True)
class ComparisonConfig:
    """What the script can be told; every field is a flag."""

    presets: tuple[str, ...] = field(
        default=tuple(PRESETS), metadata={"help": "presets to compare", "choices": tuple(PRESETS)}
    )
    seeds: tuple[int, ...] = field(default=(0,), metadata={"help": "seeds, each of which trains every preset once"})
    epochs: int | None = field(default=None, metadata={"help": "epochs of each; none takes the presets' own"})
    data: str = field(default="auto", metadata={"help": "images to learn", "choices": DATA_CHOICES})
    data_dir: Path | None = field(
        default=None, metadata={"help": "folder of MNIST's files; none takes $MNIST_DIR, or else data/"}
    )
    output: Path = field(default=COMPARISON, metadata={"help": "CSV file of all trials"})


def run_trial(console: Console, preset: str, overrides: Mapping[str, Any], dataset: Dataset) -> Trial:
    """Train one preset behind a live bar; return what came of it.

    Parameters
    ----------
    console : Console
        Where the bar is shown.
    preset : str
        A key of `PRESETS`.
    overrides : mapping
        Fields of `TrainingConfig`, among them the seed.
    dataset : Dataset
        What to learn.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    config = suited_config(preset, overrides, dataset)
    network, parts = new_network(config, dataset), split_data(config, dataset)
    started = time.perf_counter()
    with TrainingBar(console, config.epochs) as bar:
        for _ in network.train_epochs(*parts, on_step=bar.on_step, **config.training_arguments()):
            pass
    seconds = time.perf_counter() - started
    return _trial(preset, config.seed, dataset, network, seconds)


def _trial(preset: str, seed: int, dataset: Dataset, network: Any, seconds: float) -> Trial:
    """Return what a trained network came to."""
    last = network.history.last
    return Trial(
        preset=preset,
        dataset=dataset.name,
        seed=seed,
        epochs=last.epochs,
        parameters=network.parameter_count,
        val_accuracy=last.val_accuracy,
        test_accuracy=network.evaluate(dataset.X_test, dataset.y_test)[1],
        train_loss=last.train_loss,
        seconds=seconds,
    )


def run_trials(console: Console, config: ComparisonConfig, dataset: Dataset) -> list[Trial]:
    """Train every preset from every seed, keeping the table on disk complete after each; return all trials."""
    trials: list[Trial] = []
    epochs = {} if config.epochs is None else {"epochs": config.epochs}
    for preset in config.presets:
        for seed in config.seeds:
            console.say(f"{preset}, seed {seed}", "strong")
            trials.append(run_trial(console, preset, epochs | {"seed": seed}, dataset))
            console.say(f"  test accuracy {trials[-1].test_accuracy:.2%} in {trials[-1].seconds:.1f} s")
            write_text(config.output, trials_csv(trials))
    return trials


def trials_csv(trials: Sequence[Trial]) -> str:
    """Return a header line and a line a trial."""
    names = [column.name for column in dataclasses.fields(Trial)]
    rows = [[str(getattr(trial, name)) for name in names] for trial in trials]
    return "\n".join(",".join(row) for row in [names, *rows]) + "\n"


def by_preset(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """Return the trials of each preset, the presets in the order in which they come."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial.preset, []).append(trial)
    return groups


def mean_and_spread(values: Sequence[float]) -> str:
    """Return fractions as per cent: their mean, and their standard deviation where there are several.

    Examples
    --------
    >>> mean_and_spread([0.98, 0.982]), mean_and_spread([0.5])
    ('98.10% ± 0.14', '50.00%')
    """
    mean = statistics.fmean(values)
    return f"{mean:.2%}" if len(values) < 2 else f"{mean:.2%} ± {100.0 * statistics.stdev(values):.2f}"


def show_trials(console: Console, trials: Sequence[Trial]) -> None:
    """Print a row a preset, the best validation accuracy first."""
    groups = sorted(by_preset(trials).values(), key=_mean_validation, reverse=True)
    rows = []
    for group in groups:
        validation = [trial.val_accuracy for trial in group if trial.val_accuracy is not None]
        rows.append(
            [
                group[0].preset,
                mean_and_spread(validation) if validation else None,
                mean_and_spread([trial.test_accuracy for trial in group]),
                f"{group[0].parameters:,}",
                str(group[0].epochs),
                f"{statistics.fmean(trial.seconds for trial in group):.1f}",
            ]
        )
    console.title(f"{len(trials)} trainings on {trials[0].dataset}")
    console.table(["Preset", "Validation", "Test", "Parameters", "Epochs", "Seconds"], rows, highlight_row=0)


def _mean_validation(trials: Sequence[Trial]) -> float:
    """Return what the table is sorted by."""
    return statistics.fmean(trial.val_accuracy or 0.0 for trial in trials)


def main(console: Console) -> None:
    """Compare as the flags say."""
    parser = argparse.ArgumentParser(prog="compare.py", description=__doc__)
    add_flags(parser, ComparisonConfig)
    config = config_from_flags(parser.parse_args(), ComparisonConfig())
    dataset = load_dataset(console, config.data, config.data_dir)
    show_trials(console, run_trials(console, config, dataset))
    console.say(f"Written to {config.output}")


if __name__ == "__main__":
    sys.exit(run_script(main))
