"""Digits that touch, cut apart along the path of least ink."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from initializers.handwriting.components import Glyph, trimmed
from initializers.handwriting.strokes import stroke_width

Likeness = Callable[[np.ndarray], float]

_WIDE, _TOO_WIDE = 0.75, 1.25  # width by height of what may be two digits that touch, and of what must be
_SIDE = 0.12  # of both digits' ink: what each of two has at least
_NARROWEST = 0.15  # of both digits' width, likewise: even a 1 beside a wide 0 has more
_TALL = 0.5  # of the whole's height: what each of two has at least
# Strokes that a cut may go through: hardly any, which is touch alone; where the whole is too wide; with a judge.
_FREE, _CROSSED, _JUDGED = 0.4, 1.6, 2.6
_LEAST = 1e-9  # of a confidence, whose logarithm is to be finite


class Cut(NamedTuple):
    """The digits that a glyph consists of.

    Attributes
    ----------
    digits : tuple of Glyph
        From the left.
    likelihood : float
        Sum of the logarithms of the judge's confidences; 0 without a judge.
    """

    digits: tuple[Glyph, ...]
    likelihood: float


def cut_apart(glyph: Glyph, judge: Likeness | None = None, *, whole: bool = False) -> Cut:
    """Return the digits that a glyph consists of.

    1. What is nearly as wide as high may be two digits.
    2. Of all paths from its top to its bottom (a row down goes a column aside at most) the one through the least ink
       is found. It has to leave ink and height on both sides, and both halves are tried again.
    3. The cut stands if the path goes through hardly any ink; or, with a judge, if what comes of the halves, all
       together, is likelier than the whole; or, without one, if the whole is wider than a digit.

    Parameters
    ----------
    glyph : Glyph
        One digit, or several that touch.
    judge : callable, optional
        Takes a glyph's ink, of shape (h, w), and says from 0 to 1 how much it is like one digit.
    whole : bool
        It is known to be one digit: its likelihood alone is asked for.

    References
    ----------
    O. Matan, C. J. C. Burges, Y. LeCun and J. S. Denker, "Multi-digit recognition using a space displacement neural
    network", NIPS 4 (1992): of all ways to part a string, the likeliest one.

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
    if whole or width < _WIDE * height:
        return uncut
    path = _path(glyph.amount)
    crossed = float(glyph.amount[np.arange(height), path].sum()) / stroke_width(glyph.amount)
    halves = _halves(glyph, path)
    if halves is None or crossed >= (_CROSSED if judge is None else _JUDGED):
        return uncut
    left, right = (cut_apart(half, judge) for half in halves)
    parted = Cut(left.digits + right.digits, left.likelihood + right.likelihood)
    likelier = width > _TOO_WIDE * height if judge is None else parted.likelihood > uncut.likelihood
    return parted if crossed < _FREE or likelier else uncut


def _logarithm(judge: Likeness | None, glyph: Glyph) -> float:
    """Return the logarithm of a judge's confidence, or 0 without a judge."""
    return 0.0 if judge is None else math.log(max(judge(glyph.amount), _LEAST))


def _halves(glyph: Glyph, path: np.ndarray) -> tuple[Glyph, Glyph] | None:
    """Return what lies left and right of a path, or None if those are no two digits."""
    amount = glyph.amount
    left = np.where(np.arange(amount.shape[1]) <= path[:, None], amount, np.float32(0))
    right = amount - left
    for half in (left, right):
        tall = np.count_nonzero((half > 0.5).any(axis=1))
        if half.sum() < _SIDE * amount.sum() or tall < _TALL * len(amount):
            return None
    return trimmed(Glyph(left, glyph.box)), trimmed(Glyph(right, glyph.box))


def _path(amount: np.ndarray) -> np.ndarray:
    """Return the column of the path of least ink in every row.

    Among paths through equally little ink, the one that is straighter and nearer to the middle is taken.
    """
    height, width = amount.shape
    aside = np.abs(np.linspace(-1, 1, width, dtype=np.float32))
    price = amount + 0.01 + 0.02 * aside  # the last two decide between paths through paper
    price[:, aside > 1 - 2 * _NARROWEST] += 1
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
