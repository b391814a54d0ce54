"""Strings written at an angle: which way their rows run, and the ink turned until they are level."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from initializers.handwriting.components import Box, Glyph
from initializers.handwriting.ink import Ink

STEEPEST = 70.0  # degrees: steeper rows cannot be told from columns
LEVEL = 12.0  # degrees: so much rows may rise or fall, and are read as they are
_AGREED = 10.0  # degrees: a step from digit to digit that is nearer to the row's direction agrees with it
# Degrees: two digits' middles differ so much in height as often because they were turned; e times more often later on.
_EVEN, _PER_NAT = 20.0, 30.0
_DIGIT = 0.5  # of the longest side: what is smaller may be a piece
_LONG = 1.8  # times a usual part's longer side: what is longer is an underline
_FINE = 112  # pixels of the longer side while ink is turned, at least


class Direction(NamedTuple):
    """Which way rows run.

    Attributes
    ----------
    angle : float
        Degrees, above 0 where rows fall to the right; 0 where they are as good as level, or columns.
    odds : float
        Logarithm of the odds, from the angle alone, that the rows were written level and turned since.
    certain : bool
        Whether three digits or more lie along the line.
    """

    angle: float
    odds: float
    certain: bool


NONE = Direction(0.0, 0.0, False)


def direction(boxes: Sequence[Box]) -> Direction:
    """Return the direction of rows: the median step along the shortest tree that joins the middles of all digits.

    Of digits in different rows, few are neighbours in that tree, so that several rows do no harm.

    Parameters
    ----------
    boxes : sequence of Box
        Where digits are, or pieces of them.

    Examples
    --------
    >>> angle, _, certain = direction([Box(at, at, at + 9, at + 9) for at in (0, 15, 30)])
    >>> angle, certain
    (45.0, True)
    """
    usual = _LONG * float(np.median([box.side for box in boxes] or [0]))
    longest = max((box.side for box in boxes if box.side <= usual), default=0)
    edges = np.array([box for box in boxes if _DIGIT * longest <= box.side <= usual], float)
    if len(edges) < 2:
        return NONE
    steps = _steps((edges[:, :2] + edges[:, 2:]) / 2)
    angle = float(np.median(steps))
    if not LEVEL <= abs(angle) <= STEEPEST:
        return NONE
    agreed = float(np.mean(np.abs(steps - angle) <= _AGREED)) >= 0.5
    even = _EVEN if len(edges) == 2 else LEVEL if agreed else STEEPEST
    return Direction(angle, (abs(angle) - even) / _PER_NAT, len(edges) > 2 and agreed)


def _steps(middles: np.ndarray) -> np.ndarray:
    """Return the angles in degrees, from -90 to 90, of the shortest tree's edges."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    away = np.linalg.norm(middles[:, None] - middles, axis=2) + 1e-6  # a distance of 0 would be no edge
    tree = minimum_spanning_tree(away).tocoo()
    down, across = (middles[tree.col] - middles[tree.row]).T
    return np.degrees(np.arctan2(np.where(across < 0, -down, down), np.abs(across)))


@dataclass(frozen=True, eq=False)
class Turned:
    """Ink turned about its middle, larger where the picture is small.

    Attributes
    ----------
    ink : Ink
        What was turned: `amount` and `labels`; all else is the picture's own.
    angle : float
        Degrees, above 0 if falling rows become level.
    scale : float
        Its pixels by the picture's.
    shape : tuple of int
        The picture's (H, W).
    """

    ink: Ink
    angle: float
    scale: float
    shape: tuple[int, int]

    def back(self, glyph: Glyph) -> Box:
        """Return the box around a glyph's ink where the picture has it.

        Parameters
        ----------
        glyph : Glyph
            Ink of the turned picture.
        """
        places = np.argwhere(glyph.amount > 0.5 * glyph.amount.max()) + 0.5 + (glyph.box.top, glyph.box.left)
        x, y = _matrix(self.angle, self.scale, self.ink.amount.shape, self.shape) @ np.vstack([
            places[:, 1], places[:, 0], np.ones(len(places))
        ])  # fmt: skip
        half = 0.5 / self.scale  # of a pixel
        top, left = math.floor(y.min() - half + 0.5), math.floor(x.min() - half + 0.5)
        bottom, right = math.ceil(y.max() + half - 0.5), math.ceil(x.max() + half - 0.5)
        return Box(max(0, top), max(0, left), min(self.shape[0], bottom), min(self.shape[1], right))


def turned(ink: Ink, angle: float) -> Turned:
    """Return ink turned until rows of an angle are level; labels keep their numbers.

    Parameters
    ----------
    ink : Ink
        What was found in a picture.
    angle : float
        The rows' direction in degrees, as `direction` gives it.
    """
    from PIL import Image

    height, width = ink.amount.shape
    scale = max(1.0, _FINE / max(height, width))
    cos, sin = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    size = math.ceil(scale * (width * cos + height * sin)), math.ceil(scale * (width * sin + height * cos))
    matrix = _matrix(angle, scale, size[::-1], (height, width))

    def moved(values: np.ndarray, filtering: Image.Resampling) -> np.ndarray:
        picture = Image.fromarray(values)
        return np.asarray(picture.transform(size, Image.Transform.AFFINE, tuple(matrix.ravel()), filtering))

    amount = moved(ink.amount.astype(np.float32), Image.Resampling.BICUBIC)
    labels = moved(ink.labels.astype(np.int32), Image.Resampling.NEAREST)
    return Turned(replace(ink, amount=amount, labels=labels), angle, scale, (height, width))


def _matrix(angle: float, scale: float, shape: Sequence[int], original: Sequence[int]) -> np.ndarray:
    """Return what takes (x, y, 1) of the turned picture to (x, y) of the original one, middle to middle: (2, 3)."""
    cos, sin = math.cos(math.radians(angle)) / scale, math.sin(math.radians(angle)) / scale
    turn = np.array([[cos, -sin], [sin, cos]])
    middle, target = np.array(shape[::-1]) / 2, np.array(original[::-1]) / 2
    return np.column_stack([turn, target - turn @ middle])
