"""A figure of augmentation: original digits, and a row for each augmentation step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import new_figure, styled
from initializers.augmentation import AUGMENTATIONS, Augmentation
from initializers.augmentation.mixing import LabelledAugmenter
from initializers.dataset import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Strong enough to be visible; some are stronger than in training, but all still look like handwriting.
STEPS: dict[str, Augmentation] = {
    "rotation": Augmentation(rotation=25.0),
    "scale": Augmentation(scale=0.25),
    "shear": Augmentation(shear=0.4),
    "shift": Augmentation(shift=4.0),
    "elastic": Augmentation(elastic_alpha=22.0, elastic_sigma=4.0),
    "thickness": Augmentation(thickness=0.9),
    "brightness": Augmentation(brightness=0.7),
    "noise": Augmentation(noise=0.15),
    "cutout": Augmentation(cutout=9.0),
    "strokes": Augmentation(strokes=1.0),
    "mixup": Augmentation(mixup=1.0),
    "non-digits": Augmentation(non_digits=0.5),
    "handwriting": replace(AUGMENTATIONS["handwriting"], strokes=1.0, non_digits=0.0),
}
CELL, GAP, NAMES, TITLE = 0.62, 3, 1.1, 0.5  # inches of a digit, pixels between two, inches of the rest


def augmentation_steps(dataset: Dataset, *, seed: int = 2) -> Figure:
    """Draw a test image of every class, and below it the result of each augmentation step.

    Parameters
    ----------
    dataset : Dataset
        Digits of 28 x 28 pixels, uint8.
    seed : int
        What is drawn at random.

    Returns
    -------
    matplotlib.figure.Figure
        The last row is the preset for handwriting, all of its steps at once.
    """
    rows = np.array([np.flatnonzero(dataset.y_test == digit)[0] for digit in range(len(dataset.class_names))])
    X, y = dataset.X_test[rows], dataset.y_test[rows]
    drawn = {"original": X, **{name: augmented(how, X, y, seed) for name, how in STEPS.items()}}
    return _table(drawn, f"{dataset.name}: augmentation steps")


def augmented(how: Augmentation, X: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Return images (n, I) of the ten digits as an augmentation changes them."""
    n = len(X)  # n copies, since a large batch of non-digit images has more kinds than a small one
    augmenter = LabelledAugmenter(how, np.tile(X, (n, 1)), np.tile(y, n), 10, n * n, np.random.default_rng(seed))
    return augmenter.take(slice(0, n * n)).images[:: n + 1].copy()


@styled
def _table(rows: dict[str, np.ndarray], title: str) -> Figure:
    """Return a figure with a named row of pictures for each step."""
    picture = np.vstack([_strip(images) for images in rows.values()])
    height, width = picture.shape
    inches = CELL / 28
    figure = new_figure(width * inches + NAMES, height * inches + TITLE)
    axes = figure.subplots()
    axes.imshow(picture, cmap="gray_r", vmin=0, vmax=255, interpolation="none")
    axes.set_title(title)
    axes.set_yticks((np.arange(len(rows)) + 0.5) * height / len(rows), list(rows))
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def _strip(images: np.ndarray) -> np.ndarray:
    """Return pictures of 28 x 28 side by side, with a gap around each."""
    return np.hstack([np.pad(image.reshape(28, 28), GAP) for image in images])
