"""Ink told from paper: which channel shows it, whether it is dark or bright, and how much of it every pixel has."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from initializers.handwriting.paper import is_even, otsu, paper_below, polarity, small_copy
from initializers.handwriting.ruled_lines import without_ruled_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_CONTRAST = 0.07  # part of the paper's brightness that ink takes away, at least
LOW, HIGH = 0.3, 0.55  # of the ink's own strength: where a stroke ends, and what every stroke reaches somewhere
_NOISES = 5.0  # ink is so many standard deviations of the paper's noise away from it
_PAPER_RANK = 0.35  # of all pixels, the one with the least ink first
_PREFERRED = 1.15  # times the energy of a single channel: grey has less noise
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Ink:
    """What was found in a picture.

    Attributes
    ----------
    grey : ndarray of shape (H, W), uint8
        The channel that shows the ink best, turned so that ink is dark.
    paper : ndarray of shape (H, W), float32
        What it would be without ink: the paper with its shadows.
    amount : ndarray of shape (H, W), float32
        1 where ink is as strong as it usually is in this picture, 0 or about for paper.
    labels : ndarray of shape (H, W), int32
        0 for paper; connected ink has one number.
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
    """Tell ink from paper.

    1. The channel with most contrast is taken (grey itself, where colours add nothing).
    2. Ink is what is thin, and the smaller part of the picture, dark or bright; bright ink is turned dark.
    3. Strokes are closed in a small copy, which leaves the paper with its shadows; the picture is divided by it.
    4. A threshold (Otsu's, over what is beyond the paper's noise) gives the ink's usual strength.
    5. Ruled lines are taken away (`initializers.handwriting.ruled_lines`).
    6. A stroke is where the ink is a third as strong, connected to where it is half as strong (hysteresis).

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, 3), uint8
        As `initializers.handwriting.picture_files.open_picture` gives them.

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
    """Return the channel that shows most and its small copy, ink dark; whether it was; and whether paper is even."""
    channels = [(pixels, 1.0)]
    if pixels.ndim == 3:
        channels = [(_luminance(pixels), _PREFERRED), *((pixels[..., number], 1.0) for number in range(3))]
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
    """Return the standard deviation of the picture's noise in grey values, measured between neighbours."""
    some = grey[:: max(1, len(grey) // 64)].astype(np.float32)
    steps = np.abs(np.diff(some, axis=1))
    return 1.4826 * float(np.median(steps)) / math.sqrt(2) if steps.size else 0.0


def _paper_level(taken: np.ndarray) -> np.float32:
    """Return what paper usually shows: ink is beyond it, and covers less than two thirds of a picture."""
    some = np.sort(taken.ravel()[:: max(1, taken.size // 4096)])
    return np.float32(some[int(_PAPER_RANK * some.size)])


def _contrast(taken: np.ndarray, noise: float) -> float:
    """Return how much ink takes away where it is strong, or 0 if nothing stands out."""
    least = max(_NOISES * noise, LEAST_CONTRAST)
    candidates = taken[taken > least]
    if candidates.size < max(3, 1e-5 * taken.size):
        return 0.0
    above = candidates[candidates >= otsu(candidates)]
    return float(np.median(above))


def _connected(amount: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return numbers of connected ink, where some of it is strong."""
    labels, count = ndimage.label(low, _EIGHT)
    strong = np.zeros(count + 1, bool)
    strong[labels[amount > HIGH]] = True
    strong[0] = False
    return labels if strong[1:].all() else labels * strong[labels]
