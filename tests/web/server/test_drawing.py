"""Strokes as pictures."""

import math
from itertools import pairwise

import numpy as np
import pytest

from web.server.drawing import FINE, Drawing


def coverage(drawing):
    """Return the picture by the definition: the share of fine points within a disc or between two of them."""
    y, x = (np.mgrid[: FINE * drawing.height, : FINE * drawing.width] + 0.5) / FINE
    ink = np.zeros(x.shape, bool)
    for stroke in drawing.strokes:
        discs = [(a, b, drawing.pen * (0.5 + p) / 2) for a, b, p in stroke]
        for a, b, r in discs:
            ink |= (x - a) ** 2 + (y - b) ** 2 <= r * r
        for (a, b, r), (a2, b2, r2) in pairwise(discs):
            length = math.hypot(a2 - a, b2 - b)
            along = ((x - a) * (a2 - a) + (y - b) * (b2 - b)) / length
            across = np.abs((x - a) * (b2 - b) - (y - b) * (a2 - a)) / length
            ink |= (along >= 0) & (along <= length) & (across <= r + (r2 - r) * along / length)
    blocks = ink.reshape(drawing.height, FINE, drawing.width, FINE)
    return 255 * (1 - blocks.mean(axis=(1, 3)))


@pytest.mark.parametrize(
    "strokes",
    [
        (((20.0, 12.0, 0.5),),),
        (((8.0, 8.0, 0.5), (40.0, 30.0, 0.5)),),
        (((8.0, 30.0, 0.0), (25.0, 10.0, 1.0), (44.0, 33.0, 0.3)), ((10.0, 10.0, 0.5), (30.0, 10.0, 0.5))),
    ],
)
def test_it_is_the_area_of_discs_and_what_is_between_them(strokes):
    drawing = Drawing(strokes, 50, 42, 6.0)
    difference = np.abs(drawing.pixels() - coverage(drawing))
    assert difference.mean() < 2.0
    assert (difference > 100).sum() == 0


def test_pressure_makes_lines_wider():
    def width(pressure):
        return (Drawing((((30.0, 5.0, pressure), (30.0, 55.0, pressure)),), 60, 60, 8.0).pixels()[30] < 128).sum()

    assert width(0.0) == pytest.approx(4, abs=1)
    assert width(0.5) == pytest.approx(8, abs=1)
    assert width(1.0) == pytest.approx(12, abs=1)


def test_nothing_and_ink_beside_the_canvas_leave_it_white():
    for strokes in ((), ((),), (((-90.0, -90.0, 0.5), (-80.0, -80.0, 0.5)),), (((5.0, 5.0, 0.5),) * 0,)):
        assert (Drawing(strokes, 40, 30, 5.0).pixels() == 255).all()


def test_a_point_twice_is_a_dot_and_ink_is_cut_at_the_edge():
    picture = Drawing((((0.0, 10.0, 0.5), (0.0, 10.0, 0.5)),), 40, 30, 8.0).pixels()
    assert picture.shape == (30, 40)
    assert picture[10, 0] == 0
    assert picture[10, 6] == 255


def test_without_a_stroke():
    drawing = Drawing((((1.0, 1.0, 0.5),), ((2.0, 2.0, 0.5),), ((3.0, 3.0, 0.5),)), 16, 16, 2.0)
    assert drawing.without(1).strokes == (drawing.strokes[0], drawing.strokes[2])
