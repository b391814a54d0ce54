"""Separation of touching digits."""

import numpy as np
import pytest

from initializers.handwriting.components import Box, Glyph, trimmed
from initializers.handwriting.touching import cut_apart
from tests.helpers.samples.drawn_digits import STROKES, ink


def glyph(amount):
    amount = amount.astype(np.float32)
    return trimmed(Glyph(amount, Box(0, 0, *amount.shape)))


def side_by_side(names, overlap):
    amounts = [np.asarray(trimmed(Glyph(ink(name), Box(0, 0, 280, 280))).amount) for name in names]
    height = max(amount.shape[0] for amount in amounts)
    row = np.zeros((height, sum(amount.shape[1] for amount in amounts)))
    left = 0
    for amount in amounts:
        place = row[: amount.shape[0], left : left + amount.shape[1]]
        np.maximum(place, amount, out=place)
        left += amount.shape[1] - overlap
    return row


@pytest.mark.parametrize("digit", STROKES)
def test_one_digit_stays_whole(digit):
    whole = glyph(ink(digit))
    assert cut_apart(whole).digits == (whole,)


@pytest.mark.parametrize("names", ["00", "70", "407", "0000"])
def test_digits_that_touch_are_cut_apart_and_no_ink_is_lost(names):
    whole = glyph(side_by_side(names, 6))
    found = cut_apart(whole).digits
    assert len(found) == len(names)
    assert [one.box.left for one in found] == sorted(one.box.left for one in found)
    assert sum(one.amount.sum() for one in found) == pytest.approx(whole.amount.sum(), rel=0.01)


def test_a_slanted_gap_is_followed():
    rows, columns = np.mgrid[:200, :260]
    strokes = (np.abs(columns - rows * 0.6 - 20) < 10) | (np.abs(columns - rows * 0.6 - 90) < 10)
    strokes[98:102, 80:150] = True
    left, right = cut_apart(glyph(strokes), lambda amount: float(amount.shape[1] < 170)).digits
    assert left.box.left == 11
    assert right.box.left > 60


@pytest.mark.parametrize(("halves", "count"), [(0.9, 2), (0.75, 2), (0.65, 1), (0.3, 1)])
def test_a_judge_cuts_where_the_halves_together_are_likelier(halves, count):
    whole = glyph(side_by_side("00", 6))
    cut = cut_apart(whole, lambda amount: 0.5 if amount.shape[1] > 200 else halves)
    assert len(cut.digits) == count
    assert cut.likelihood == pytest.approx(np.log(halves**2 if count == 2 else 0.5))


def test_of_three_digits_all_together_count():
    whole = glyph(side_by_side("000", 6))
    known = {1: 0.9, 2: 0.01, 3: 0.5}  # two digits are unlike any
    cut = cut_apart(whole, lambda amount: known[round(amount.shape[1] / 160)])
    assert len(cut.digits) == 3
    assert cut.likelihood == pytest.approx(3 * np.log(0.9))


@pytest.mark.parametrize(("whole", "count"), [(True, 1), (False, 2)])
def test_what_is_known_to_be_one_digit_is_not_even_cut_where_halves_are_likelier(whole, count):
    both = glyph(side_by_side("00", 6))
    cut = cut_apart(both, lambda amount: 0.5 if amount.shape[1] > 200 else 0.9, whole=whole)
    assert len(cut.digits) == count


@pytest.mark.parametrize(("width", "count"), [(2, 1), (8, 2)])
def test_what_is_hardly_any_ink_is_no_digit_of_its_own(width, count):
    strokes = np.zeros((100, 120))
    strokes[:, 10:40] = strokes[:, 100 : 100 + width] = 1
    strokes[50, 40:100] = 1
    assert len(cut_apart(glyph(strokes)).digits) == count


def test_what_is_low_is_no_digit_of_its_own():
    strokes = np.zeros((100, 160))
    strokes[:, 20:30] = strokes[90:, 60:150] = 1  # a stem, and a bar that is low
    strokes[95, 30:60] = 1
    assert len(cut_apart(glyph(strokes)).digits) == 1
    strokes[:, 95:105] = 1  # another stem
    assert len(cut_apart(glyph(strokes)).digits) == 2


def test_what_is_one_digit_for_sure_is_judged_and_left_whole():
    whole = glyph(side_by_side("00", 6))
    cut = cut_apart(whole, lambda amount: 0.0, whole=True)
    assert cut.digits == (whole,)
    assert -30 < cut.likelihood < -10
