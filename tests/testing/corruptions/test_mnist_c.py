"""Properties of all corruptions, and the registry."""

import numpy as np
import pytest

from backend.errors import InputError
from testing.corruptions import BLOCK, CORRUPTIONS, corrupted

PAPER = [  # Mu and Gilmer 2019, figure 1
    "shot_noise",
    "impulse_noise",
    "glass_blur",
    "motion_blur",
    "shear",
    "scale",
    "rotate",
    "brightness",
    "translate",
    "stripe",
    "fog",
    "spatter",
    "dotted_line",
    "zigzag",
    "canny_edges",
]
FIXED = {"scale", "brightness", "stripe", "canny_edges"}  # nothing is drawn

EVERY = pytest.mark.parametrize("name", CORRUPTIONS)


@pytest.fixture(scope="module")
def digits():
    """Forty embedded digits, read-only."""
    from initializers.mnist.embedded import embedded_digits

    images = embedded_digits().X_test[:40].reshape(-1, 28, 28).copy()
    images.setflags(write=False)
    return images


def test_all_fifteen_stand_in_the_papers_order():
    assert list(CORRUPTIONS) == PAPER
    assert [corrupt.__name__ for corrupt in CORRUPTIONS.values()] == PAPER


@EVERY
def test_shape_and_type_are_kept_and_the_picture_is_another(name, digits):
    images = CORRUPTIONS[name](digits, np.random.default_rng(0))
    assert (images.dtype, images.shape) == (np.uint8, digits.shape)
    assert (images != digits).any(axis=(1, 2)).all()


@EVERY
def test_a_seed_repeats_the_pictures_and_another_makes_others(name, digits):
    first, again, other = (corrupted(digits, name, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first == other).all() == (name in FIXED)


@EVERY
def test_rows_of_pixels_give_rows_of_pixels(name, digits):
    rows = corrupted(digits.reshape(-1, 784), name)
    np.testing.assert_array_equal(rows, corrupted(digits, name).reshape(-1, 784))


@EVERY
def test_no_pictures_are_no_fault(name):
    assert corrupted(np.zeros((0, 28, 28), np.uint8), name).shape == (0, 28, 28)


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name not in {"translate", "canny_edges"}])
def test_a_digit_is_still_there(name, digits):
    """A corrupted digit is nearer to its own original, brought to mean and scale, than to most others."""
    own = standard(corrupted(digits, name)) @ standard(digits).T / 784
    ranks = (own > own.diagonal()[:, None]).sum(axis=1)
    assert np.median(ranks) <= 8


def standard(images):
    """Return pictures as rows of mean 0 and deviation 1."""
    x = images.reshape(len(images), -1).astype(float)
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@pytest.mark.parametrize("name", ["impulse_noise", "rotate", "fog"])
def test_blocks_do_not_depend_on_what_follows(name, digits):
    many = np.tile(digits, (BLOCK // len(digits) + 5, 1, 1))
    whole = corrupted(many, name)
    np.testing.assert_array_equal(whole[:BLOCK], corrupted(many[:BLOCK], name))
    assert len(whole) == len(many)
    assert (whole[BLOCK:] != whole[: len(many) - BLOCK]).any()  # a block has draws of its own


@EVERY
@pytest.mark.parametrize(
    "images", [np.zeros((2, 784)), np.zeros((2, 28, 28), np.float32), np.zeros((2, 64), np.uint8), [0, 1], None, 3]
)
def test_other_images_are_refused(name, images):
    with pytest.raises(InputError, match="images to corrupt: expected a uint8 array"):
        corrupted(images, name)


@pytest.mark.parametrize("name", ["snow", "", None, ["fog"]])
def test_another_name_is_refused(name, digits):
    with pytest.raises(InputError, match="corruption: expected one of brightness, canny_edges"):
        corrupted(digits, name)
