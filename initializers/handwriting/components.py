"""Which parts of the ink are a digit, and which are dirt, lines or the paper's edge."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from initializers.geometry import DIGIT

_SPECK_AREA, _SPECK_SIDE = 0.02, 0.15  # of the largest part's: what is smaller in both is dirt
_LEAST_SIDE = 0.06  # of the frame's: a smaller part makes no margin of another
_CONTACT, _TOUCH = 0.7, 0.3  # of a part's longer side, along the edge: more has a margin; a table seen beside paper
_FRAMED, _BORDER, _STRAIGHT = 0.3, 0.06, 0.8  # a form's field: height of what it holds, depth and length of its sides
_PIECE = 0.12  # of a part's longer side: what is nearer may be the bar of a 5
_ALIKE = 0.6  # height of the lower one of two digits by that of the other
_NEAR = 0.25  # of a digit's longer side: what is nearer may be a piece of it
_SHARPEST = 4.0  # times the contrast of an edge
_FAINT = 0.03  # of full ink: less is none


class Box(NamedTuple):
    """A rectangle of pixels: rows from `top` to before `bottom`, columns from `left` to before `right`.

    Examples
    --------
    >>> Box(1, 2, 4, 4).height, Box(1, 2, 4, 4).width, Box(1, 2, 4, 4) | Box(0, 3, 2, 9)
    (3, 2, Box(top=0, left=2, bottom=4, right=9))
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def side(self) -> int:
        """The longer side."""
        return max(self.height, self.width)

    @property
    def slices(self) -> tuple[slice, slice]:
        """What cuts the rectangle out of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def __or__(self, other: "Box") -> "Box":
        """Return the smallest rectangle around both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def gap(self, other: "Box") -> int:
        """Return the pixels between both along the axis where they are further apart; 0 if they overlap.

        Examples
        --------
        >>> Box(0, 0, 2, 2).gap(Box(1, 7, 3, 9))
        5
        """
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        across = max(self.left, other.left) - min(self.right, other.right)
        return max(0, down, across)


class Part(NamedTuple):
    """Connected ink.

    Attributes
    ----------
    box : Box
        Where it lies.
    area : int
        Pixels of ink.
    labels : tuple of int
        Its numbers in the labelled picture.
    """

    box: Box
    area: int
    labels: tuple[int, ...]

    def __or__(self, other: "Part") -> "Part":
        """Return both as one."""
        return Part(self.box | other.box, self.area + other.area, self.labels + other.labels)


def parts_of(labels: np.ndarray) -> list[Part]:
    """Return the parts of a labelled picture, the largest box first.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int
        0 for paper; connected ink has one number.

    Examples
    --------
    >>> parts_of(3 * np.eye(3, dtype=int))
    [Part(box=Box(top=0, left=0, bottom=3, right=3), area=3, labels=(3,))]
    """
    areas = np.bincount(labels.ravel())
    found = [
        Part(Box(place[0].start, place[1].start, place[0].stop, place[1].stop), int(areas[number]), (number,))
        for number, place in enumerate(ndimage.find_objects(labels), 1)
        if place is not None
    ]
    return sorted(found, key=lambda part: (-part.box.side, -part.area))


def without_dirt(parts: Sequence[Part], labels: np.ndarray, *, even: bool = True, row: bool = False) -> list[Part]:
    """Return the parts that may belong to digits: no specks, no frames, and nothing that runs along the picture's edge.

    Parameters
    ----------
    parts : sequence of Part
        The largest box first.
    labels : ndarray of shape (H, W)
        The labelled picture.
    even : bool
        The paper is of one grey. Where it is not, what lies along the edge is a table or a shadow; in a drawing it
        may be a digit's bar, cut out closely.
    row : bool
        There may be several digits: what runs along a drawing's edge and is as high as the others is one of them, such
        as the 1 in a 10.
    """
    inner = _without_margins(parts, labels, even=even, row=row)
    if not inner:
        return []
    area = max(part.area for part in inner)
    side = max(part.box.side for part in inner if part.area > 0.2 * area)
    large = [part for part in inner if part.area >= _SPECK_AREA * area or part.box.side >= _SPECK_SIDE * side]
    return [part for part in large if not _is_frame(part, large, labels)]


def _is_frame(part: Part, parts: Sequence[Part], labels: np.ndarray) -> bool:
    """Return whether a part is a field of a form: a rectangle, or several, around another part."""
    box, least = part.box, _FRAMED * part.box.height
    if not any(one.box.height >= least and box | one.box == box for one in parts if one is not part):
        return False
    ink = np.isin(labels[box.slices], part.labels)
    deep = max(1, round(_BORDER * box.side))
    sides = ink[:deep].any(axis=0), ink[-deep:].any(axis=0), ink[:, :deep].any(axis=1), ink[:, -deep:].any(axis=1)
    return all(side.mean() > _STRAIGHT for side in sides)


