"""Figures of robustness: accuracy under each corruption, and examples of the corruptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import INK, PAPER, QUIET, RIGHT, TRAIN, VALIDATION, WRONG, new_figure, styled
from initializers.geometry import FRAME

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GAP, BELOW = 4, 11  # pixels between two examples, and below each for the prediction
CELL_WIDTH, CELL_HEIGHT = FRAME + GAP, FRAME + BELOW  # pixels
INCH = 46  # pixels of the examples per inch


@styled
def robustness_bars(
    accuracies: Mapping[str, float],
    clean: float,
    subject: str,
    baseline: Mapping[str, float] | None = None,
    baseline_name: str = "baseline",
) -> Figure:
    """Draw accuracy under every corruption as bars, with lines at the clean accuracy and at the bars' mean.

    Parameters
    ----------
    accuracies : mapping of str to float
        Fraction right by corruption, drawn from the top.
    clean : float
        Fraction right without corruption.
    subject : str
        Of the title: the data set.
    baseline : mapping of str to float, optional
        Another network's fractions, drawn as diamonds.
    baseline_name : str
        Name shown in the legend.
    """
    figure = new_figure(7.5, 1.5 + 0.3 * len(accuracies))
    axes = figure.subplots()
    rows, values = np.arange(len(accuracies)), 100 * np.array([*accuracies.values()])
    axes.barh(rows, values, color=TRAIN, height=0.72)
    for row, value in enumerate(values.tolist()):  # at the bars' foot, where neither line runs through the numbers
        place, color = (1, PAPER) if value >= 8 else (value + 1, INK)
        axes.text(place, row, f"{value:.1f}", color=color, va="center", fontsize=9)
    axes.axvline(100 * clean, color=INK, linestyle="--", linewidth=1.2, label=f"clean: {clean:.2%}")
    axes.axvline(values.mean(), color=VALIDATION, linewidth=1.8, label=f"mean under corruption: {values.mean():.2f}%")
    if baseline is not None:
        points = [100 * baseline[name] for name in accuracies]
        axes.plot(points, rows, "D", color=WRONG, markersize=5, label=baseline_name)
    axes.set_yticks(rows, [spoken(name) for name in accuracies])
    axes.set(xlim=(0, 100), ylim=(len(rows) - 0.5, -0.5), xlabel="accuracy (%)")
    axes.set_title(f"{subject}: accuracy under the corruptions of MNIST-C")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=3)
    return figure


@styled
def corruption_gallery(
    pictures: Mapping[str, np.ndarray], answers: Mapping[str, Sequence[str]], truth: Sequence[str], subject: str
) -> Figure:
    """Draw the same digits row after row, under one corruption each, with the network's answer below every one.

    Parameters
    ----------
    pictures : mapping of str to ndarray of shape (K, 28, 28), uint8
        By the row's name, drawn from the top: the clean pictures first, usually.
    answers : mapping of str to sequence of K str
        Predicted class of each picture.
    truth : sequence of K str
        What they are: right answers are green and ticked, wrong ones red and crossed.
    subject : str
        Of the title: the data set.
    """
    sheet = _sheet(list(pictures.values()))
    height, width = sheet.shape
    figure = new_figure(width / INCH + 1.3, height / INCH + 0.5)
    axes = figure.subplots()
    axes.imshow(sheet, "gray_r", vmin=0, vmax=255, interpolation="none")
    for row, name in enumerate(pictures):
        for column, (answer, right) in enumerate(zip(answers[name], truth, strict=True)):
            _write(axes, row, column, answer, answer == right)
    middles = np.arange(len(pictures)) * CELL_HEIGHT + FRAME / 2
    axes.set_yticks(middles, [spoken(name) for name in pictures])
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_title(f"{subject}: corruptions, and the network's answers")
    return figure


def spoken(name: str) -> str:
    """Return a corruption's name as people write it.

    Examples
    --------
    >>> spoken("shot_noise")
    'shot noise'
    """
    return name.replace("_", " ")


def _sheet(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return rows of pictures as one image, with a gap to the right and room for text below each."""
    cells = np.zeros((len(rows), CELL_HEIGHT, len(rows[0]), CELL_WIDTH), np.uint8)
    cells[:, :FRAME, :, :FRAME] = np.stack(rows).transpose(0, 2, 1, 3)
    return cells.reshape(len(rows) * CELL_HEIGHT, -1)[:, :-GAP]


def _write(axes: Axes, row: int, column: int, answer: str, is_right: bool) -> None:
    """Frame one picture, and write the answer below it."""
    from matplotlib.patches import Rectangle

    left, top = column * CELL_WIDTH, row * CELL_HEIGHT
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), FRAME, FRAME, fill=False, edgecolor=QUIET, linewidth=0.6))
    short = answer if len(answer) <= 9 else f"{answer[:8]}…"
    text, color = (f"✓ {short}", RIGHT) if is_right else (f"✗ {short}", WRONG)
    axes.text(left + FRAME / 2, top + FRAME + 0.5, text, color=color, fontsize=8, ha="center", va="top")
