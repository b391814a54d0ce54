"""Splitting of touching digits along the path of least ink."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from initializers.handwriting.components import Glyph, trimmed
from initializers.handwriting.strokes import stroke_width

Scorer = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class CutThresholds:
    """Thresholds for splitting touching digits; chosen by trial on the development pictures of docs/accuracy.md.

    Attributes
    ----------
    possible_aspect, certain_aspect : float
        Ratios of width to height from which on a glyph may be two digits, and must be two digits.
    half_ink, half_width, half_height : float
        Smallest shares of the ink, the width and the height of the glyph that each half must have.
    free_strokes, plain_strokes, scored_strokes : float
        Largest amount of ink along the cut, in stroke widths: for a cut that is always made, for one of a glyph that
        is too wide for a digit, and for one that a scoring function decides on.
    smallest_score : float
        Lower bound of scores, so that their logarithm is finite.
    """

    possible_aspect: float = 0.75
    certain_aspect: float = 1.25
    half_ink: float = 0.12
    half_width: float = 0.15
    half_height: float = 0.5
    free_strokes: float = 0.4
    plain_strokes: float = 1.6
    scored_strokes: float = 2.6
    smallest_score: float = 1e-9


THRESHOLDS = CutThresholds()


class Cut(NamedTuple):
    """The digits that a glyph was split into.

    Attributes
    ----------
    digits : tuple of Glyph
        From left to right.
    likelihood : float
        Sum of the log scores of the digits; 0 without a scoring function.
    """

    digits: tuple[Glyph, ...]
    likelihood: float


def cut_apart(glyph: Glyph, judge: Scorer | None = None, *, whole: bool = False) -> Cut:
    """Return the digits that a glyph consists of.

    1. A glyph that is nearly as wide as it is high may be two digits.
    2. Dynamic programming finds the path of least ink from top to bottom, which moves by at most one column per row.
       Both halves must have enough ink and height; they are split further in the same way.
    3. The cut is made if the path crosses hardly any ink; with a scoring function, if the digits of both halves score
       higher together than the whole; without one, if the glyph is too wide for a digit.

    Parameters
    ----------
    glyph : Glyph
        One digit, or several touching ones.
    judge : callable, optional
        Scoring function: takes the ink of a glyph, of shape (h, w), and returns a score from 0 to 1 for being a digit.
    whole : bool
        Whether it is known to be one digit, so that only its score is wanted.

    References
    ----------
    O. Matan, C. J. C. Burges, Y. LeCun and J. S. Denker, "Multi-digit recognition using a space displacement neural
    network", NIPS 4 (1992), which chooses the most likely segmentation of a string.

    Examples
    --------
    >>> from initializers.handwriting.components import Box
    >>> amount = np.zeros((20, 41), np.float32)
    >>> amount[:, [0, 1, 20, 21, 39, 40]] = amount[10] = 1
    >>> amount[10, 25:37] = 0
    >>> [(digit.box.left, digit.box.right) for digit in cut_apart(Glyph(amount, Box(0, 0, 20, 41))).digits]
    [(0, 25), (37, 41)]
    """
    uncut = Cut((glyph,), _logarithm(judge, glyph))
    height, width = glyph.amount.shape
    if whole or width < THRESHOLDS.possible_aspect * height:
        return uncut
    path = _path(glyph.amount)
    crossed = float(glyph.amount[np.arange(height), path].sum()) / stroke_width(glyph.amount)
    halves = _halves(glyph, path)
    if halves is None or crossed >= (THRESHOLDS.plain_strokes if judge is None else THRESHOLDS.scored_strokes):
        return uncut
    left, right = (cut_apart(half, judge) for half in halves)
    parted = Cut(left.digits + right.digits, left.likelihood + right.likelihood)
    likelier = width > THRESHOLDS.certain_aspect * height if judge is None else parted.likelihood > uncut.likelihood
    return parted if crossed < THRESHOLDS.free_strokes or likelier else uncut


def _logarithm(judge: Scorer | None, glyph: Glyph) -> float:
    """Return the log score of a glyph, or 0 without a scoring function."""
    return 0.0 if judge is None else math.log(max(judge(glyph.amount), THRESHOLDS.smallest_score))


def _halves(glyph: Glyph, path: np.ndarray) -> tuple[Glyph, Glyph] | None:
    """Return the glyphs to the left and right of a path, or None if they cannot be two digits."""
    amount = glyph.amount
    left = np.where(np.arange(amount.shape[1]) <= path[:, None], amount, np.float32(0))
    right = amount - left
    for half in (left, right):
        tall = np.count_nonzero((half > 0.5).any(axis=1))
        if half.sum() < THRESHOLDS.half_ink * amount.sum() or tall < THRESHOLDS.half_height * len(amount):
            return None
    return trimmed(Glyph(left, glyph.box)), trimmed(Glyph(right, glyph.box))


def _path(amount: np.ndarray) -> np.ndarray:
    """Return the column of the path of least ink in each row.

    Of paths that cross the same amount of ink, a straight one near the middle is preferred.
    """
    height, width = amount.shape
    aside = np.abs(np.linspace(-1, 1, width, dtype=np.float32))
    price = amount + 0.01 + 0.02 * aside  # the last two terms decide between paths without ink
    price[:, aside > 1 - 2 * THRESHOLDS.half_width] += 1
    total = np.empty_like(price)
    total[0] = price[0]
    origin = np.zeros(price.shape, int)
    columns = np.arange(width)
    for row in range(1, height):
        above = np.pad(total[row - 1], 1, constant_values=np.inf)
        choices = np.stack([above[1:-1], above[:-2] + 0.02, above[2:] + 0.02])  # straight on, from the left, the right
        best = choices.argmin(axis=0)
        total[row] = price[row] + choices[best, columns]
        origin[row] = columns + np.array([0, -1, 1])[best]
    path = np.empty(height, int)
    path[-1] = total[-1].argmin()
    for row in range(height - 1, 0, -1):
        path[row - 1] = origin[row, path[row]]
    return path
