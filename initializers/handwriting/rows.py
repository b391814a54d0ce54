"""Several digits in one picture: pieces of one joined, all put in reading order."""

from collections.abc import Sequence

import numpy as np

from initializers.handwriting.components import Box, Part

_TALL = 0.45  # of the tallest part's height: what is lower is a piece of a digit, or dirt
_DIRT = 0.25  # of a usual digit's longer side, likewise
_FLAT = 2.0  # width by height: of MNIST's digits none is as flat
_BEYOND = 0.1  # of an underline's width: so much further a digit may lie
_UNDER = 1.0  # of a digit's height: an underline is nearer
_SHARED = 0.3  # of the lower one's height: neighbours in a row share more


def joined(parts: Sequence[Part]) -> list[Part]:
    """Return parts with the strokes of one digit together: the bar above a 5, a 4 in two pieces.

    Parts above each other that are closer than half a stroke's width are one stroke, where the pen failed or lines
    were taken away. A low part joins the digit that it lies closest to, if their columns overlap and the gap is less
    than a third of a usual digit's height; what is small and joins nothing is dirt, and so is a line below or above
    two digits.

    Parameters
    ----------
    parts : sequence of Part
        Connected ink.
    """
    parts = _mended(without_underlines(parts))
    if not parts:
        return []
    tallest = max(part.box.height for part in parts)
    usual = float(np.median([part.box.height for part in parts if part.box.height >= _TALL * tallest]))
    digits = [part for part in parts if part.box.height >= _TALL * usual]
    for piece in sorted((part for part in parts if part not in digits), key=lambda part: -part.area):
        near = [digit for digit in digits if _belongs(piece.box, digit.box, usual)]
        if near:
            closest = min(near, key=lambda digit: digit.box.gap(piece.box))
            digits[digits.index(closest)] = closest | piece
        elif piece.box.side >= 2 * _DIRT * usual:
            digits.append(piece)
    return digits


def _mended(parts: Sequence[Part]) -> list[Part]:
    """Return parts with broken strokes whole."""
    whole: list[Part] = []
    for part in sorted(parts, key=lambda part: part.box.top):
        for above in [one for one in whole if _continues(part, one)]:
            whole.remove(above)
            part |= above
        whole.append(part)
    return whole


def _continues(lower: Part, upper: Part) -> bool:
    """Return whether a part begins where another ends, hardly below it."""
    width = min(part.area / (part.box.width + part.box.height) for part in (lower, upper))
    return _overlap(lower.box, upper.box) > 0 and 0 <= lower.box.top - upper.box.bottom <= width / 2


def _overlap(one: Box, other: Box) -> int:
    """Return how many columns two boxes share; below 0 if there is a gap."""
    return min(one.right, other.right) - max(one.left, other.left)


def without_underlines(parts: Sequence[Part]) -> list[Part]:
    """Return parts without lines drawn below or above digits: flatter than any digit, along two side by side.

    Parameters
    ----------
    parts : sequence of Part
        Connected ink.

    Examples
    --------
    >>> edges = (0, 0, 20, 9), (0, 15, 20, 24), (23, 0, 26, 25)
    >>> len(without_underlines([Part(Box(*each), 40, ()) for each in edges]))
    2
    """
    boxes = [part.box for part in parts]
    return [part for part in parts if not _underlines(part.box, boxes)]


def _underlines(line: Box, boxes: Sequence[Box]) -> bool:
    """Return whether a part is flat, and runs along two digits side by side that are both above or both below it."""
    if line.width <= _FLAT * line.height:
        return False
    reach = _BEYOND * line.width
    along = [box for box in boxes if line.left - reach <= _centre(box) <= line.right + reach and _near(line, box)]
    above = [box for box in along if box.top < line.top and box.bottom <= line.bottom]
    below = [box for box in along if box.top >= line.top and box.bottom > line.bottom]
    return any(one.right <= _centre(other) for side in (above, below) for one in side for other in side)


def _near(line: Box, digit: Box) -> bool:
    """Return whether a digit is taller than a line, and as near to it as what is underlined."""
    return digit.height > line.height and digit.gap(line) <= _UNDER * digit.height


def _centre(box: Box) -> float:
    return (box.left + box.right) / 2


def _belongs(piece: Box, digit: Box, usual: float) -> bool:
    """Return whether a piece may be a stroke of a digit."""
    within = _overlap(piece, digit) >= 0.4 * min(piece.width, digit.width) or digit.gap(piece) <= 0.08 * usual
    return within and digit.gap(piece) <= usual / 3 and (digit | piece).height <= 1.6 * usual


def in_rows(parts: Sequence[Part]) -> list[list[Part]]:
    """Return digits in reading order: rows from above, each from the left.

    A digit belongs to a row if it shares a third of its height, or of theirs, with the row's last digit so far; so
    rows may rise or fall.

    Examples
    --------
    >>> parts = [Part(Box(*edges), 9, ()) for edges in [(20, 0, 30, 5), (2, 20, 12, 25), (0, 0, 10, 5)]]
    >>> [[part.box.left for part in row] for row in in_rows(parts)]
    [[0, 20], [0]]
    """
    rows: list[list[Part]] = []
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
    """Return whether two boxes share a good part of the lower one's height."""
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared > _SHARED * min(one.height, other.height)
