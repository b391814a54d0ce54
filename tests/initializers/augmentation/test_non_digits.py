"""Generated images without a digit."""

import numpy as np
import pytest

from initializers.augmentation import non_digits as module
from initializers.augmentation.non_digits import drawn, non_digits, sign_table
from initializers.geometry import centre_of_mass
from initializers.handwriting.strokes import stroke_width
from tests.helpers.samples.drawn_digits import STROKES, ink

ALL = 8 * len(module._KINDS)  # images that get every kind


@pytest.fixture(scope="module")
def digits():
    """Return as many digits as get every kind, from 0 to 255, and their labels."""
    names = list(STROKES)
    images = {name: np.pad(255 * ink(name, height=20, pen=2, margin=4)[:, 4:24], ((0, 0), (4, 4))) for name in names}
    rows = [names[number % len(names)] for number in range(ALL)]
    return np.stack([images[name].ravel() for name in rows]).astype("float32"), np.array([int(name) for name in rows])


def made(digits, seed=0):
    return non_digits(*digits, np.random.default_rng(seed))


@pytest.mark.parametrize("count", [0, 1, 2, 7, 13, 40, ALL])
def test_there_are_as_many_images_as_digits_on_the_same_scale(digits, count):
    for seed in range(4):
        images = made((digits[0][:count], digits[1][:count]), seed)
        assert (images.shape, images.dtype) == ((count, 784), np.float32)
        assert np.isfinite(images).all()
        assert not count or 0 <= images.min() <= images.max() <= 255


def test_no_image_is_one_of_the_digits_and_the_digits_stay(digits):
    before = digits[0].copy()
    images = made(digits)
    np.testing.assert_array_equal(digits[0], before)
    assert not any((image == digits[0]).all(axis=1).any() for image in images)


def test_almost_none_is_blank(digits):
    ink_of_each = np.concatenate([made(digits, seed).sum(axis=1) for seed in range(5)]) / 255
    assert (ink_of_each > 10).mean() > 0.98


def test_the_same_state_makes_the_same_images(digits):
    np.testing.assert_array_equal(made(digits), made(digits))
    assert not np.array_equal(made(digits), made(digits, seed=1))


def test_a_small_batch_gets_another_kind_every_time(digits, monkeypatch):
    drawn_kinds = []

    def kind(number):
        return lambda images, labels, generator: drawn_kinds.append(number) or images

    monkeypatch.setattr(module, "_KINDS", tuple(map(kind, range(5))))
    generator = np.random.default_rng(0)
    for _ in range(60):
        non_digits(digits[0][:13], digits[1][:13], generator)
    assert len(drawn_kinds) == 60
    assert set(drawn_kinds) == set(range(5))


@pytest.mark.parametrize("label", [0, 1])
def test_what_would_still_be_a_digit_never_lies(digits, label):
    images = digits[0].reshape(-1, 28, 28)
    lying = module._lying(images, np.full(len(images), label), np.random.default_rng(0))
    assert not any((image == images.transpose(0, 2, 1)).all(axis=(1, 2)).any() for image in lying)


def test_others_lie(digits):
    images = digits[0].reshape(-1, 28, 28)
    lying = module._lying(images, digits[1], np.random.default_rng(0))
    sevens = images[digits[1] == 7][0].T
    assert (lying == sevens).all(axis=(1, 2)).any()
    assert not (lying == images[digits[1] == 1][0].T).all(axis=(1, 2)).any()


def test_what_is_drawn_lies_in_the_middle_with_strokes_like_mnists():
    rng = np.random.default_rng(0)
    images = np.concatenate([drawn(sign_table(), rng) for _ in range(6)])  # each time with another pen
    centres = np.array([centre_of_mass(image) for image in images])
    assert np.abs(centres - 13.5).max() < 1.5
    widths = np.array([stroke_width(image / 255) for image in images])
    assert 2 < np.median(widths) < 4
    assert 1.4 < widths.min() < widths.max() < 8


def test_a_line_is_drawn_where_it_is():
    down = np.linspace(0, 1, 72)
    (image,) = drawn(np.stack([down, np.zeros(72)])[None].astype("float32"), np.random.default_rng(0))
    assert image[14, 13:15].min() > 0.8 * 255
    assert image[14, :9].max() == pytest.approx(0, abs=1)
    assert 13 <= (image[:, 13] > 127).sum() <= 23


