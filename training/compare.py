"""Compare configurations: train each from one or more seeds, in parallel, and show them in one table."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import dataclasses
import itertools
import statistics
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from backend.drawing import save_figure
from backend.engines import ENGINES, completed
from backend.errors import InputError
from backend.places import program
from classes.checks import checked_count
from classes.training.options import TrainingOptions
from initializers.data_loader import DATA_CHOICES
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script
from interface.text import size
from interface.trial_bar import TrialBar
from testing.figures.trial_curves import Curves, comparison_curves
from testing.inference.model_files import MODEL_FOLDER
from training.comparison.grid import HELP, grid_points, parse_grid, point_name
from training.comparison.search import EARLY, STOPPING, Task, finished_settings, open_study, run_search_trial, tasks
from training.comparison.search_figures import draw_search
from training.comparison.space import HELP as SPACE_HELP
from training.comparison.space import USUAL as USUAL_SPACE
from training.comparison.space import parse_space
from training.comparison.trial_file import TrialBook
from training.comparison.trials import Candidate, Trial, run_trial
from training.presets import DEFAULT, PRESETS, USUAL
from training.workflow import new_network, split_data, suited_config

COMPARISON = MODEL_FOLDER / "comparison.csv"
MOST_ROWS = 20  # of the table in the terminal
INTERRUPTED = 130  # exit status that shells use for SIGINT


@dataclass(frozen=True)
class ComparisonConfig:
    """The script's settings; every field is a flag."""

    presets: tuple[str, ...] = field(default=USUAL, metadata={"help": "presets to compare", "choices": tuple(PRESETS)})
    seeds: tuple[int, ...] = field(default=(0,), metadata={"help": "seeds, each of which trains every preset once"})
    epochs: int | None = field(default=None, metadata={"help": "epochs of each; none takes the presets' own"})
    data: str = field(default="auto", metadata={"help": "images to learn", "choices": DATA_CHOICES, "or_path": True})
    data_dir: Path | None = field(
        default=None, metadata={"help": "folder of MNIST's files; none takes $MNIST_DIR, or else data/"}
    )
    output: Path = field(
        default=COMPARISON, metadata={"help": "CSV file of all trainings; the curves are drawn next to it"}
    )
    grid: tuple[str, ...] = field(default=(), metadata={"flag": False})
    validation_fraction: float = field(
        default=0.1,
        metadata={"help": "validation fraction for presets without validation data; 0 for none"},
    )
    jobs: int | None = field(
        default=None, metadata={"help": "trainings at a time, a core each; none takes as many as there are cores"}
    )
    parallel: str = field(
        default="loky",
        metadata={"help": f"where to train: {', '.join(ENGINES)}; dask://HOST:PORT for a cluster that you trust"},
    )
    fresh: bool = field(default=False, metadata={"help": "repeat trainings that are in the CSV file"})
    search: int | None = field(
        default=None, metadata={"help": "number of trainings of a search, in all; none compares without a search"}
    )
    space: tuple[str, ...] = field(default=(), metadata={"flag": False})
    study: str | None = field(
        default=None,
        metadata={"help": "where the search is kept: a file, or a database's URL; none takes a file beside the CSV"},
    )
    stopping: str = field(
        default="median", metadata={"help": "when the search ends a training early", "choices": tuple(STOPPING)}
    )


def candidates(config: ComparisonConfig, dataset: Dataset) -> list[Candidate]:
    """Return all that is to be trained: every preset, with every change of the grid, from every seed.

    Raises
    ------
    InputError
        If the grid cannot be read, or there is no such preset.
    """
    points = grid_points(parse_grid(config.grid))
    wanted = itertools.product(dict.fromkeys(config.presets), points, dict.fromkeys(config.seeds))
    return [_candidate(config, preset, point, seed, dataset) for preset, point, seed in wanted]


def _candidate(
    config: ComparisonConfig, preset: str, point: Mapping[str, Any], seed: int, dataset: Dataset
) -> Candidate:
    """Return one of them."""
    epochs = {} if config.epochs is None else {"epochs": config.epochs}
    # Results depend on the number of processes by rounding, so each training has one.
    changes = epochs | dict(point) | {"seed": seed, "workers": 1}
    settings = suited_config(preset, changes, dataset)
    if not settings.validation_fraction and "validation_fraction" not in point:
        settings = dataclasses.replace(settings, validation_fraction=config.validation_fraction)
    return Candidate(preset, point_name(point), settings)


