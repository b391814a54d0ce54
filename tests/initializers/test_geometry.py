"""MNIST's geometry: size, position and brightness; MNIST's own images are unchanged."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backend.errors import InputError
from initializers.geometry import centre_of_mass, to_mnist_geometry
from initializers.mnist.idx import read_idx

pictures = arrays.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))).filter(lambda image: image.any())


def sides(image: np.ndarray) -> tuple[int, int]:
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


@given(pictures)
@settings(deadline=None)
def test_any_picture_becomes_a_digit_s_frame(image):
    result = to_mnist_geometry(image)
    assert result.shape == (28, 28)
    assert result.dtype == np.uint8
    assert result.max() == 255
    assert max(sides(result)) <= 20


@given(pictures)
@example(np.array([[6, 1]], np.uint8))  # whose right end becomes paper
@settings(deadline=None)
def test_the_centre_of_mass_is_in_the_middle_or_the_ink_at_the_edge(image):
    result = to_mnist_geometry(image)
    rows, columns = np.flatnonzero(result.any(axis=1)), np.flatnonzero(result.any(axis=0))
    for centre, ink in zip(centre_of_mass(result), (rows, columns), strict=True):
        assert 13.5 <= centre < 14.5 or ink[0] == 0 or ink[-1] == 27


@given(st.integers(1, 80), st.integers(1, 80), st.integers(0, 30), st.integers(0, 30))
@settings(deadline=None)
def test_a_full_box_has_twenty_pixels_on_its_longer_side_and_keeps_its_aspect(height, width, top, left):
    image = np.zeros((120, 120))
    image[top : top + height, left : left + width] = 0.3
    result = to_mnist_geometry(image)
    scale = 20 / max(height, width)
    assert sides(result) == (max(1, round(height * scale)), max(1, round(width * scale)))
    assert set(np.unique(result)) == {0, 255}
    assert all(13.5 <= centre < 14.5 for centre in centre_of_mass(result))


@given(pictures, st.integers(0, 20), st.integers(0, 20))
@settings(deadline=None)
def test_place_in_the_picture_does_not_matter(image, top, left):
    moved = np.pad(image, ((top, 3), (left, 5)))
    np.testing.assert_array_equal(to_mnist_geometry(moved), to_mnist_geometry(image))


@given(pictures, st.sampled_from([0.25, 4.0, 1024.0]))
@settings(deadline=None)
def test_the_scale_of_brightness_does_not_matter(image, factor):
    np.testing.assert_array_equal(to_mnist_geometry(image * factor), to_mnist_geometry(image))


def test_the_input_is_left_alone():
    image = np.arange(64.0).reshape(8, 8)
    image.flags.writeable = False
    to_mnist_geometry(image)


@pytest.mark.parametrize("image", [np.full((3, 3), True), np.full((3, 3), 7, np.int64), np.full((3, 3), 1e-30)])
def test_any_real_type_will_do(image):
    assert to_mnist_geometry(image)[4:24, 4:24].min() == 255


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (np.zeros((28, 28), np.uint8), "a blank one"),
        (np.zeros((0, 28)), "a blank one"),
        (np.ones(784), r"an array of shape \(784,\)"),
        (np.ones((28, 28, 3)), r"an array of shape \(28, 28, 3\)"),
        (np.array([[1.0, np.nan]]), "negative or non-finite"),
        (np.array([[1.0, np.inf]]), "negative or non-finite"),
        (np.array([[1, -1]]), "negative or non-finite"),
    ],
)
def test_what_cannot_be_a_digit_is_refused(image, found):
    with pytest.raises(InputError, match=found):
        to_mnist_geometry(image)


@pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="MNIST_DIR names no folder with the real files")
def test_mnist_s_own_images_stay_as_they_are():
    images = read_idx(Path(os.environ["MNIST_DIR"]) / "t10k-images-idx3-ubyte.gz")
    whole = [image for image in images[:2000] if max(sides(image)) == 20]
    assert len(whole) > 1990
    for image in whole:
        # A brightest pixel of 254 becomes 255, and the others follow; nothing else moves.
        assert np.abs(to_mnist_geometry(image).astype(int) - image).max() <= 1
