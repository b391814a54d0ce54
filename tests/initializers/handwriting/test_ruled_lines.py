"""Removal of ruled lines, without removing strokes."""

import numpy as np
import pytest

from initializers.handwriting.ruled_lines import without_ruled_lines
from tests.helpers.samples.drawn_digits import cropped, ink

DIGIT = np.pad(ink("4") > 0.5, ((100, 100), (180, 180)))


def ruled(mask, step, thickness, slope=0.0, start=17):
    lines = mask.copy()
    columns = np.arange(mask.shape[1])
    for row in range(start, mask.shape[0], step):
        for extra in range(thickness):
            places = np.rint(row + extra + slope * columns).astype(int)
            inside = (places >= 0) & (places < mask.shape[0])
            lines[places[inside], columns[inside]] = True
    return lines


@pytest.mark.parametrize("slope", [0.0, 0.01, -0.02])
@pytest.mark.parametrize("thickness", [1, 3])
@pytest.mark.parametrize("turned", [False, True])
def test_lines_go_and_the_digit_stays(slope, thickness, turned):
    digit = DIGIT.T if turned else DIGIT
    paper = ruled(digit.T, 60, thickness, slope).T if turned else ruled(digit, 60, thickness, slope)
    left = without_ruled_lines(paper)
    assert (left & ~digit).sum() < 0.03 * (paper & ~digit).sum() + 60
    assert (left & digit).sum() > 0.95 * digit.sum()


def test_squared_paper_loses_both():
    paper = ruled(ruled(DIGIT, 60, 2).T, 60, 2).T
    left = without_ruled_lines(paper)
    assert (left & ~DIGIT).sum() < 0.05 * (paper & ~DIGIT).sum()
    assert (left & DIGIT).sum() > 0.93 * DIGIT.sum()


def test_a_digit_without_lines_is_untouched():
    assert np.array_equal(without_ruled_lines(DIGIT), DIGIT)


@pytest.mark.parametrize("digit", ["5", "7"])
def test_a_bar_that_fills_the_frame_is_no_ruled_line(digit):
    inside = cropped(ink(digit)) > 0.5
    assert np.array_equal(without_ruled_lines(inside), inside)


@pytest.mark.parametrize("start", [17, 2, -4, 477, 482])
def test_a_line_that_leaves_the_frame_goes_with_the_others(start):
    slope = 0.02
    columns = np.arange(DIGIT.shape[1])
    paper = ruled(DIGIT, 150, 2, slope, start=100)
    rows = np.rint(start + slope * (columns - 320)).astype(int)
    inside = (rows >= 0) & (rows < len(paper))
    paper[rows[inside], columns[inside]] = True
    left = without_ruled_lines(paper)
    assert not (left & ~DIGIT)[:40].any()
    assert not (left & ~DIGIT)[-40:].any()


def test_a_short_bar_at_the_edge_is_no_line_without_others():
    paper = DIGIT.copy()
    paper[-3:-1, :200] = True
    assert without_ruled_lines(paper) is paper or (without_ruled_lines(paper) == paper).all()
