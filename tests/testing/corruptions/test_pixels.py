"""Conversion of pixels, and interpolation."""

import numpy as np
import pytest

from backend.errors import InputError
from testing.corruptions.pixels import COLUMNS, ROWS, each, pixels, sampled, signs, smoothed, unit


def noise(count=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), np.uint8)


def test_pixels_come_back_as_they_were():
    images = np.arange(784, dtype=np.uint16).astype(np.uint8).reshape(1, 28, 28)
    assert unit(images).dtype == np.float32
    assert unit(images).max() == 1
    np.testing.assert_array_equal(pixels(unit(images)), images)


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (np.zeros((2, 28, 28)), r"float64 of shape \(2, 28, 28\)"),
        (np.zeros((2, 28, 28), np.int64), "int64"),
        (np.zeros((2, 784), np.uint8), r"shape \(2, 784\)"),
        (np.zeros((28, 28), np.uint8), r"shape \(28, 28\)"),
        (np.zeros((2, 28, 27), np.uint8), r"shape \(2, 28, 27\)"),
        (np.zeros((2, 28, 28, 1), np.uint8), r"shape \(2, 28, 28, 1\)"),
        ([[[0] * 28] * 28], "list"),
        (None, "NoneType"),
    ],
)
def test_other_images_are_refused(images, found):
    with pytest.raises(InputError, match=rf"images to corrupt: expected a uint8 array .*, found .*{found}"):
        unit(images)


def test_whole_places_give_the_pixels_themselves():
    x = unit(noise())
    np.testing.assert_array_equal(sampled(x, ROWS, COLUMNS), x)


def test_places_between_are_mixed_and_those_outside_are_paper():
    x = np.zeros((2, 28, 28), np.float32)
    x[1, 4, 6], x[1, 4, 7], x[1, 5, 6], x[1, 5, 7] = 0.1, 0.2, 0.3, 0.4
    places = np.array([4.25, -5.0, 100.0]), np.array([6.5, 6.0, 6.0])
    rows, columns = (np.broadcast_to(values[:, None], (3, 28)) for values in places)
    got = sampled(x, rows, columns)[1, :, 0]
    np.testing.assert_allclose(got, [0.75 * 0.15 + 0.25 * 0.35, 0, 0], rtol=1e-6)


def test_half_a_pixel_outside_is_half_the_border():
    x = np.ones((1, 28, 28), np.float32)
    assert sampled(x, ROWS - 0.5, COLUMNS)[0, 0, 3] == 0.5
    assert sampled(x, ROWS, COLUMNS + 0.5)[0, 3, 27] == 0.5


def test_every_picture_may_have_places_of_its_own():
    x = unit(noise(2))
    got = sampled(x, ROWS + np.array([0, 1])[:, None, None], COLUMNS)
    np.testing.assert_array_equal(got[0], x[0])
    np.testing.assert_array_equal(got[1, :-1], x[1, 1:])


def test_sampling_agrees_with_scipy():
    from scipy.ndimage import map_coordinates

    x = unit(noise(1))
    rows, columns = 0.9 * ROWS + 0.3 * COLUMNS - 2, 1.1 * COLUMNS - 0.2 * ROWS
    inside = (rows >= 0) & (rows <= 27) & (columns >= 0) & (columns <= 27)
    expected = map_coordinates(x[0], [rows, columns], order=1)
    np.testing.assert_allclose(sampled(x, rows, columns)[0][inside], expected[inside], atol=1e-5)


def test_smoothing_keeps_pictures_apart_and_their_sums():
    x = np.zeros((3, 28, 28), np.float32)
    x[1, 14, 14] = 1
    y = smoothed(x, 1.0)
    np.testing.assert_allclose(y.sum(axis=(1, 2)), [0, 1, 0], atol=1e-5)
    assert y[1, 14, 14] == pytest.approx(1 / (2 * np.pi), rel=0.02)
    np.testing.assert_allclose(y[1], y[1].T, atol=1e-7)


def test_coins_are_fair_and_fit_pictures():
    coins = signs(np.random.default_rng(0), 1000)
    assert coins.shape == (1000, 1, 1)
    assert set(coins.ravel()) == {-1, 1}
    assert abs(coins.mean()) < 0.1
    assert each(np.array([1, 2])).dtype == np.float32
