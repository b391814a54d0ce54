"""Estimation of the background, with shadows, for either polarity."""

import numpy as np
import pytest

from initializers.handwriting.paper import is_even, otsu, paper_below, polarity, small_copy
from tests.helpers.samples.drawn_digits import ink, on_paper


def noisy(picture):
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("digit", ["0", "4", "5", "7"])
@pytest.mark.parametrize("photo", [False, True])
@pytest.mark.parametrize("pen", [6, 20])
def test_dark_ink_and_bright_ink_are_distinguished(digit, photo, pen):
    picture = on_paper(np.pad(ink(digit, pen=pen), 60), 0.85, 0.7)
    for grey, dark in ((picture, True), (255 - picture, False)):
        seen = noisy(grey) if photo else grey
        assert polarity(small_copy(seen), is_even(seen))[0] is dark


def test_a_drawing_is_even_and_a_photograph_is_not():
    picture = on_paper(ink("4"), 0.8)
    assert is_even(picture)
    assert not is_even(noisy(picture))


@pytest.mark.parametrize("steepness", [2, 60])
def test_the_paper_keeps_its_shadow_and_loses_its_ink(steepness):
    amount = np.pad(ink("4"), 100)
    x = np.arange(480) / 480
    paper = 0.9 - 0.4 / (1 + np.exp(-steepness * (x - 0.3))) * np.ones((480, 1))
    grey = noisy(on_paper(amount, paper, 0.8))
    found = paper_below(grey, small_copy(grey), even=False)
    assert np.median(np.abs(found - 255 * paper)) < 6
    assert np.mean(np.abs(found - 255 * paper)[amount > 0.5]) < 12


def test_an_even_paper_is_one_number_however_thick_the_ink():
    grey = on_paper(ink("4", pen=90, margin=80))
    np.testing.assert_array_equal(paper_below(grey, small_copy(grey), even=True), 255)


def test_small_copies_average_and_never_enlarge():
    board = np.indices((128, 256)).sum(axis=0) % 2 * 200
    np.testing.assert_array_equal(small_copy(board.astype(np.uint8)), np.full((32, 64), 100))
    assert small_copy(np.zeros((28, 20), np.uint8)).shape == (28, 20)
    assert small_copy(np.zeros((1, 5000), np.uint8)).shape == (1, 5000)


def test_the_small_copy_of_a_long_row_still_has_its_digits():
    assert small_copy(np.zeros((90, 270), np.uint8)).shape == (21, 64)
    assert small_copy(np.zeros((90, 2700), np.uint8)).shape == (21, 640)


def test_otsus_threshold_parts_two_crowds():
    generator = np.random.default_rng(0)
    crowds = np.concatenate([generator.normal(20, 3, 5000), generator.normal(90, 5, 300)])
    assert 35 < otsu(crowds) < 75


def test_a_thick_pen_that_encloses_thin_paper_is_dark():
    loops = np.zeros((200, 260))
    loops[12:188, 80:180] = 1
    loops[40:90, 118:142] = loops[112:160, 118:142] = 0  # what is paper here is thinner than what is ink
    for grey, dark in ((on_paper(loops, 0.8, 0.7), True), (255 - on_paper(loops, 0.8, 0.7), False)):
        assert polarity(small_copy(noisy(grey)), even=False)[0] is dark


def test_a_small_digit_is_dark_on_any_table():
    picture = on_paper(np.pad(ink("4", 60, 5), 120), 0.8, 0.7)
    picture[:60] = picture[:, :50] = picture[-40:] = 40
    assert polarity(small_copy(noisy(picture)), even=False)[0]


def test_along_a_slanted_shadow_paper_is_not_brighter_than_the_shadow():
    y, x = np.mgrid[:480, :640]
    sharp = np.where(x + y / 3 < 400, 200.0, 90.0)
    found = paper_below(noisy(sharp), small_copy(noisy(sharp)), even=False)
    inside = (x + y / 3 >= 400) & (x + y / 3 < 420) & (y > 20) & (y < 460)
    assert np.quantile(found[inside], 0.95) < 100
