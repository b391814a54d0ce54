"""Digits that touch, cut apart along the path of least ink."""

from collections.abc import Callable

import numpy as np

from initializers.digit_boxes import Glyph, trimmed
from initializers.strokes import stroke_width

Likeness = Callable[[np.ndarray], float]

_WIDE, _TOO_WIDE = 0.75, 1.25  # width by height of what may be two digits that touch, and of what must be
_SIDE = 0.12  # of both digits' ink: what each of two has at least
_TALL = 0.5  # of the whole's height: what each of two has at least
# Strokes that a cut may go through: hardly any, which is touch alone; where the whole is too wide; with a judge.
_FREE, _CROSSED, _JUDGED = 0.4, 1.6, 2.6


def cut_apart(glyph: Glyph, judge: Likeness | None = None) -> list[Glyph]:
    """Return the digits that a glyph consists of, from the left.

    1. What is nearly as wide as high may be two digits.
    2. Of all paths from its top to its bottom (a row down goes a column aside at most) the one through the least ink
       is found. It has to leave ink and height on both sides.
    3. The cut stands if the path goes through hardly any ink; or, with a judge, if the less digit-like half is more
       like a digit than the whole; or, without one, if the whole is wider than a digit.
    4. Both halves are tried again.

    Parameters
    ----------
    glyph : Glyph
        One digit, or several that touch.
    judge : callable, optional
        Takes a glyph's ink, of shape (h, w), and says from 0 to 1 how much it is like one digit.

    Examples
    --------
    >>> from initializers.digit_boxes import Box
    >>> amount = np.zeros((20, 41), np.float32)
    >>> amount[:, [0, 1, 20, 21, 39, 40]] = amount[10] = 1
    >>> amount[10, 25:37] = 0
    >>> [(digit.box.left, digit.box.right) for digit in cut_apart(Glyph(amount, Box(0, 0, 20, 41)))]
    [(0, 25), (37, 41)]
    """
    height, width = glyph.amount.shape
    if width < _WIDE * height:
        return [glyph]
    path = _path(glyph.amount)
    halves = _halves(glyph, path)
    if halves is None or not _is_better(glyph, halves, _crossed(glyph, path), judge):
        return [glyph]
    return [digit for half in halves for digit in cut_apart(half, judge)]


def _crossed(glyph: Glyph, path: np.ndarray) -> float:
    """Return how many strokes a path goes through."""
    return float(glyph.amount[np.arange(len(path)), path].sum()) / stroke_width(glyph.amount)


def _is_better(glyph: Glyph, halves: tuple[Glyph, Glyph], crossed: float, judge: Likeness | None) -> bool:
    """Return whether two halves are to be believed rather than the whole."""
    if crossed < _FREE:
        return True
    if judge is None:
        height, width = glyph.amount.shape
        return crossed < _CROSSED and width > _TOO_WIDE * height
    return crossed < _JUDGED and min(judge(half.amount) for half in halves) > judge(glyph.amount)


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
    price[:, aside > 1 - 0.16] += 1
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