@pytest.mark.parametrize("axis", [0, 1])
def test_a_pens_points_share_their_ink_among_the_nearest_pixels(axis):
    way = np.stack([np.linspace(4.0, 22.0, 72), np.full(72, 10.25)])
    image = module._inked(way[None].astype("float32"), np.ones((1, 72), "float32"))[0]
    image = image if axis == 0 else module._inked(way[None, ::-1].astype("float32"), np.ones((1, 72), "float32"))[0].T
    assert image.sum() == pytest.approx(72)
    assert image[:, 10].sum() == pytest.approx(54)
    assert image[:, 11].sum() == pytest.approx(18)
    assert centre_of_mass(image) == pytest.approx((13.0, 10.25), abs=1e-4)
    assert image[5:21, 10].max() < 1.2 * image[5:21, 10].min() + 1.0


def test_ends_of_strokes_far_apart_are_no_darker_than_the_rest():
    down = np.concatenate([np.linspace(0.0, 8.0, 36), np.linspace(10.0, 18.0, 36)])
    amount = module._way(np.stack([down, np.zeros(72)])[None].astype("float32"))
    np.testing.assert_allclose(amount, 8.0 / 35.0, rtol=1e-5)


def test_overlaid_digits_are_8_to_12_pixels_apart(digits):
    images = np.zeros((2, 28, 28), "float32")
    images[0, 14, 14], images[1, 7, 13] = 100.0, 50.0
    for seed in range(9):
        both = module._overlaid(images, np.zeros(2), np.random.default_rng(seed))
        (own, other), columns = np.nonzero(both[0])[0], np.nonzero(both[0])[1]
        assert (own, other) == (7, 14)
        assert 8 <= columns[0] - columns[1] + 1 <= 12
        assert both[0].max() == 100.0


def test_signs_have_all_their_strokes():
    table = sign_table()
    assert table.shape[1:] == (2, 72)
    assert table.min() == pytest.approx(0, abs=1e-6)
    assert table.max(axis=(0, 2)).tolist() == [6, 4]
    jumps = np.hypot(*np.diff(table, axis=2).transpose(1, 0, 2)) > 0.7
    strokes = 2 * [len(sign.split()) for sign in module._SIGNS.split(";")]
    assert (jumps.sum(axis=1) < np.array(strokes)).all()
    assert (jumps.sum(axis=1) > 0).sum() > 20


def test_signs_are_never_mirrored(monkeypatch):
    stem, arm = np.stack([np.linspace(0, 6, 48), np.zeros(48)]), np.stack([np.zeros(24), np.linspace(0, 4, 24)])
    monkeypatch.setattr(module, "sign_table", lambda: np.concatenate([stem, arm], axis=1)[None].astype("float32"))
    images = module._signs(np.zeros((300, 28, 28)), np.zeros(300), np.random.default_rng(0)).mean(axis=0)
    assert images.sum(axis=0).argmax() < 13
    assert images.sum(axis=1).argmax() < 13


def test_textures_have_a_variance_of_1():
    generator = np.random.default_rng(0)
    assert np.mean([module._blots(8, generator).std() for _ in range(40)]) == pytest.approx(1, abs=0.1)


def test_four_digits_of_half_the_size_are_four_different_ones():
    images = np.arange(1.0, 9.0, dtype="float32")[:, None, None] * np.ones((28, 28), "float32")
    counts = set()
    for seed in range(8):
        both = module._side_by_side(images, np.zeros(8), np.random.default_rng(seed))
        counts |= {len(np.unique(image)) for image in both[3:]}
    assert counts == {2, 4}


def test_the_lines_of_a_scribble_begin_and_end_at_the_given_points():
    for basis in module._bases():
        np.testing.assert_allclose(basis.sum(axis=0), 1, atol=1e-6)
        assert basis[0, 0] == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_digits_side_by_side_keep_their_ink(digits, seed):
    images = digits[0].reshape(-1, 28, 28)
    both = module._side_by_side(images, digits[1], np.random.default_rng(seed))
    kept = both.sum(axis=(1, 2)) / (images + np.roll(images, 1, axis=0)).sum(axis=(1, 2))
    assert kept.min() > 0.5
    assert kept.max() < 1.2
    assert (both[:, :, :14].sum(axis=(1, 2)) > 0).all()
    assert (both[:, :, 14:].sum(axis=(1, 2)) > 0).all()
