"""Geometric corruptions and blur."""

import math

import numpy as np
import pytest

from initializers.geometry import centre_of_mass
from testing.corruptions.shapes import glass_blur, motion_blur, rotate, scale, shear, translate


def rng(seed=0):
    return np.random.default_rng(seed)


def mixed(count=5):
    return rng(9).integers(0, 256, (count, 28, 28), np.uint8)


def bars(count=40):
    """Return upright bars, two pixels wide, through the middle of the frame."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 7:21, 13:15] = 255
    return images


def lean(image):
    """Return the slope of a bar: columns to the right a row down, by least squares over its rows."""
    weights = image.astype(float)
    rows, columns = np.mgrid[:28, :28] - 13.5
    rows, columns = rows - (weights * rows).sum() / weights.sum(), columns - (weights * columns).sum() / weights.sum()
    return (weights * rows * columns).sum() / (weights * rows**2).sum()


@pytest.mark.parametrize(
    ("corrupt", "parameters"),
    [(shear, {"angle": 0}), (rotate, {"angle": 0}), (scale, {"factor": 1}), (translate, {"distance": 0})],
)
def test_nothing_is_moved_where_the_parameters_say_so(corrupt, parameters):
    images = mixed()
    np.testing.assert_array_equal(corrupt(images, rng(), **parameters), images)


@pytest.mark.parametrize("distance", [1, 3])
def test_translation_moves_the_centre_of_mass_by_what_it_says(distance):
    images = bars()
    moves = [
        np.subtract(centre_of_mass(new), centre_of_mass(old))
        for new, old in zip(translate(images, rng(), distance=distance), images, strict=True)
    ]
    np.testing.assert_allclose(np.abs(moves), distance, atol=1e-9)
    assert len({tuple(np.sign(move)) for move in moves}) == 4  # both ways along both axes


def test_the_published_translation_is_three_pixels():
    assert np.abs(np.subtract(centre_of_mass(translate(bars(1), rng())[0]), (13.5, 13.5))) == pytest.approx([3, 3])


def test_what_is_shifted_out_is_gone_and_paper_comes_in():
    full = np.full((1, 28, 28), 255, np.uint8)
    assert np.count_nonzero(translate(full, rng())) == 25 * 25


@pytest.mark.parametrize("angle", [0.2, 0.4])
def test_rotation_turns_a_bar_by_what_it_says_one_way_or_the_other(angle):
    turned = rotate(bars(), rng(), angle=angle)
    angles = np.array([principal_angle(image) for image in turned])
    np.testing.assert_allclose(np.abs(angles), angle, atol=0.01)
    assert (angles > 0).any()
    assert (angles < 0).any()
    for image in turned:
        assert centre_of_mass(image) == pytest.approx((13.5, 13.5), abs=0.05)


def principal_angle(image):
    """Return the angle between a bar's long axis and the vertical, in radians."""
    weights = image / image.sum()
    rows, columns = np.mgrid[:28, :28] - 13.5
    spread = [[(weights * a * b).sum() for a in (rows, columns)] for b in (rows, columns)]
    row, column = np.linalg.eigh(spread)[1][:, -1]
    return math.atan(column / row)


def test_a_quarter_turn_is_exact():
    images = mixed(30)
    turned = rotate(images, rng(), angle=math.pi / 2)
    quarters = [np.rot90(images, way, axes=(1, 2)) for way in (1, -1)]
    same = [np.abs(turned.astype(int) - quarter).max(axis=(1, 2)) <= 1 for quarter in quarters]
    assert (same[0] ^ same[1]).all()
    assert same[0].any()
    assert same[1].any()


def test_shear_lets_an_upright_bar_lean_by_the_angles_sine_both_ways():
    leans = np.array([lean(image) for image in shear(bars(), rng())])
    np.testing.assert_allclose(np.abs(leans), math.sin(0.4), atol=0.02)
    assert leans.min() < 0 < leans.max()


@pytest.mark.parametrize(("factor", "side"), [(0.5, 10), (0.7, 14)])
def test_scaling_shrinks_the_bounding_box_about_the_middle(factor, side):
    images = np.zeros((1, 28, 28), np.uint8)
    images[:, 4:24, 4:24] = 255
    (small,) = scale(images, rng(), factor=factor)
    for axis in (0, 1):
        assert np.count_nonzero((small > 127).any(axis=axis)) == side
    assert centre_of_mass(small) == pytest.approx((13.5, 13.5))
    assert small.sum() / images.sum() == pytest.approx(factor**2, rel=0.05)


def test_glass_blur_keeps_the_ink_and_scatters_it_near_its_place():
    images = bars()
    blurred = glass_blur(images, rng())
    np.testing.assert_allclose(blurred.sum(axis=(1, 2)) / images.sum(axis=(1, 2)), 1, atol=0.02)
    assert (blurred.max(axis=(1, 2)) < 255).all()
    centres = np.array([centre_of_mass(image) for image in blurred])
    assert np.abs(centres - 13.5).max() < 1.5
    assert len(np.unique(blurred, axis=0)) == len(blurred)


def test_glass_changes_the_places_of_pixels_and_no_values():
    images = mixed()
    shuffled = glass_blur(images, rng(), sigma=1e-6)
    np.testing.assert_array_equal(np.sort(shuffled.reshape(5, -1)), np.sort(images.reshape(5, -1)))
    assert (shuffled != images).mean() > 0.3
    np.testing.assert_array_equal(shuffled[:, 0], images[:, 0])  # the outermost row is never reached
    np.testing.assert_array_equal(glass_blur(images, rng(), sigma=1e-6, rounds=0), images)


def test_motion_blur_keeps_the_ink_and_trails_it_along_a_direction():
    images = np.zeros((60, 28, 28), np.uint8)
    images[:, 12:16, 12:16] = 255
    blurred = motion_blur(images, rng())
    np.testing.assert_allclose(blurred.sum(axis=(1, 2)) / images.sum(axis=(1, 2)), 1, atol=0.03)
    move = np.array([centre_of_mass(image) for image in blurred]) - 13.5
    steps = np.arange(21)
    kernel = np.exp(-(steps**2) / 18)
    distance = (kernel @ steps) / kernel.sum()
    np.testing.assert_allclose(np.hypot(*move.T), distance, atol=0.25)
    angles = np.arctan(move[:, 0] / move[:, 1])
    assert (move[:, 1] < 0).all()
    assert angles.min() < -0.5
    assert angles.max() > 0.5
    assert np.abs(angles).max() < math.pi / 4 + 0.1


def test_motion_blur_by_nothing_is_nothing_and_the_border_continues():
    images = mixed()
    np.testing.assert_array_equal(motion_blur(images, rng(), radius=0), images)
    full = np.full((3, 28, 28), 200, np.uint8)
    np.testing.assert_array_equal(motion_blur(full, rng()), full)
