"""Figures of a search: what the best configurations have in common, and which fields matter."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.drawing import TRAIN, new_figure, save_figure, styled
from backend.optional import optional_module
from training.comparison.space import Range, Space
from training.comparison.trials import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST = 4  # finished trainings, below which nothing can be said about importance


def draw_search(trials: Sequence[Trial], space: Space, path: Path) -> list[Path]:
    """Draw the parallel coordinates and the importances of a search; return the paths of the PNG files.

    Parameters
    ----------
    trials : sequence of Trial
        All of the search; those that were ended early or failed are left out.
    space : Space
        The fields that were searched.
    path : Path
        Of the CSV file, beside which the figures are written.
    """
    whole = [trial for trial in trials if not trial.failure and trial.val_accuracy is not None]
    drawn = []
    if len(whole) > 1:
        figure = parallel_coordinates(whole, space)
        drawn.append(save_figure(figure, path.with_name(f"{path.stem}.coordinates.png")))
    if len(whole) >= FEWEST and len({trial.val_accuracy for trial in whole}) > 1:
        figure = importance_bars(importances(whole, space))
        drawn.append(save_figure(figure, path.with_name(f"{path.stem}.importance.png")))
    return drawn


def importances(trials: Sequence[Trial], space: Space) -> dict[str, float]:
    """Return the share of the differences in validation accuracy that each field explains, the largest first.

    Optuna computes them from a random forest over the trials (fANOVA, F. Hutter, H. Hoos, K. Leyton-Brown, ICML 2014).

    Parameters
    ----------
    trials : sequence of Trial
        Finished ones.
    space : Space
        The fields.
    """
    optuna = optional_module("optuna", "optuna", "--search")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    distributions = {name: _distribution(optuna, values) for name, values in space.items()}
    for trial in trials:
        point = {name: _value(trial, name, space[name]) for name in space}
        study.add_trial(optuna.trial.create_trial(params=point, distributions=distributions, value=trial.val_accuracy))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}


@styled
def parallel_coordinates(trials: Sequence[Trial], space: Space) -> "Figure":
    """Draw a line for each training over one axis for each field, and one for the validation accuracy.

    Parameters
    ----------
    trials : sequence of Trial
        Finished ones.
    space : Space
        The fields.
    """
    names = [*space, "accuracy"]
    ordered = sorted(trials, key=lambda trial: trial.val_accuracy or 0.0)  # the best on top
    accuracies = np.array([100 * (trial.val_accuracy or 0.0) for trial in ordered])
    figure = new_figure(1.6 * len(names) + 1.0, 4.2)
    axes = figure.add_subplot()
    low, high = accuracies.min(), accuracies.max()
    places = np.column_stack([*(_places(ordered, name, space[name]) for name in space), _unit(accuracies, low, high)])
    from matplotlib import colormaps

    for row, rank in zip(places, np.linspace(0.0, 1.0, len(ordered)), strict=True):
        axes.plot(range(len(names)), row, color=colormaps["viridis"](0.95 - 0.9 * rank), alpha=0.25 + 0.7 * rank)
    for place, name in enumerate(space):
        _mark(axes, place, space[name])
    for share in (0.0, 0.5, 1.0):
        axes.text(len(names) - 0.96, share, f"{low + share * (high - low):.2f} %", va="center", size="small")
    axes.set_xticks(range(len(names)), [*(name.replace("_", " ") for name in space), "validation\naccuracy"])
    axes.set(yticks=[], ylim=(-0.06, 1.06), xlim=(-0.25, len(names) - 0.4))
    axes.set_title(f"{len(trials)} trainings; the darker, the better", loc="left")
    for place in range(len(names)):
        axes.axvline(place, color="0.75", linewidth=0.8, zorder=0)
    return figure


@styled
def importance_bars(shares: dict[str, float]) -> "Figure":
    """Draw a bar for each field: how much of the differences in validation accuracy it explains.

    Parameters
    ----------
    shares : dict of str to float
        As `importances` returns them.
    """
    figure = new_figure(6.5, 1.2 + 0.36 * len(shares))
    axes = figure.add_subplot()
    heights = -np.arange(len(shares))
    bars = axes.barh(heights, [100 * share for share in shares.values()], color=TRAIN, height=0.6)
    axes.bar_label(bars, fmt="%.0f %%", padding=3)
    axes.set_yticks(heights, [name.replace("_", " ") for name in shares])
    axes.set(xlabel="share of the differences in validation accuracy (%)", xlim=(0, 112))
    axes.set_title("Which fields matter", loc="left")
    return figure


def _settings(trial: Trial, name: str) -> Any:
    """Return the value of a field in a trial."""
    return json.loads(trial.settings)[name]


def _value(trial: Trial, name: str, values: Range | tuple[Any, ...]) -> Any:
    """Return the value of a field: a number of a range, or the text of one of several values."""
    found = _settings(trial, name)
    return found if isinstance(values, Range) else json.dumps(found)


def _distribution(optuna: Any, values: Range | tuple[Any, ...]) -> Any:
    """Return what Optuna calls the distribution of a field."""
    kinds = optuna.distributions
    if not isinstance(values, Range):
        return kinds.CategoricalDistribution([json.dumps(value) for value in values])
    kind = kinds.IntDistribution if values.is_whole else kinds.FloatDistribution
    return kind(values.low, values.high, log=values.is_logarithmic)


def _places(trials: Sequence[Trial], name: str, values: Range | tuple[Any, ...]) -> np.ndarray:
    """Return the heights of a field's values on its axis, from 0 to 1."""
    if isinstance(values, Range):
        return _unit([_settings(trial, name) for trial in trials], values.low, values.high, values.is_logarithmic)
    texts = [json.dumps(value) for value in values]
    numbers = [texts.index(json.dumps(_settings(trial, name))) for trial in trials]
    return _unit(numbers, 0, max(len(values) - 1, 1))


def _unit(numbers: Any, low: float, high: float, is_logarithmic: bool = False) -> np.ndarray:
    """Return numbers scaled to 0 to 1."""
    numbers = np.asarray(numbers, float)
    if is_logarithmic:
        numbers, low, high = np.log(numbers), np.log(low), np.log(high)
    return (numbers - low) / ((high - low) or 1.0)


def _mark(axes: "Axes", place: int, values: Range | tuple[Any, ...]) -> None:
    """Write the ends of a range, or all values, beside their axis."""
    if isinstance(values, Range):
        texts = {0.0: f"{values.low:g}", 1.0: f"{values.high:g}"}
    else:
        shown = [",".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
        texts = {number / max(len(shown) - 1, 1): text for number, text in enumerate(shown)}
    for height, text in texts.items():
        axes.text(place + 0.04, height, text, va="center", size="small")
