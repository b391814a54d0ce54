"""Grouping of components into digits, and of digits into rows."""

import numpy as np
import pytest

from initializers.handwriting.components import Box, Component
from initializers.handwriting.rows import join_pieces, text_lines, without_underlines


def part(top, left, height, width):
    return Component(Box(top, left, top + height, left + width), height * width // 3, (top * 1000 + left,))


def test_the_bar_of_a_five_joins_its_body():
    body, bar, neighbour = part(20, 10, 60, 40), part(8, 20, 8, 40), part(10, 90, 70, 40)
    found = join_pieces([neighbour, body, bar])
    assert sorted(one.box for one in found) == sorted([(body | bar).box, neighbour.box])


def test_a_dot_far_from_all_is_dirt_and_a_dash_is_not():
    digits = [part(0, 0, 60, 40), part(0, 80, 60, 40)]
    assert join_pieces([*digits, part(30, 150, 6, 6)]) == digits
    assert len(join_pieces([*digits, part(30, 160, 8, 40)])) == 3


def test_digits_are_not_joined_across_rows():
    assert len(join_pieces([part(0, 0, 50, 30), part(60, 0, 50, 30), part(120, 2, 50, 30)])) == 3


def test_nothing_is_joined_to_nothing():
    assert join_pieces([]) == []
    assert text_lines([]) == []


@pytest.mark.parametrize("slope", [-0.15, 0.0, 0.15])
def test_rows_may_rise_and_fall(slope):
    digits = [
        part(100 * row + round(slope * 70 * column) + 40, 70 * column, 60, 40)
        for row in range(3)
        for column in range(4)
    ]
    order = np.random.default_rng(0).permutation(len(digits))
    assert text_lines([digits[number] for number in order]) == [digits[:4], digits[4:8], digits[8:]]


@pytest.mark.parametrize("top", [70, -14, 58])
def test_a_line_along_two_digits_is_none(top):
    digits = [part(0, 0, 60, 40), part(0, 60, 60, 40)]
    line = part(top, 2, 12, 90)
    assert without_underlines([*digits, line]) == digits
    assert join_pieces([*digits, line]) == digits


@pytest.mark.parametrize(
    "other", [part(-14, 0, 12, 50), part(70, 0, 60, 90), part(24, 2, 12, 90), part(70, 200, 12, 90)]
)
def test_bars_digits_strokes_through_and_dashes_beside_are_no_underlines(other):
    digits = [part(0, 0, 60, 40), part(0, 60, 60, 40)]
    assert other in without_underlines([*digits, other])


def test_the_bar_of_a_five_between_two_rows_is_no_underline():
    above, bar, body = part(0, 0, 60, 40), part(75, 5, 8, 40), part(90, 0, 60, 40)
    assert without_underlines([above, bar, body]) == [above, bar, body]


def test_a_stroke_that_broke_is_one():
    upper, lower, bar = part(0, 0, 30, 40), part(32, 4, 34, 36), part(68, 0, 8, 40)
    broken = join_pieces([upper, lower, bar, part(0, 80, 76, 40)])
    assert sorted(one.box for one in broken) == [Box(0, 0, 76, 40), Box(0, 80, 76, 120)]


def test_digits_of_two_rows_that_are_close_are_two():
    assert len(join_pieces([part(0, 0, 60, 40), part(68, 0, 60, 40), part(0, 80, 60, 40)])) == 3