def _without_margins(parts: Sequence[Part], labels: np.ndarray, *, even: bool, row: bool) -> list[Part]:
    """Return all but margins, unless nothing of some size would remain; a drawing's, if they fit to what remains."""
    most = _CONTACT if even else _TOUCH
    margins = [part for part in parts if contact(part, labels) > most]
    inner = [part for part in parts if part not in margins]
    least = _LEAST_SIDE * max(labels.shape)
    large = [part for part in inner if part.box.side >= least]
    if not large:
        return list(parts)
    fits = _may_be_neighbour if row else _may_belong
    return inner + [part for part in margins if even and any(fits(part.box, one.box) for one in large)]


def _may_belong(bar: Box, body: Box) -> bool:
    """Return whether what lies along the frame may be the bar of a 5: as wide as the body, and right beside it."""
    return bar.side < 1.2 * body.side and bar.gap(body) < _PIECE * body.side


def _may_be_neighbour(margin: Box, digit: Box) -> bool:
    """Return whether what lies along the frame may be a digit beside another, or a piece of that."""
    upright = margin.width < margin.height and _ALIKE * margin.height < digit.height < margin.height / _ALIKE
    return upright or _may_belong(margin, digit)


def contact(part: Part, labels: np.ndarray) -> float:
    """Return how many pixels of the frame's edge a part covers, by its own longer side.

    Examples
    --------
    >>> labels = np.zeros((9, 9), int)
    >>> labels[:, :2] = 1
    >>> round(contact(parts_of(labels)[0], labels), 2)
    1.44
    """
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.isin(edge, part.labels).sum()) / part.box.side


def main_digit(parts: Sequence[Part]) -> tuple[Part, list[Part]]:
    """Return the digit that fills most of the picture, with all its pieces, and what does not belong to it.

    Parameters
    ----------
    parts : sequence of Part
        At least one.
    """
    digit = max(parts, key=lambda part: part.area * part.box.side)
    others = [part for part in parts if part is not digit]
    while near := [part for part in others if part.box.gap(digit.box) <= _NEAR * digit.box.side]:
        for part in near:
            digit |= part
        others = [part for part in others if part not in near]
    return digit, others


class Glyph(NamedTuple):
    """The ink of one digit, all else wiped away.

    Attributes
    ----------
    amount : ndarray of shape (h, w), float32
        1 for ink, 0 for paper.
    box : Box
        Where it lies.
    """

    amount: np.ndarray
    box: Box


def glyph_of(amount: np.ndarray, labels: np.ndarray, part: Part) -> Glyph:
    """Return a part's ink, with the soft edge around it, sharpened the more the larger it is.

    Parameters
    ----------
    amount : ndarray of shape (H, W)
        How much ink every pixel has.
    labels : ndarray of shape (H, W)
        The labelled picture.
    part : Part
        What to cut out.
    """
    box = _wider(part.box, labels.shape)
    here = labels[box.slices]
    mine = here == part.labels[0] if len(part.labels) == 1 else np.isin(here, part.labels)
    near = _grown(mine) & ((here == 0) | mine)
    gain = min(max(1.0, part.box.side / DIGIT), _SHARPEST)
    sharp = (0.5 + gain * (amount[box.slices] - 0.5)).clip(0, 1)
    return trimmed(Glyph(np.where(near, sharp, np.float32(0)), box))


def _grown(mask: np.ndarray) -> np.ndarray:
    """Return a mask with the eight neighbours of all that it has; several times faster than scipy's dilation."""
    rows = mask.copy()
    rows[1:] |= mask[:-1]
    rows[:-1] |= mask[1:]
    grown = rows.copy()
    grown[:, 1:] |= rows[:, :-1]
    grown[:, :-1] |= rows[:, 1:]
    return grown


def trimmed(glyph: Glyph) -> Glyph:
    """Return a glyph without empty rows and columns at its edges.

    Examples
    --------
    >>> trimmed(Glyph(np.eye(4)[:2], Box(5, 5, 7, 9))).box
    Box(top=5, left=5, bottom=7, right=7)
    """
    inked = glyph.amount > _FAINT
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    inner = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    top, left = glyph.box.top, glyph.box.left
    moved = Box(top + inner.top, left + inner.left, top + inner.bottom, left + inner.right)
    return Glyph(glyph.amount[inner.slices], moved)


def _wider(box: Box, shape: tuple[int, ...]) -> Box:
    """Return the box with one pixel more on every side, inside the frame."""
    height, width = shape
    bottom, right = min(height, box.bottom + 1), min(width, box.right + 1)
    return Box(max(0, box.top - 1), max(0, box.left - 1), bottom, right)
