"""Corruptions of pixel values: their statistics and formulas."""

import numpy as np
import pytest
from scipy.stats import poisson

from testing.corruptions.noise import _plasma, _refined, brightness, fog, impulse_noise, shot_noise, spatter, stripe


def rng(seed=0):
    return np.random.default_rng(seed)


def grey(value, count=20):
    return np.full((count, 28, 28), value, np.uint8)


def mixed(count=5):
    return rng(9).integers(0, 256, (count, 28, 28), np.uint8)


@pytest.mark.parametrize("value", [0, 40, 128, 255])
def test_shot_noise_has_the_mean_of_clipped_photons(value):
    counts = np.arange(4)
    chances = [*poisson.pmf(counts[:3], 3 * value / 255), poisson.sf(2, 3 * value / 255)]
    mean = 255 * np.dot(counts / 3, chances)
    assert shot_noise(grey(value, 50), rng()).mean() == pytest.approx(mean, abs=2)


def test_many_photons_keep_the_picture():
    images = mixed()
    noisy = shot_noise(images, rng(), photons=1e7)
    assert np.abs(noisy.astype(int) - images).max() <= 1


def test_shot_noise_keeps_the_mean_where_nothing_is_clipped():
    assert shot_noise(grey(100, 50), rng(), photons=60).mean() == pytest.approx(100, abs=0.5)


def test_shot_noise_leaves_paper_white():
    assert not shot_noise(grey(0), rng()).any()


@pytest.mark.parametrize("share", [0.0, 0.05, 0.17, 1.0])
def test_impulse_noise_changes_the_stated_share_half_black_half_white(share):
    noisy = impulse_noise(grey(128, 60), rng(), share=share)
    assert np.mean(noisy != 128) == pytest.approx(share, abs=0.01)
    assert np.mean(noisy == 0) == pytest.approx(share / 2, abs=0.01)
    assert np.mean(noisy == 255) == pytest.approx(share / 2, abs=0.01)


def test_the_published_share_is_17_per_cent():
    assert np.mean(impulse_noise(grey(128, 60), rng()) != 128) == pytest.approx(0.17, abs=0.01)


def test_brightness_adds_half_and_stops_at_white():
    images = mixed()
    expected = np.minimum(np.rint(images + 127.5), 255)
    assert np.abs(brightness(images, rng()) - expected).max() <= 1
    np.testing.assert_array_equal(brightness(images, rng(), lift=0), images)


def test_a_stripe_inverts_seven_columns_on_either_side():
    images = mixed()
    striped = stripe(images, rng())
    np.testing.assert_array_equal(striped[:, :, 7:21], images[:, :, 7:21])
    for side in (slice(0, 7), slice(21, 28)):
        np.testing.assert_array_equal(striped[:, :, side], 255 - images[:, :, side])
    np.testing.assert_array_equal(stripe(striped, rng()), images)


@pytest.mark.parametrize(("width", "same"), [(0, True), (14, False)])
def test_a_stripe_may_be_nothing_or_everything(width, same):
    images = mixed()
    np.testing.assert_array_equal(stripe(images, rng(), width=width), images if same else 255 - images)


def test_fog_raises_the_mean_lowers_the_contrast_and_keeps_the_digit():
    images = grey(0, 100)
    images[:, 8:20, 13:15] = 255
    foggy = fog(images, rng()).astype(float)
    assert foggy.mean() > images.mean() + 40
    bar, beside = foggy[:, 8:20, 13:15].mean(axis=(1, 2)), foggy[:, 8:20, 15:17].mean(axis=(1, 2))
    np.testing.assert_allclose(bar - beside, 255 / 4, atol=12)  # 1 / (1 + 3) of the contrast


def test_no_fog_leaves_pictures_and_blank_ones_stay_blank():
    images = mixed()
    np.testing.assert_array_equal(fog(images, rng(), thickness=0), images)
    assert not fog(grey(0), rng()).any()


def test_fog_has_no_seam_and_differs_from_picture_to_picture():
    clouds = _plasma(50, rng(), 1.4)
    assert clouds.shape == (50, 28, 28)
    assert clouds.min() >= 0
    assert clouds.max() <= 1
    for axis in (1, 2):
        assert np.abs(np.diff(clouds, axis=axis)).max() < 0.1
    assert clouds.mean(axis=(1, 2)).std() > 0.1


def test_the_corner_of_a_cloud_is_like_that_of_a_whole_map():
    heights, amplitude, source = np.zeros((100, 1, 1), np.float32), 1.0, rng(1)
    while heights.shape[1] < 256:
        heights, amplitude = _refined(heights, amplitude, source), amplitude / 1.4**2
    low, high = heights.min(axis=(1, 2), keepdims=True), heights.max(axis=(1, 2), keepdims=True)
    whole, ours = ((heights - low) / (high - low))[:, :28, :28], _plasma(100, rng(2), 1.4)
    assert ours.mean() == pytest.approx(whole.mean(), abs=0.1)
    assert ours.std(axis=(1, 2)).mean() == pytest.approx(whole.std(axis=(1, 2)).mean(), rel=0.3)
    steps = [np.abs(np.diff(maps, axis=2)).mean() for maps in (ours, whole)]
    assert steps[0] == pytest.approx(steps[1], rel=0.15)


def test_a_refined_grid_keeps_its_points_and_mixes_between():
    heights = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    fine = _refined(heights, 0.0, rng())
    np.testing.assert_array_equal(fine[:, ::2, ::2], heights)
    assert fine[0, 1, 1] == (0 + 1 + 4 + 5) / 4
    assert fine[0, 2, 3] == (5 + 6 + fine[0, 1, 3] + fine[0, 3, 3]) / 4
    assert fine[0, 3, 2] == (5 + 9 + fine[0, 3, 1] + fine[0, 3, 3]) / 4
    assert fine[0, 7, 7] == (15 + 12 + 3 + 0) / 4  # a torus: beyond the border is the other side


def test_mud_is_grey_lies_in_drops_and_hides_what_is_below():
    black, white = spatter(grey(0, 100), rng()), spatter(grey(255, 100), rng())
    mud = black > 0
    assert 0.03 < mud.mean() < 0.4
    assert black.max() <= 63
    assert black[mud].min() >= 0.8 * 63 - 1
    assert (white[~mud] == 255).all()
    assert (white[mud] < 255 * 0.2 + 64).all()
    assert mud[:, 1:].mean(where=mud[:, :-1]) > 0.6  # neighbours of mud are muddy: drops, not grains


@pytest.mark.parametrize("threshold", [-100.0, 100.0])
def test_mud_everywhere_and_nowhere(threshold):
    images = mixed()
    expected = np.full_like(images, 63) if threshold < 0 else images
    np.testing.assert_array_equal(spatter(images, rng(), threshold=threshold), expected)
