"""Connected components of the ink: which belong to digits, and which are noise, margins or form fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from initializers.geometry import DIGIT


@dataclass(frozen=True)
class ComponentThresholds:
    """Thresholds that tell digits from noise, margins and form fields.

    The values were chosen by trial on the development pictures that docs/accuracy.md describes.

    Attributes
    ----------
    noise_area, noise_side : float
        Connected components are noise if both their area and their longer side are below these shares of the largest
        component's. Larger values remove more dots, and finally decimal points and short strokes.
    margin_contact_even, margin_contact_photo : float
        A component lies on the margin if it covers more pixels of the image border than this share of its own longer
        side: in images with an even background, and in photographs, where the table or a shadow may reach the border.
    smallest_digit : float
        Longer side of a component, as a share of the image's, from which on it makes other components on the border
        margins.
    field_content, field_depth, field_coverage : float
        A component is a form field if it encloses another of at least this share of its height, and its ink covers
        more than `field_coverage` of each side, looked for up to `field_depth` of its longer side inwards.
    stroke_gap : float
        Largest gap between a component on the border and the body of a digit that it is a stroke of, such as the bar
        of a 5, as a share of the body's longer side.
    similar_height : float
        Smallest ratio of the heights of two digits next to each other.
    piece_gap : float
        Largest gap between a digit and a piece of it, as a share of the digit's longer side.
    largest_gain : float
        Largest factor by which edges are sharpened; larger digits are sharpened more, since they are scaled down more.
    faint : float
        Amount of ink below which a pixel counts as empty when a digit is cropped.
    """

    noise_area: float = 0.02
    noise_side: float = 0.15
    margin_contact_even: float = 0.7
    margin_contact_photo: float = 0.3
    smallest_digit: float = 0.06
    field_content: float = 0.3
    field_depth: float = 0.06
    field_coverage: float = 0.8
    stroke_gap: float = 0.12
    similar_height: float = 0.6
    piece_gap: float = 0.25
    largest_gain: float = 4.0
    faint: float = 0.03


THRESHOLDS = ComponentThresholds()


class Box(NamedTuple):
    """A bounding box in pixels: rows ``top`` to ``bottom - 1``, columns ``left`` to ``right - 1``.

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
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    @property
    def side(self) -> int:
        """Length of the longer side."""
        return max(self.height, self.width)

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices of the box, to index an array with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def __or__(self, other: "Box") -> "Box":
        """Return the bounding box of both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def gap(self, other: "Box") -> int:
        """Return the gap between two boxes in pixels, along the axis where it is larger; 0 if they overlap.

        Examples
        --------
        >>> Box(0, 0, 2, 2).gap(Box(1, 7, 3, 9))
        5
        """
        down = max(self.top, other.top) - min(self.bottom, other.bottom)
        across = max(self.left, other.left) - min(self.right, other.right)
        return max(0, down, across)


class Component(NamedTuple):
    """A connected component of the ink, or several that belong together.

    Attributes
    ----------
    box : Box
        Its bounding box.
    area : int
        Number of ink pixels.
    labels : tuple of int
        Its labels in the label image.
    """

    box: Box
    area: int
    labels: tuple[int, ...]

    def __or__(self, other: "Component") -> "Component":
        """Return both as one component."""
        return Component(self.box | other.box, self.area + other.area, self.labels + other.labels)


def connected_components(labels: np.ndarray) -> list[Component]:
    """Return the connected components of a label image, those with the longest side first.

    Parameters
    ----------
    labels : ndarray of shape (H, W), int
        0 for the background; each connected component has one label.

    Examples
    --------
    >>> connected_components(3 * np.eye(3, dtype=int))
    [Component(box=Box(top=0, left=0, bottom=3, right=3), area=3, labels=(3,))]
    """
    areas = np.bincount(labels.ravel())
    found = [
        Component(Box(place[0].start, place[1].start, place[0].stop, place[1].stop), int(areas[number]), (number,))
        for number, place in enumerate(ndimage.find_objects(labels), 1)
        if place is not None
    ]
    return sorted(found, key=lambda part: (-part.box.side, -part.area))


def without_noise(
    parts: Sequence[Component], labels: np.ndarray, *, even: bool = True, row: bool = False
) -> list[Component]:
    """Return the components that may belong to digits, without noise, form fields and margins.

    Parameters
    ----------
    parts : sequence of Component
        Those with the longest side first.
    labels : ndarray of shape (H, W)
        The label image.
    even : bool
        Whether the background has one grey value. If not, components along the image border are the table or a
        shadow; in a drawing that is cropped closely they may be part of a digit.
    row : bool
        Whether there may be several digits. Then a component along the border of a drawing that is as high as the
        others is one of them, such as the 1 in a 10.
    """
    inner = _without_margins(parts, labels, even=even, row=row)
    if not inner:
        return []
    area = max(part.area for part in inner)
    side = max(part.box.side for part in inner if part.area > 0.2 * area)
    large = [
        part
        for part in inner
        if part.area >= THRESHOLDS.noise_area * area or part.box.side >= THRESHOLDS.noise_side * side
    ]
    return [part for part in large if not _is_frame(part, large, labels)]


def _is_frame(part: Component, parts: Sequence[Component], labels: np.ndarray) -> bool:
    """Return whether a component is one or several form fields: a rectangle around another component."""
    box, least = part.box, THRESHOLDS.field_content * part.box.height
    if not any(one.box.height >= least and box | one.box == box for one in parts if one is not part):
        return False
    ink = np.isin(labels[box.slices], part.labels)
    deep = max(1, round(THRESHOLDS.field_depth * box.side))
    sides = ink[:deep].any(axis=0), ink[-deep:].any(axis=0), ink[:, :deep].any(axis=1), ink[:, -deep:].any(axis=1)
    return all(side.mean() > THRESHOLDS.field_coverage for side in sides)


def _without_margins(parts: Sequence[Component], labels: np.ndarray, *, even: bool, row: bool) -> list[Component]:
    """Return the components without margins, or all if no large one would remain.

    In drawings, margins that fit the remaining components are kept.
    """
    most = THRESHOLDS.margin_contact_even if even else THRESHOLDS.margin_contact_photo
    margins = [part for part in parts if contact(part, labels) > most]
    inner = [part for part in parts if part not in margins]
    least = THRESHOLDS.smallest_digit * max(labels.shape)
    large = [part for part in inner if part.box.side >= least]
    if not large:
        return list(parts)
    fits = _may_be_neighbour if row else _may_belong
    return inner + [part for part in margins if even and any(fits(part.box, one.box) for one in large)]


def _may_belong(bar: Box, body: Box) -> bool:
    """Return whether a component on the image border may be a stroke of a digit, such as the bar of a 5."""
    return bar.side < 1.2 * body.side and bar.gap(body) < THRESHOLDS.stroke_gap * body.side


def _may_be_neighbour(margin: Box, digit: Box) -> bool:
    """Return whether a component on the image border may be a digit next to another, or a stroke of that digit."""
    upright = (
        margin.width < margin.height
        and THRESHOLDS.similar_height * margin.height < digit.height < margin.height / THRESHOLDS.similar_height
    )
    return upright or _may_belong(margin, digit)


def contact(part: Component, labels: np.ndarray) -> float:
    """Return the number of border pixels that a component covers, relative to its own longer side.

    Examples
    --------
    >>> labels = np.zeros((9, 9), int)
    >>> labels[:, :2] = 1
    >>> round(contact(connected_components(labels)[0], labels), 2)
    1.44
    """
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.isin(edge, part.labels).sum()) / part.box.side


def main_digit(parts: Sequence[Component]) -> tuple[Component, list[Component]]:
    """Return the largest digit of the image with all its pieces, and the other components.

    Parameters
    ----------
    parts : sequence of Component
        At least one.
    """
    digit = max(parts, key=lambda part: part.area * part.box.side)
    others = [part for part in parts if part is not digit]
    while near := [part for part in others if part.box.gap(digit.box) <= THRESHOLDS.piece_gap * digit.box.side]:
        for part in near:
            digit |= part
        others = [part for part in others if part not in near]
    return digit, others


class Glyph(NamedTuple):
    """The ink of a single digit.

    Attributes
    ----------
    amount : ndarray of shape (h, w), float32
        Amount of ink: 1 for ink, 0 for background.
    box : Box
        Its bounding box.
    """

    amount: np.ndarray
    box: Box


def glyph_of(amount: np.ndarray, labels: np.ndarray, part: Component) -> Glyph:
    """Return the ink of a component with its soft edge, sharpened in proportion to its size.

    Parameters
    ----------
    amount : ndarray of shape (H, W)
        Amount of ink of each pixel.
    labels : ndarray of shape (H, W)
        The label image.
    part : Component
        The component to crop.
    """
    box = _wider(part.box, labels.shape)
    here = labels[box.slices]
    mine = here == part.labels[0] if len(part.labels) == 1 else np.isin(here, part.labels)
    near = _grown(mine) & ((here == 0) | mine)
    gain = min(max(1.0, part.box.side / DIGIT), THRESHOLDS.largest_gain)
    sharp = (0.5 + gain * (amount[box.slices] - 0.5)).clip(0, 1)
    return trimmed(Glyph(np.where(near, sharp, np.float32(0)), box))


def _grown(mask: np.ndarray) -> np.ndarray:
    """Return a mask dilated by 3 x 3 pixels; several times faster than scipy's dilation."""
    rows = mask.copy()
    rows[1:] |= mask[:-1]
    rows[:-1] |= mask[1:]
    grown = rows.copy()
    grown[:, 1:] |= rows[:, :-1]
    grown[:, :-1] |= rows[:, 1:]
    return grown


def trimmed(glyph: Glyph) -> Glyph:
    """Return a glyph cropped to its non-empty rows and columns.

    Examples
    --------
    >>> trimmed(Glyph(np.eye(4)[:2], Box(5, 5, 7, 9))).box
    Box(top=5, left=5, bottom=7, right=7)
    """
    inked = glyph.amount > THRESHOLDS.faint
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    inner = Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)
    top, left = glyph.box.top, glyph.box.left
    moved = Box(top + inner.top, left + inner.left, top + inner.bottom, left + inner.right)
    return Glyph(glyph.amount[inner.slices], moved)


def _wider(box: Box, shape: tuple[int, ...]) -> Box:
    """Return the box extended by one pixel on each side, within the image."""
    height, width = shape
    bottom, right = min(height, box.bottom + 1), min(width, box.right + 1)
    return Box(max(0, box.top - 1), max(0, box.left - 1), bottom, right)
