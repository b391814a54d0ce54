"""Warping against SciPy's interpolation, and the statistics of displacement fields."""

import numpy as np
import pytest
from scipy import ndimage

from initializers.augmentation.warping import ROWS, Warper, field_modes

RNG = np.random.default_rng(5)
IMAGES = RNG.integers(256, size=(ROWS, 784), dtype="uint8")


def plain(n, terms=3):
    """Return the coefficients of maps that change nothing."""
    coefficients = np.zeros((2, n, terms), "float32")
    coefficients[0, :, 1] = coefficients[1, :, 2] = 1.0
    return coefficients


def warped(images, coefficients, modes=None, paper=0.0):
    warper = Warper(np.zeros((0, images.shape[1])) if modes is None else modes, paper)
    warper.lay(images)
    return warper.warp(coefficients)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("n", [1, 5, ROWS])
def test_a_map_that_changes_nothing_changes_nothing(n, dtype):
    images = IMAGES[:n].astype(dtype)
    y = warped(images, plain(n))
    assert y.dtype == "float32"
    np.testing.assert_array_equal(y, images)


@pytest.mark.parametrize("paper", [0.0, -0.5])
@pytest.mark.parametrize(("down", "right"), [(0, 1), (3, 0), (-2, 5), (-27, -1), (28, 0), (1000, -1000)])
def test_whole_pixels_are_exact_and_paper_comes_in(down, right, paper):
    coefficients = plain(1)
    coefficients[:, 0, 0] = down, right
    wide = np.pad(IMAGES[0].reshape(28, 28).astype("float32"), 28, constant_values=paper)
    wanted = np.full((28, 28), paper)
    if max(abs(down), abs(right)) <= 28:
        wanted = wide[28 + down : 56 + down, 28 + right : 56 + right]
    np.testing.assert_array_equal(warped(IMAGES[:1], coefficients, paper=paper).reshape(28, 28), wanted)


@pytest.mark.parametrize("side", [1, 2, 8, 28])
def test_any_map_gives_what_scipy_interpolates(side):
    images = RNG.random((7, side**2), dtype="float32")
    modes = RNG.random((4, side**2))
    coefficients = plain(7, terms=7) + RNG.normal(0, 0.3, (2, 7, 7)).astype("float32")
    y = warped(images, coefficients, modes, paper=0.25).reshape(7, side, side)
    middle = (side - 1) / 2
    rows, columns = np.divmod(np.arange(side**2), side) - np.array(middle)
    basis = np.vstack([np.ones(side**2), rows, columns, modes])
    for k in range(7):
        places = (coefficients[:, k] @ basis + middle).reshape(2, side, side)
        wanted = ndimage.map_coordinates(
            images[k].reshape(side, side).astype("float64"), places, order=1, mode="grid-constant", cval=0.25
        )
        np.testing.assert_allclose(y[k], wanted, atol=3e-5)


def test_images_do_not_run_into_each_other():
    images = np.zeros((3, 784), "uint8")
    images[1] = 255
    coefficients = plain(3) + RNG.normal(0, 3.0, (2, 3, 3)).astype("float32")
    y = warped(images, coefficients)
    assert not y[[0, 2]].any()
    assert y[1].any()


def test_fewer_images_than_before_leave_no_trace():
    warper = Warper(np.zeros((0, 784)))
    warper.lay(IMAGES)
    warper.warp(plain(ROWS))
    warper.lay(IMAGES[:2])
    np.testing.assert_array_equal(warper.warp(plain(2)), IMAGES[:2])


@pytest.mark.parametrize("sigma", [2.0, 4.0, 6.0])
def test_modes_make_up_the_covariance_of_smoothed_white_noise(sigma):
    modes = field_modes(28, sigma)
    places = np.stack(np.divmod(np.arange(784), 28)).T
    squares = ((places[:, None] - places) ** 2).sum(axis=2)
    covariance = modes.T @ modes
    assert abs(covariance.trace() / 784 - 1.0) < 1e-5
    assert np.abs(covariance - np.exp(-squares / (4 * sigma**2))).mean() < 0.01
    assert np.abs(np.diag(covariance)[places.min(axis=1) > 2 * sigma] - 1.0).max(initial=0) < 0.1
    assert np.diag(covariance).min() > 0.75  # in the corners, where truncation takes most


def test_the_covariance_is_that_of_noise_under_scipys_gaussian():
    noise = np.random.default_rng(0).uniform(-1, 1, (400, 400))
    smooth = ndimage.gaussian_filter(noise, 4.0, mode="wrap")
    for step in (1, 4, 8):
        found = (smooth * np.roll(smooth, step, axis=0)).mean() / smooth.var()
        assert found == pytest.approx(np.exp(-(step**2) / 64), abs=0.05)
    assert smooth.std() == pytest.approx(1 / (2 * 4 * np.sqrt(3 * np.pi)), rel=0.1)  # Augmentation.elastic_rms


def test_smoother_fields_take_fewer_modes():
    assert [len(field_modes(28, sigma)) for sigma in (3.0, 4.0, 8.0)] == [43, 27, 10]
