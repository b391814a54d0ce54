"""Skew of text lines: estimation of their angle, and deskewing of the ink."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from initializers.handwriting.components import Box, Glyph
from initializers.handwriting.ink import Ink

# Angles in degrees, chosen by trial on the development pictures that docs/accuracy.md describes.
STEEPEST = 70.0  # text lines at a larger angle are indistinguishable from columns of digits
LEVEL = 12.0  # text lines at a smaller angle are read without deskewing
AGREEMENT = 10.0  # largest deviation of the step from one digit to the next that agrees with the direction of the line
# The log-odds that two digits are skewed are 0 at the angle EVEN_ODDS, and rise by 1 for every further ODDS_SLOPE.
EVEN_ODDS = 20.0
ODDS_SLOPE = 30.0

# Sizes relative to digits, from the same pictures.
SMALLEST_DIGIT = 0.5  # share of the largest component's longer side: a smaller component may be a piece of a digit
LARGEST_DIGIT = 1.8  # multiple of the median longer side: a longer component is an underline
DESKEWED_SIDE = 112  # pixels of the longer side, to which smaller images are enlarged while they are deskewed


class Direction(NamedTuple):
    """The direction of text lines.

    Attributes
    ----------
    angle : float
        Degrees, positive if lines fall to the right; 0 if no deskewing is needed, or for columns.
    odds : float
        Log-odds, given the angle alone, that the text lines are skewed.
    certain : bool
        Whether at least three digits lie along the line.
    """

    angle: float
    odds: float
    certain: bool


NONE = Direction(0.0, 0.0, False)


def direction(boxes: Sequence[Box]) -> Direction:
    """Estimate the direction of text lines: the median angle in the minimum spanning tree of the digits' centres.

    Few edges of that tree join digits of different lines, so several lines do not disturb the estimate.

    Parameters
    ----------
    boxes : sequence of Box
        Bounding boxes of digits or of their pieces.

    Examples
    --------
    >>> angle, _, certain = direction([Box(at, at, at + 9, at + 9) for at in (0, 15, 30)])
    >>> angle, certain
    (45.0, True)
    """
    usual = LARGEST_DIGIT * float(np.median([box.side for box in boxes] or [0]))
    longest = max((box.side for box in boxes if box.side <= usual), default=0)
    edges = np.array([box for box in boxes if SMALLEST_DIGIT * longest <= box.side <= usual], float)
    if len(edges) < 2:
        return NONE
    steps = _steps((edges[:, :2] + edges[:, 2:]) / 2)
    angle = float(np.median(steps))
    if not LEVEL <= abs(angle) <= STEEPEST:
        return NONE
    agreed = float(np.mean(np.abs(steps - angle) <= AGREEMENT)) >= 0.5
    even = EVEN_ODDS if len(edges) == 2 else LEVEL if agreed else STEEPEST
    return Direction(angle, (abs(angle) - even) / ODDS_SLOPE, len(edges) > 2 and agreed)


def _steps(middles: np.ndarray) -> np.ndarray:
    """Return the angles in degrees, from -90 to 90, of the edges of the minimum spanning tree."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    away = np.linalg.norm(middles[:, None] - middles, axis=2) + 1e-6  # scipy interprets a distance of 0 as no edge
    tree = minimum_spanning_tree(away).tocoo()
    down, across = (middles[tree.col] - middles[tree.row]).T
    return np.degrees(np.arctan2(np.where(across < 0, -down, down), np.abs(across)))


@dataclass(frozen=True, eq=False)
class Turned:
    """Deskewed ink: rotated about its centre, and enlarged if the image is small.

    Attributes
    ----------
    ink : Ink
        The ink with rotated `amount` and `labels`; its other attributes are those of the image.
    angle : float
        Angle of the rotation in degrees, positive for lines that fell to the right.
    scale : float
        Size of its pixels relative to the image's.
    shape : tuple of int
        Shape (H, W) of the image.
    """

    ink: Ink
    angle: float
    scale: float
    shape: tuple[int, int]

    def back(self, glyph: Glyph) -> Box:
        """Return the bounding box of a glyph in the original image.

        Parameters
        ----------
        glyph : Glyph
            Ink of the deskewed image.
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
    """Return the ink deskewed by an angle; labels keep their values.

    Parameters
    ----------
    ink : Ink
        The ink of an image.
    angle : float
        Direction of the text lines in degrees, as returned by `direction`.
    """
    from PIL import Image

    height, width = ink.amount.shape
    scale = max(1.0, DESKEWED_SIDE / max(height, width))
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
    """Return the (2, 3) matrix that maps (x, y, 1) of the deskewed to (x, y) of the original image."""
    cos, sin = math.cos(math.radians(angle)) / scale, math.sin(math.radians(angle)) / scale
    turn = np.array([[cos, -sin], [sin, cos]])
    middle, target = np.array(shape[::-1]) / 2, np.array(original[::-1]) / 2
    return np.column_stack([turn, target - turn @ middle])
