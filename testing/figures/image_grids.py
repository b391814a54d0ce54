"""Grids of images with their predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import RIGHT, WRONG, digit_grid, new_figure, shortened, styled
from testing.metrics.evaluation import worst_first

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 10


def misclassified_grid(
    X: np.ndarray,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    dataset_name: str,
    *,
    limit: int = 40,
) -> Figure:
    """Draw misclassified images with true class, prediction and confidence, the least probable true class first.

    Parameters
    ----------
    X : ndarray of shape (N, H * H) or (N, H, W)
        All images, right and wrong.
    y_true, y_pred : ndarray of shape (N,), integers
        Class numbers.
    probabilities : ndarray of shape (N, C)
        Rows sum to 1.
    class_names : sequence of C str
        Names in the order of the class numbers.
    dataset_name : str
        Shown in the title.
    limit : int
        Images at most.
    """
    wrong = worst_first(y_true, y_pred, probabilities)
    shown = wrong[:limit]
    if not len(shown):
        return _message(f"{dataset_name}: all {len(y_true):,} images are classified correctly")
    names, sure = shortened(class_names), probabilities.max(axis=1)
    captions = [f"{names[y_true[n]]} → {names[y_pred[n]]}\n{sure[n]:.1%}" for n in shown]
    count = f"errors, the {len(shown)} worst of {len(wrong):,}" if len(shown) < len(wrong) else "all errors"
    title = f"{dataset_name}: {count} (true → predicted, confidence)"
    return digit_grid(X[shown], captions, [WRONG] * len(shown), columns=COLUMNS, title=title)


def prediction_grid(
    X: np.ndarray,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    dataset_name: str,
    *,
    rows: int = 4,
    seed: int = 0,
) -> Figure:
    """Draw random images of every class with their predictions, right ones green and ticked, wrong ones red.

    Parameters
    ----------
    X, y_true, y_pred, probabilities, class_names, dataset_name
        As in `misclassified_grid`.
    rows : int
        Rows of images; each holds every class once where ten classes or fewer have enough images.
    seed : int
        The same seed draws the same images.
    """
    shown = _some_of_every_class(y_true, len(class_names), rows, seed)
    names, sure, right = shortened(class_names), probabilities.max(axis=1), y_true == y_pred
    captions = [
        f"true: {names[y_true[n]]}\n{'✓' if right[n] else '✗'} {names[y_pred[n]]}, {sure[n]:.1%}" for n in shown
    ]
    colors = [RIGHT if right[n] else WRONG for n in shown]
    title = f"{dataset_name}: samples of every class, with prediction and confidence"
    return digit_grid(X[shown], captions, colors, columns=COLUMNS, title=title)


def _some_of_every_class(y: np.ndarray, classes: int, rows: int, seed: int) -> np.ndarray:
    """Return numbers of random samples, class by class in turn, enough for `rows` rows."""
    rng = np.random.default_rng(seed)
    rounds = rows * max(1, COLUMNS // classes)
    drawn = [rng.permutation(np.flatnonzero(y == c))[:rounds] for c in range(classes)]
    turns = [members[turn] for turn in range(rounds) for members in drawn if turn < len(members)]
    return np.array(turns, dtype=np.int64)


@styled
def _message(text: str) -> Figure:
    """Return a figure that shows one sentence."""
    figure = new_figure(1.5 + 0.1 * len(text), 1.2, layout="none")
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=12, fontweight="bold", color=RIGHT)
    return figure
