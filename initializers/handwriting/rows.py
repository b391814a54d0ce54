"""Several digits in one image: join the pieces of each, and put the digits in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from initializers.handwriting.components import Box, Component


@dataclass(frozen=True)
class RowThresholds:
    """Thresholds for joining the pieces of digits and for underlines.

    The values were chosen by trial on the development pictures that docs/accuracy.md describes.

    Attributes
    ----------
    digit_height : float
        Smallest height of a digit, as a share of the tallest one's. Lower components are pieces of digits, or noise.
    noise_side : float
        Half of the longer side, as a share of a typical digit's height, below which a component that joins no digit
        is noise.
    underline_aspect : float
        Ratio of width to height above which a component may be an underline; no MNIST digit is as flat.
    underline_margin : float
        How far beyond the ends of an underline a digit may lie, as a share of the underline's width.
    underline_gap : float
        Largest gap between a digit and its underline, as a share of the digit's height.
    shared_height : float
        Smallest vertical overlap of neighbours in a row, as a share of the lower one's height.
    """

    digit_height: float = 0.45
    noise_side: float = 0.25
    underline_aspect: float = 2.0
    underline_margin: float = 0.1
    underline_gap: float = 1.0
    shared_height: float = 0.3


THRESHOLDS = RowThresholds()


def join_pieces(parts: Sequence[Component]) -> list[Component]:
    """Return components with all strokes of one digit joined, such as the bar above a 5 or a 4 in two pieces.

    Components above each other with a gap of less than half a stroke width are one interrupted stroke. A low component
    is joined to the closest digit if their columns overlap and the gap is less than a third of a typical digit's
    height. Small components that join no digit are noise, and so are underlines.

    Parameters
    ----------
    parts : sequence of Component
        Connected components.
    """
    parts = _mended(without_underlines(parts))
    if not parts:
        return []
    tallest = max(part.box.height for part in parts)
    usual = float(
        np.median([part.box.height for part in parts if part.box.height >= THRESHOLDS.digit_height * tallest])
    )
    digits = [part for part in parts if part.box.height >= THRESHOLDS.digit_height * usual]
    for piece in sorted((part for part in parts if part not in digits), key=lambda part: -part.area):
        near = [digit for digit in digits if _belongs(piece.box, digit.box, usual)]
        if near:
            closest = min(near, key=lambda digit: digit.box.gap(piece.box))
            digits[digits.index(closest)] = closest | piece
        elif piece.box.side >= 2 * THRESHOLDS.noise_side * usual:
            digits.append(piece)
    return digits


def _mended(parts: Sequence[Component]) -> list[Component]:
    """Return components with interrupted strokes joined."""
    whole: list[Component] = []
    for part in sorted(parts, key=lambda part: part.box.top):
        for above in [one for one in whole if _continues(part, one)]:
            whole.remove(above)
            part |= above
        whole.append(part)
    return whole


def _continues(lower: Component, upper: Component) -> bool:
    """Return whether a component continues the stroke of another right above it."""
    width = min(part.area / (part.box.width + part.box.height) for part in (lower, upper))
    return _overlap(lower.box, upper.box) > 0 and 0 <= lower.box.top - upper.box.bottom <= width / 2


def _overlap(one: Box, other: Box) -> int:
    """Return the number of columns that two boxes share; negative if there is a gap."""
    return min(one.right, other.right) - max(one.left, other.left)


def without_underlines(parts: Sequence[Component]) -> list[Component]:
    """Return components without underlines: flatter than any digit, and along at least two digits.

    Parameters
    ----------
    parts : sequence of Component
        Connected components.

    Examples
    --------
    >>> edges = (0, 0, 20, 9), (0, 15, 20, 24), (23, 0, 26, 25)
    >>> len(without_underlines([Component(Box(*each), 40, ()) for each in edges]))
    2
    """
    boxes = [part.box for part in parts]
    return [part for part in parts if not _underlines(part.box, boxes)]


def _underlines(line: Box, boxes: Sequence[Box]) -> bool:
    """Return whether a component is flat, and runs above or below at least two digits next to each other."""
    if line.width <= THRESHOLDS.underline_aspect * line.height:
        return False
    reach = THRESHOLDS.underline_margin * line.width
    along = [box for box in boxes if line.left - reach <= _centre(box) <= line.right + reach and _near(line, box)]
    above = [box for box in along if box.top < line.top and box.bottom <= line.bottom]
    below = [box for box in along if box.top >= line.top and box.bottom > line.bottom]
    return any(one.right <= _centre(other) for side in (above, below) for one in side for other in side)


def _near(line: Box, digit: Box) -> bool:
    """Return whether a digit is taller than a line and close enough to be underlined by it."""
    return digit.height > line.height and digit.gap(line) <= THRESHOLDS.underline_gap * digit.height


def _centre(box: Box) -> float:
    return (box.left + box.right) / 2


def _belongs(piece: Box, digit: Box, usual: float) -> bool:
    """Return whether a component may be a stroke of a digit; `usual` is the median height of digits."""
    within = _overlap(piece, digit) >= 0.4 * min(piece.width, digit.width) or digit.gap(piece) <= 0.08 * usual
    return within and digit.gap(piece) <= usual / 3 and (digit | piece).height <= 1.6 * usual


def text_lines(parts: Sequence[Component]) -> list[list[Component]]:
    """Return the digits as text lines from top to bottom, each from left to right.

    A digit belongs to a line if its vertical overlap with the line's last digit so far is large enough, so lines may
    be skewed.

    Examples
    --------
    >>> parts = [Component(Box(*edges), 9, ()) for edges in [(20, 0, 30, 5), (2, 20, 12, 25), (0, 0, 10, 5)]]
    >>> [[part.box.left for part in row] for row in text_lines(parts)]
    [[0, 20], [0]]
    """
    rows: list[list[Component]] = []
    for part in sorted(parts, key=lambda part: part.box.left):
        fitting = [row for row in rows if _level(row[-1].box, part.box)]
        if fitting:
            min(fitting, key=lambda row: abs(_middle(row[-1].box) - _middle(part.box))).append(part)
        else:
            rows.append([part])
    return sorted(rows, key=lambda row: float(np.mean([_middle(part.box) for part in row])))


def _middle(box: Box) -> float:
    return (box.top + box.bottom) / 2


def _level(one: Box, other: Box) -> bool:
    """Return whether two boxes overlap vertically as digits of one text line do."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared > THRESHOLDS.shared_height * min(one.height, other.height)
