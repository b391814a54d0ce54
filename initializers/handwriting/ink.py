"""Separation of ink (the foreground) from paper (the background): channel, polarity, and amount of ink per pixel."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from initializers.handwriting.paper import is_even, otsu, paper_below, polarity, small_copy
from initializers.handwriting.ruled_lines import without_ruled_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Chosen by trial on the development pictures that docs/accuracy.md describes.
LEAST_CONTRAST = 0.07  # smallest share of the background's brightness that ink removes
LOW, HIGH = 0.3, 0.55  # hysteresis thresholds, as shares of the typical amount of ink
_NOISE_LEVELS = 5.0  # standard deviations of the background's noise by which ink must differ from it
_PAPER_QUANTILE = 0.35  # quantile of the amount of ink that is taken as the level of the background
_GREY_PREFERENCE = 1.15  # factor on the energy of the grey image, which has less noise than a single channel
_EIGHT = np.ones((3, 3), bool)  # 8-connectivity


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of an image.

    Attributes
    ----------
    grey : ndarray of shape (H, W), uint8
        The channel with the highest contrast, inverted if necessary so that ink is dark.
    paper : ndarray of shape (H, W), float32
        Its estimated background, with shadows.
    amount : ndarray of shape (H, W), float32
        Amount of ink: 1 for ink of typical strength, about 0 for the background.
    labels : ndarray of shape (H, W), int32
        0 for the background; each connected component of the ink has one label.
    contrast : float
        Component of the paper's brightness that the ink takes away; 0 if there is none.
    noise : float
        Standard deviation of the paper on the scale of `contrast`.
    dark : bool
        Whether ink was darker than paper in the picture.
    even : bool
        Whether paper is of one grey, so that nothing in the picture is a shadow.
    """

    grey: "NDArray[np.uint8]"
    paper: "NDArray[np.float32]"
    amount: "NDArray[np.float32]"
    labels: "NDArray[np.int32]"
    contrast: float
    noise: float
    dark: bool
    even: bool


def find_ink(pixels: np.ndarray) -> Ink:
    """Separate ink from the background.

    1. The channel with the highest contrast is chosen; the grey image, if colours add nothing.
    2. The polarity is determined, and bright ink is inverted.
    3. A morphological closing of a reduced copy estimates the background, by which the image is divided (illumination
       correction).
    4. Otsu's threshold over the values beyond the background's noise gives the typical strength of the ink.
    5. Ruled lines are removed (`initializers.handwriting.ruled_lines`).
    6. Hysteresis thresholding gives the strokes: pixels above the low threshold that are connected to one above the
       high threshold.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, 3), uint8
        The image, as returned by `initializers.handwriting.picture_files.open_picture`.

    References
    ----------
    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions on Systems, Man, and
    Cybernetics 9 (1979).

    Examples
    --------
    >>> pixels = np.full((40, 40), 200, np.uint8)
    >>> pixels[10:30, 18:21] = 50
    >>> ink = find_ink(pixels)
    >>> round(ink.contrast, 2), int((ink.labels > 0).sum()), ink.dark
    (0.75, 60, True)
    """
    grey, small, dark, even = _seen_best(pixels)
    noise = _noise(grey)
    paper = paper_below(grey, small, even)
    noise /= float(paper.mean())
    taken = 1 - grey / paper
    taken -= _paper_level(taken)
    contrast = _contrast(taken, noise)
    if not contrast:
        return Ink(
            grey,
            paper,
            np.zeros(grey.shape, np.float32),
            np.zeros(grey.shape, np.int32),
            0.0,
            noise,
            dark,
            is_even(grey),
        )
    amount = taken / np.float32(contrast)
    low = amount > max(LOW, min(3 * noise / contrast, HIGH))
    unruled = without_ruled_lines(low)
    if unruled is not low:
        amount[low & ~unruled] = 0
    return Ink(grey, paper, amount, _connected(amount, unruled), contrast, noise, dark, even)


def _seen_best(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool, bool]:
    """Return the best channel and its reduced copy with dark ink, whether it was dark, and whether it is even."""
    channels = [(pixels, 1.0)]
    if pixels.ndim == 3:
        channels = [(_luminance(pixels), _GREY_PREFERENCE), *((pixels[..., number], 1.0) for number in range(3))]
    found = []
    for channel, weight in channels:
        small, even = small_copy(channel), is_even(channel)
        dark, energy = polarity(small, even)
        found.append((energy * weight, channel, small, dark, even))
    _, channel, small, dark, even = max(found, key=lambda one: one[0])
    return (channel, small, True, even) if dark else (255 - channel, 255 - small, False, even)


def _luminance(pixels: np.ndarray) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).convert("L"))


def _noise(grey: np.ndarray) -> float:
    """Return the standard deviation of the noise in grey values, estimated from differences of neighbouring pixels."""
    some = grey[:: max(1, len(grey) // 64)].astype(np.float32)
    steps = np.abs(np.diff(some, axis=1))
    return 1.4826 * float(np.median(steps)) / math.sqrt(2) if steps.size else 0.0


def _paper_level(taken: np.ndarray) -> np.float32:
    """Return the level of the background; ink is above it, and covers less than two thirds of an image."""
    some = np.sort(taken.ravel()[:: max(1, taken.size // 4096)])
    return np.float32(some[int(_PAPER_QUANTILE * some.size)])


def _contrast(taken: np.ndarray, noise: float) -> float:
    """Return the typical contrast of the ink, or 0 if there is none."""
    least = max(_NOISE_LEVELS * noise, LEAST_CONTRAST)
    candidates = taken[taken > least]
    if candidates.size < max(3, 1e-5 * taken.size):
        return 0.0
    above = candidates[candidates >= otsu(candidates)]
    return float(np.median(above))


def _connected(amount: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return the labels of the connected components that contain a pixel above the high threshold."""
    labels, count = ndimage.label(low, _EIGHT)
    strong = np.zeros(count + 1, bool)
    strong[labels[amount > HIGH]] = True
    strong[0] = False
    return labels if strong[1:].all() else labels * strong[labels]
