"""Images of any size and range become MNIST's form; labels become numbered classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import InputError
from initializers.own_data.examples import Examples, dataset_of, mnist_frames

RNG = np.random.default_rng(0)
DIGITS = np.where(RNG.random((40, 28, 28)) < 0.2, RNG.integers(1, 256, (40, 28, 28)), 0).astype(np.uint8)
DIGITS[0, 14, 14] = 255


def frames(images):
    told = []
    return mnist_frames(images, "data here", told.append), told


def test_mnist_s_own_images_stay_as_they_are():
    found, told = frames(DIGITS)
    assert found is DIGITS
    assert told == []


@pytest.mark.parametrize("white", [1, 255, 65535])
def test_shares_and_sixteen_bits_give_the_same_bytes(white):
    found, _ = frames(DIGITS / 255 * white)
    np.testing.assert_array_equal(found, DIGITS)


def test_sixteen_is_white_where_no_value_is_larger():
    found, _ = frames(np.full((2, 28, 28), 8.0) * np.eye(28) + 8.0 * np.eye(28))
    assert found.max() == 255


def test_dark_on_light_is_inverted_and_said():
    found, told = frames(255 - DIGITS)
    np.testing.assert_array_equal(found, DIGITS)
    assert "inverted" in told[0]
    assert len(told) == 1


@given(st.integers(1, 60), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_every_size_fits_into_the_frame(height, width):
    drawn = np.zeros((2, height, width), np.uint8)
    drawn[:, height // 2, width // 2] = 255
    found, _ = frames(np.concatenate([drawn, *[np.zeros_like(drawn)] * 2]))
    assert found.shape == (6, 28, 28)
    assert not found[2:].any()


@pytest.mark.parametrize("images", [DIGITS - 1.0, DIGITS * 300.0, np.full((1, 28, 28), np.nan)])
def test_other_ranges_are_refused_with_what_was_found(images):
    with pytest.raises(InputError, match=r"pixels from 0 to 1, 16, 255 or 65,535, found values from"):
        frames(images)


def test_numbers_are_sorted_as_numbers_and_names_as_text():
    labels = ["10", "9", "2", "10"] * 10
    assert dataset_of(Examples(DIGITS, labels), name="n", source="s").class_names == ("2", "9", "10")
    labels = ["b", "a", "10", "b"] * 10
    assert dataset_of(Examples(DIGITS, labels), name="n", source="s").class_names == ("10", "a", "b")


def test_the_order_that_the_data_state_is_kept():
    examples = Examples(DIGITS, ["b", "a"] * 20, class_names=("b", "c", "a"))
    dataset = dataset_of(examples, name="n", source="s")
    assert dataset.class_names == ("b", "c", "a")
    assert set(dataset.y_train) == {0, 2}


def test_a_fifth_is_held_out_the_same_each_time():
    examples = Examples(DIGITS, ["a", "b"] * 20)
    one, two = (dataset_of(examples, name="n", source="s") for _ in range(2))
    assert (len(one.X_train), len(one.X_test)) == (32, 8)
    np.testing.assert_array_equal(one.X_test, two.X_test)
    assert one.fingerprint == two.fingerprint
    assert np.bincount(one.y_test).tolist() == [4, 4]


def test_a_part_for_the_test_is_kept():
    is_test = np.arange(40) >= 30
    dataset = dataset_of(Examples(DIGITS, ["a", "b"] * 20, is_test), name="n", source="s")
    np.testing.assert_array_equal(dataset.X_test, DIGITS[30:].reshape(10, 784))


@pytest.mark.parametrize(
    ("labels", "is_test", "message"),
    [
        (["a"] * 40, None, r"2 to 256 classes, found 1 \(a\)"),
        ([str(number) for number in range(40)] * 1, None, "at least two samples of each class"),
        (["a", "b"] * 15 + ["c"] * 10, np.arange(40) >= 30, "to train with for every class.*none of c"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(labels, is_test, message):
    with pytest.raises(InputError, match=message):
        dataset_of(Examples(DIGITS, labels, is_test), name="n", source="s")


def test_more_classes_than_labels_can_have_are_refused():
    images = np.zeros((600, 28, 28), np.uint8)
    with pytest.raises(InputError, match="2 to 256 classes, found 300"):
        dataset_of(Examples(images, [str(number % 300) for number in range(600)]), name="n", source="s")
