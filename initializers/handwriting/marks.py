"""Marks between digits that are no digits: points, commas, colons, minus signs and slashes.

They are not read. A string with such a mark is not accepted as a number, since 3.14 is not 314.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from initializers.handwriting.components import Box, Component, connected_components

MARK = "There is a mark beside it that is no digit, such as a point, a comma or a minus sign."
SLASH = "It may be a slash: a straight line that leans to the right and is longer than the digits."


@dataclass(frozen=True)
class MarkThresholds:
    """Thresholds that tell marks from noise and slashes from ones.

    The values were chosen by trial on the development pictures that docs/accuracy.md describes and on typed numbers.
    Lengths are shares of the median height of the digits in a row.

    Attributes
    ----------
    area : float
        Smallest area of a mark, as a share of the square of the stroke width.
    longest : float
        Longest side of a mark; longer ones are lines of the paper.
    beside : float
        How far before the first and after the last digit a mark may be.
    below : float
        How far below the digits the centre of a mark may be, as that of a comma.
    shared : float
        Largest share of its width that may be above or below a digit.
    slash_height : float
        Smallest height of a slash.
    slash_lean : float
        Smallest horizontal displacement of a slash per row.
    straight : float
        Largest deviation of a slash from a straight line, as a share of the stroke width.
    """

    area: float = 0.6
    longest: float = 0.8
    beside: float = 0.8
    below: float = 0.25
    shared: float = 0.5
    slash_height: float = 1.05
    slash_lean: float = 0.25
    straight: float = 0.25


THRESHOLDS = MarkThresholds()


def marked_digits(labels: np.ndarray, digits: Sequence[tuple[Component, int]]) -> list[str | None]:
    """Return for each digit why it is not accepted because of a mark, or None.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int
        The label image of the ink.
    digits : sequence of (Component, int)
        The digits in reading order, each with the index of its text line.

    Examples
    --------
    >>> labels = np.zeros((30, 60), int)
    >>> labels[5:25, [10, 11, 40, 41]], labels[23:25, 25:27] = 1, 2
    >>> one, other = (Component(Box(5, left, 25, left + 2), 40, ()) for left in (10, 40))
    >>> marked_digits(labels, [(one, 0), (other, 0)])[0] == MARK
    True
    """
    reasons: list[str | None] = [None] * len(digits)
    used = {label for part, _ in digits for label in part.labels}
    others = [part for part in connected_components(labels) if part.labels[0] not in used]
    for row in {row for _, row in digits}:
        numbers = [number for number, (_, own) in enumerate(digits) if own == row]
        if len(numbers) < 2:
            continue
        parts = [digits[number][0] for number in numbers]
        for box in _marks(others, parts):
            before = [number for number in numbers if _centre(digits[number][0].box) < _centre(box)]
            reasons[before[-1] if before else numbers[0]] = MARK
        for number, part in zip(numbers, parts, strict=True):
            if _is_slash(labels, part, parts):
                reasons[number] = SLASH
    return reasons


def _marks(others: Sequence[Component], digits: Sequence[Component]) -> list[Box]:
    """Return the boxes of the components between or beside the digits of a text line."""
    height = float(np.median([part.box.height for part in digits]))
    width = _stroke_width(digits)
    left = min(part.box.left for part in digits) - THRESHOLDS.beside * height
    right = max(part.box.right for part in digits) + THRESHOLDS.beside * height
    top = min(part.box.top for part in digits)
    bottom = max(part.box.bottom for part in digits) + THRESHOLDS.below * height
    return [
        part.box
        for part in others
        if part.area >= THRESHOLDS.area * width**2
        and part.box.side <= THRESHOLDS.longest * height
        and left <= _centre(part.box) <= right
        and top <= (part.box.top + part.box.bottom) / 2 <= bottom
        and not any(_shared(part.box, digit.box) > THRESHOLDS.shared * part.box.width for digit in digits)
    ]


def _is_slash(labels: np.ndarray, part: Component, digits: Sequence[Component]) -> bool:
    """Return whether a component is a straight line that leans to the right and is longer than the other digits."""
    box = part.box
    usual = float(np.median([other.box.height for other in digits if other is not part]))
    if box.height < THRESHOLDS.slash_height * usual or not part.labels:
        return False
    rows, columns = np.nonzero(np.isin(labels[box.slices], part.labels))
    if len(rows) < 2 or np.ptp(rows) == 0:
        return False
    slope, offset = np.polyfit(rows, columns, 1)
    spread = float(np.std(columns - (slope * rows + offset)))
    width = part.area / box.height  # of the line along a row; a band of this width spreads by width / sqrt(12)
    return -slope >= THRESHOLDS.slash_lean and spread <= width / 12**0.5 + THRESHOLDS.straight * width


def _stroke_width(digits: Sequence[Component]) -> float:
    """Return the median of the digits' stroke widths, estimated as area over half the perimeter of the box."""
    return float(np.median([part.area / (part.box.width + part.box.height) for part in digits]))


def _centre(box: Box) -> float:
    return (box.left + box.right) / 2


def _shared(one: Box, other: Box) -> int:
    """Return the number of columns that two boxes share; negative if there is a gap."""
    return min(one.right, other.right) - max(one.left, other.left)
