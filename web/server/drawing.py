"""Strokes of a pen as a picture: black lines with round ends on white paper, antialiased."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

FINE = 4  # pixels along a side that are averaged to one

Point = tuple[float, float, float]


class Drawing(NamedTuple):
    """Strokes on a canvas.

    Attributes
    ----------
    strokes : tuple of tuples of (x, y, pressure)
        Pixels from the left and upper edge of the canvas, and the pressure of the pen from 0 to 1.
    width, height : int
        Pixels of the canvas.
    pen : float
        Width of a line in pixels at a pressure of 0.5; it is half as wide without pressure, and 1.5 times at 1.
    """

    strokes: tuple[tuple[Point, ...], ...]
    width: int
    height: int
    pen: float

    def without(self, number: int) -> "Drawing":
        """Return the drawing without one of its strokes."""
        return self._replace(strokes=self.strokes[:number] + self.strokes[number + 1 :])

    def pixels(self) -> np.ndarray:
        """Return the picture, uint8 of shape (height, width).

        Each point is a disc, and two neighbouring points are joined by the quadrilateral between their diameters. They
        are drawn four times as large and reduced, only where there is ink.

        Examples
        --------
        >>> picture = Drawing((((20, 10, 0.5), (20, 30, 0.5)),), 40, 40, 4.0).pixels()
        >>> picture.shape, int(picture[20, 20]), int(picture[20, 10])
        ((40, 40), 0, 255)
        """
        from PIL import Image, ImageDraw

        picture = np.full((self.height, self.width), 255, np.uint8)
        area = self._inked()
        if area is None:
            return picture
        left, top, right, bottom = area
        fine = Image.new("L", (FINE * (right - left), FINE * (bottom - top)), 255)
        draw = ImageDraw.Draw(fine)
        for stroke in self.strokes:
            discs = [self._disc(point, left, top) for point in stroke]
            for x, y, r in discs:
                draw.ellipse((x - r, y - r, x + r, y + r), fill=0)
            for one, other in pairwise(discs):
                if corners := _quadrilateral(one, other):
                    draw.polygon(corners, fill=0)
        picture[top:bottom, left:right] = np.asarray(fine.reduce(FINE))
        return picture

    def _disc(self, point: Point, left: int, top: int) -> Point:
        """Return the centre and the radius of a point's disc in the enlarged part of the picture."""
        x, y, pressure = point
        return FINE * (x - left), FINE * (y - top), FINE * self.pen * (0.5 + pressure) / 2

    def _inked(self) -> tuple[int, int, int, int] | None:
        """Return the bounding box of the ink as left, top, right and bottom; None if there is none on the canvas."""
        points = [point for stroke in self.strokes for point in stroke]
        if not points:
            return None
        x, y, _ = np.array(points).T
        reach = 0.75 * self.pen + 1
        left, top = max(math.floor(x.min() - reach), 0), max(math.floor(y.min() - reach), 0)
        right, bottom = min(math.ceil(x.max() + reach), self.width), min(math.ceil(y.max() + reach), self.height)
        return (left, top, right, bottom) if left < right and top < bottom else None


def _quadrilateral(one: Point, other: Point) -> Sequence[tuple[float, float]] | None:
    """Return the corners of the quadrilateral between two discs' diameters; None if their centres are the same."""
    (x, y, r), (x2, y2, r2) = one, other
    length = math.hypot(x2 - x, y2 - y)
    if not length:
        return None
    across, down = (y - y2) / length, (x2 - x) / length
    return (
        (x + r * across, y + r * down),
        (x2 + r2 * across, y2 + r2 * down),
        (x2 - r2 * across, y2 - r2 * down),
        (x - r * across, y - r * down),
    )
