"""Separation of ink and background."""

import numpy as np
import pytest

from initializers.handwriting.ink import find_ink
from tests.helpers.samples.drawn_digits import ink, on_paper


def agreement(found, amount):
    """Share of the true ink that was found, and share of the found that is true."""
    mask, true = found.labels > 0, amount > 0.5
    both = (mask & true).sum()
    return both / true.sum(), both / mask.sum()


@pytest.mark.parametrize("digit", ["0", "4", "5", "7"])
@pytest.mark.parametrize("darkness", [0.1, 0.4, 1.0])
def test_ink_is_found_whether_faint_or_black(digit, darkness):
    found = find_ink(on_paper(ink(digit), 0.9, darkness))
    assert found.contrast == pytest.approx(darkness, abs=0.02)
    assert min(agreement(found, ink(digit))) > 0.9


def test_bright_ink_is_turned_dark():
    found = find_ink(255 - on_paper(ink("4")))
    assert not found.dark
    assert found.grey.min() < 60 < 200 < np.median(found.grey)
    assert min(agreement(found, ink("4"))) > 0.9


@pytest.mark.parametrize("sigma", [1, 5, 10])
def test_noise_is_measured_and_is_no_ink(sigma):
    amount = np.pad(ink("4"), 100)
    noise = np.random.default_rng(0).normal(0, sigma, amount.shape)
    found = find_ink((on_paper(amount, 0.8, 0.6) + noise).clip(0, 255).astype(np.uint8))
    assert found.noise * 204 == pytest.approx(sigma, rel=0.3)
    assert min(agreement(found, amount)) > 0.9


def test_faint_ends_belong_to_strong_strokes_and_faint_stains_do_not():
    picture = np.full((100, 100), 250, np.uint8)
    picture[20:60, 48:52] = 30
    picture[60:80, 48:52] = 160  # the pen lifts
    picture[20:40, 80:84] = 160  # a stain
    labels = find_ink(picture).labels
    assert labels[70, 50] == labels[30, 50] > 0
    assert labels[30, 82] == 0


def test_connected_ink_has_one_number():
    labels = find_ink(on_paper(np.hstack([ink("1"), ink("7")]))).labels
    assert np.unique(labels).size == 3


@pytest.mark.parametrize("channel", range(3))
def test_the_channel_that_shows_the_ink_is_taken(channel):
    picture = np.full((280, 280, 3), 128, np.uint8)
    picture[..., channel] = on_paper(ink("0"))
    found = find_ink(picture)
    np.testing.assert_array_equal(found.grey, picture[..., channel])


def test_empty_paper_has_none():
    found = find_ink(np.full((30, 40), 77, np.uint8))
    assert (found.contrast, found.labels.max(), found.amount.max()) == (0, 0, 0)


@pytest.mark.parametrize("slope", [0.0, 0.4, -0.7])
def test_the_edge_of_a_shadow_is_no_ink(slope):
    amount = np.pad(ink("4", pen=14), ((100, 100), (180, 180)))
    y, x = np.mgrid[: amount.shape[0], : amount.shape[1]]
    paper = 0.8 - 0.45 * np.clip((x - 300 - slope * (y - 240)) / 4, 0, 1)
    noise = np.random.default_rng(4).normal(0, 3, amount.shape)
    found = find_ink((on_paper(amount, paper) + noise).clip(0, 255).astype(np.uint8)).labels > 0
    assert (found & (amount < 0.01))[60:-60, 60:-60].sum() < 0.02 * found.sum()
    assert (found & (amount > 0.5)).sum() > 0.9 * (amount > 0.5).sum()