def _check(candidate: Candidate, dataset: Dataset) -> None:
    """Refuse what cannot be trained, rather now than after hours of other trainings."""
    new_network(candidate.config, dataset)
    split_data(candidate.config, dataset)
    TrainingOptions(**candidate.config.training_arguments())


def run_trials(console: Console, config: ComparisonConfig, dataset: Dataset) -> list[Trial]:
    """Run the trainings that are not in the file, which is rewritten after each one; return all trials.

    Ctrl-C ends it early: fewer trials are returned than requested, and the next call continues from them.

    Parameters
    ----------
    console : Console
        Where the progress is shown.
    config : ComparisonConfig
        What to train, and how.
    dataset : Dataset
        What to learn.

    Returns
    -------
    list of Trial
        In the order of `candidates`.

    Raises
    ------
    InputError
        If something in the configuration will not do, or the file is none of ours.
    """
    if config.search is not None:
        return search(console, config, dataset)
    asked = candidates(config, dataset)
    for candidate in {(candidate.preset, candidate.changes): candidate for candidate in asked}.values():
        _check(candidate, dataset)
    book = TrialBook(config.output, fresh=config.fresh)
    try:
        _train_missing(console, config, dataset, asked, book)
    except KeyboardInterrupt:
        console.clear_line()
        console.warn(f"Interrupted. Finished trainings are in {config.output}; the same command continues from there.")
    found = [book.find(candidate, dataset.fingerprint) for candidate in asked]
    return [trial for trial in found if trial is not None]


def _train_missing(
    console: Console, config: ComparisonConfig, dataset: Dataset, asked: Sequence[Candidate], book: TrialBook
) -> None:
    """Train each candidate that the book does not have, and enter it."""
    different = {candidate.settings: candidate for candidate in asked}.values()
    missing = [candidate for candidate in different if book.find(candidate, dataset.fingerprint) is None]
    known = len(different) - len(missing)
    if known:
        console.say(f"{known} of {len(different)} trainings are already in {book.path}; --fresh repeats them.", "quiet")
    trials = completed(run_trial, missing, dataset, engine=config.parallel, jobs=config.jobs)
    with TrialBar(console, len(different), known) as bar, closing(trials):
        for trial in trials:
            book.add(trial)
            bar.on_trial(f"{trial.name}, seed {trial.seed}", trial.val_accuracy, trial.seconds)


def search(console: Console, config: ComparisonConfig, dataset: Dataset) -> list[Trial]:
    """Run the trainings of a search that its study does not have yet; return those of the study that the file has.

    Ctrl-C ends it early; the next call, here or on another machine that sees the study, continues from there. Trainings
    of other machines are in their files.

    Raises
    ------
    InputError
        If the space cannot be read, Optuna is missing, or the configuration does not suit the data.
    """
    if config.grid or len(config.presets) > 1 or len(config.seeds) > 1:
        advice = "Use --space for the fields; compare the best with --grid afterwards."
        raise InputError("--search", expected="one preset and one seed", found="a --grid, or several", advice=advice)
    storage, name = _study_of(config, dataset)
    fixed = {"workers": 1, "seed": config.seeds[0]} | ({} if config.epochs is None else {"epochs": config.epochs})
    space = parse_space(config.space or USUAL_SPACE)
    task = Task(storage, name, config.stopping, config.presets[0], space, fixed, config.seeds[0])
    study, book = open_study(storage, name), TrialBook(config.output, fresh=config.fresh)
    known = finished_settings(study)
    missing = tasks(study, max(0, checked_count(config.search, "--search") - len(known)), task)
    if known:
        console.say(f"{len(known)} trainings are already in the study {storage}.", "quiet")
    trials = completed(run_search_trial, missing, dataset, engine=config.parallel, jobs=config.jobs)
    try:
        with TrialBar(console, len(missing) + len(known), len(known)) as bar, closing(trials):
            for trial in trials:
                book.add(trial)
                bar.on_trial(trial.name, trial.val_accuracy, trial.seconds)
    except KeyboardInterrupt:
        console.clear_line()
        console.warn(f"Interrupted. The same command continues from {storage}.")
    found = [book.trial(settings, dataset.fingerprint) for settings in finished_settings(study)]
    return [trial for trial in found if trial is not None]


def _study_of(config: ComparisonConfig, dataset: Dataset) -> tuple[str, str]:
    """Return where the study of a search is, and its name."""
    return config.study or str(config.output.with_suffix(".study")), f"{config.presets[0]} on {dataset.name}"


def _is_complete(config: ComparisonConfig, dataset: Dataset, trials: Sequence[Trial]) -> bool:
    """Return whether all trainings that were asked for are done, those of a search on whatever machine."""
    if config.search is None:
        return len(trials) == len(candidates(config, dataset))
    return len(finished_settings(open_study(*_study_of(config, dataset)))) >= config.search


