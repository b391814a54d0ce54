"""Learning curves of several configurations in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import INK, RATE, RIGHT, TRAIN, VALIDATION, WRONG, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SKY = "#56B4E9"  # from the palette of Okabe and Ito, like the others
# Distinguished by colour, marker and line style.
STYLES = (
    (TRAIN, "o", "-"), (WRONG, "s", "--"), (RIGHT, "^", "-."), (INK, "D", ":"),
    (RATE, "v", "-"), (VALIDATION, "P", "--"), (SKY, "X", "-."),
)  # fmt: skip
STRETCH = 4  # ratio of the largest to the smallest number above which an axis is logarithmic
ERROR = 0.1  # per cent added to every error rate, so that 0 can be drawn on a logarithmic axis
ACCURACIES = (0, 50, 70, 80, 90, 95, 97, 98, 99, 99.5, 100)


@dataclass(frozen=True)
class Curves:
    """What one configuration did on the validation images.

    Attributes
    ----------
    name : str
        For the legend.
    losses, accuracies : sequence of sequences of float
        One row per seed, one number per epoch; in nats and as fractions. If the rows differ in length, only their
        common epochs are drawn.
    """

    name: str
    losses: Sequence[Sequence[float]]
    accuracies: Sequence[Sequence[float]]


@styled
def comparison_curves(curves: Sequence[Curves], dataset_name: str) -> Figure:
    """Draw validation accuracy and loss of every configuration over the epochs: the mean of its seeds, and their range.

    Parameters
    ----------
    curves : sequence of Curves
        At least one, best first; only as many are drawn as there are `STYLES`.
    dataset_name : str
        Shown in the title.
    """
    shown = curves[: len(STYLES)]
    longest = max(len(name) for name in (curve.name for curve in shown))
    columns = 3 if longest < 24 else 2 if longest < 40 else 1
    figure = new_figure(7.5, 6.2 + 0.2 * -(-len(shown) // columns))
    accuracy, loss = figure.subplots(2, 1, sharex=True)
    for curve, look in zip(shown, STYLES, strict=False):
        _draw(accuracy, curve.name, 100.0 * _rows(curve.accuracies), look)
        _draw(loss, curve.name, _rows(curve.losses), look)
    accuracy.set(ylabel="validation accuracy (%)", title=f"{dataset_name}: {_counted(len(shown), len(curves))}")
    loss.set(ylabel="validation loss (nats)", xlabel="epoch")
    _accuracy_axis(accuracy)
    _loss_axis(loss)
    _epoch_axis(loss, [len(_rows(curve.losses)[0]) for curve in shown])
    figure.legend(*accuracy.get_legend_handles_labels(), loc="outside lower center", ncols=columns, handlelength=3.2)
    figure.align_ylabels()
    return figure


def _draw(axes: Axes, name: str, values: np.ndarray, look: tuple[str, str, str]) -> None:
    """Draw the mean of some rows, and a band from the least to the most."""
    color, marker, line = look
    epochs = np.arange(1, values.shape[1] + 1)
    every = 1 if len(epochs) <= 12 else 0.08  # of the axes' diagonal: even on a logarithmic scale
    axes.plot(epochs, values.mean(axis=0), line, color=color, marker=marker, markersize=5, markevery=every, label=name)
    if len(values) > 1:
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=color, alpha=0.12, linewidth=0)


def _rows(values: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the rows as an array, as long as the shortest."""
    shortest = min(map(len, values))
    return np.array([row[:shortest] for row in values], dtype=float)


def _counted(shown: int, all_: int) -> str:
    """Return how many configurations there are to see."""
    few = "1 configuration" if shown == 1 else f"{shown} configurations"
    return few if shown == all_ else f"the best {shown} of {all_} configurations"


def _accuracy_axis(axes: Axes) -> None:
    """Where errors differ much, show them on a logarithmic scale: 98 is as far from 99 as 90 is from 95."""
    from matplotlib.ticker import FixedLocator

    heights = _heights(axes)
    if 100.0 - heights.min() + ERROR <= STRETCH * (100.0 - heights.max() + ERROR):
        return
    low, high = heights.min(), min(heights.max(), 100.0)
    axes.set_yscale("function", functions=(_height_of_accuracy, lambda height: 100.0 + ERROR - 10.0**-height))
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ACCURACIES if low / 1.02 <= tick]))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_ylim(low / 1.02, min(high + 0.1 * (100.0 + ERROR - high), 100.0))


def _height_of_accuracy(accuracy: np.ndarray) -> np.ndarray:
    """Return the position of an accuracy, in per cent, on the axis."""
    return -np.log10(np.maximum(100.0 + ERROR - accuracy, ERROR / 10))


def _loss_axis(axes: Axes) -> None:
    """Show losses on a logarithmic scale where they differ much."""
    heights = _heights(axes)
    if 0.0 < STRETCH * heights.min() < heights.max():
        axes.set_yscale("log")
        _plain_ticks(axes, "y")
        axes.set_ylim(heights.min() / 1.15, heights.max() * 1.15)


def _heights(axes: Axes) -> np.ndarray:
    """Return the heights of all points of all lines."""
    heights = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines])
    return heights[np.isfinite(heights)]


def _plain_ticks(axes: Axes, name: str) -> None:
    """Mark a logarithmic axis at 1, 2, 5, 10, 20 and so on, in ordinary numbers."""
    from matplotlib.ticker import LogLocator, NullLocator

    axis = getattr(axes, f"{name}axis")
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def _epoch_axis(axes: Axes, epochs: Sequence[int]) -> None:
    """Label whole epochs; use a logarithmic scale if trainings differ much in length."""
    from matplotlib.ticker import MaxNLocator

    last = max(epochs)
    if last <= STRETCH * min(epochs):
        axes.set_xlim(0.5, last + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        return
    axes.set_xscale("log")
    axes.set_xlim(0.93, last * 1.07)
    _plain_ticks(axes, "x")