def by_preset(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """Return the trials of each configuration, preset or change of a preset, in the order in which these come."""
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(trial.name, []).append(trial)
    return groups


def ranked(trials: Sequence[Trial]) -> list[list[Trial]]:
    """Return the trials of each configuration, the best mean validation accuracy first.

    Configurations with a failed training or without validation accuracy come last. Test accuracy is not used for
    the ranking: it would then be a biased estimate.
    """
    return sorted(by_preset(trials).values(), key=_merit, reverse=True)


def _merit(trials: Sequence[Trial]) -> float:
    """Return what configurations are sorted by."""
    accuracies = [trial.val_accuracy for trial in trials if trial.val_accuracy is not None]
    return statistics.fmean(accuracies) if len(accuracies) == len(trials) else -1.0


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
    """Print a row a configuration, the best first, and below it which trainings failed."""
    console.title(f"{len(trials)} trainings on {trials[0].dataset}")
    heads = ["Preset", "Validation", "Test", "Parameters", "Epochs", "Seconds", "Memory", "File"]
    groups = ranked(trials)
    shown = groups[:MOST_ROWS]
    console.table(heads, [_row(group) for group in shown], highlight_row=0 if _merit(groups[0]) > 0.0 else None)
    if len(groups) > len(shown):
        console.say(f"The best {len(shown)} of {len(groups)}; all of them are in the file.", "quiet")
    for trial in trials:
        if trial.failure and not trial.failure.startswith(EARLY):
            console.warn(f"{trial.name}, seed {trial.seed}: {trial.failure}")
    if early := sum(trial.failure.startswith(EARLY) for trial in trials):
        console.say(f"{early} of {len(trials)} trainings were ended early, since others were better.", "quiet")


def _row(trials: Sequence[Trial]) -> list[str | None]:
    """Return the cells of one configuration."""
    validation, test = (
        [value for trial in trials if (value := getattr(trial, name)) is not None]
        for name in ("val_accuracy", "test_accuracy")
    )
    one = trials[0]
    return [
        one.name,
        mean_and_spread(validation) if validation else None,
        mean_and_spread(test) if test else None,
        f"{one.parameters:,}",
        str(one.epochs),
        f"{statistics.fmean(trial.seconds for trial in trials):.1f}",
        size(one.memory_bytes),
        size(one.file_bytes),
    ]


def draw_trials(trials: Sequence[Trial], path: Path) -> Path | None:
    """Draw the validation curves of all configurations; return the PNG's path, or None if there are no curves."""
    curves = [
        Curves(group[0].name, [trial.val_losses for trial in group], [trial.val_accuracies for trial in group])
        for group in ranked(trials)
        if all(trial.val_losses for trial in group)
    ]
    return save_figure(comparison_curves(curves, trials[0].dataset), path) if curves else None


def compare(console: Console, config: ComparisonConfig, dataset: Dataset) -> int:
    """Train, and show what came of it in a table and a figure; return the exit status."""
    trials = run_trials(console, config, dataset)
    if trials:
        show_trials(console, trials)
        drawn = draw_trials(trials, config.output.with_suffix(".png"))
        figures = [drawn] if drawn else []
        if config.search is not None:
            figures += draw_search(trials, parse_space(config.space or USUAL_SPACE), config.output)
        console.say(f"Written to {config.output}" + (f", drawn in {', '.join(map(str, figures))}" if figures else ""))
    return 0 if _is_complete(config, dataset, trials) else INTERRUPTED


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog=program(__file__), description=__doc__)
    add_flags(parser, ComparisonConfig)
    about = f"{HELP}; without --presets, changes of the preset {DEFAULT}"
    words: dict[str, Any] = {"nargs": "+", "action": "extend", "metavar": "WORD", "default": argparse.SUPPRESS}
    parser.add_argument("--grid", help=about, **words)
    parser.add_argument("--space", help=f"{SPACE_HELP}; by default {' '.join(USUAL_SPACE)}", **words)
    return parser


def main(console: Console) -> int:
    """Run the comparison; return the exit status."""
    namespace = new_parser().parse_args()
    is_one = "grid" in namespace or "search" in namespace
    usual = ComparisonConfig(presets=(DEFAULT,)) if is_one else ComparisonConfig()
    config = config_from_flags(namespace, usual)
    return compare(console, config, load_dataset(console, config.data, config.data_dir))


if __name__ == "__main__":
    sys.exit(run_script(main))
