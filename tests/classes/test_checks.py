"""Validation of users' arrays."""

import numpy as np
import pytest

from backend import InputError
from classes.checks import checked_count, checked_images, checked_labels

FOUR_PARTS = r"(?s)^{}.*: expected .+, found .+\. .+\.$"


def refused(part):
    return pytest.raises(InputError, match=FOUR_PARTS.format(part))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 6), (3, 2, 3), (3, 2, 3, 1)])
def test_images_of_any_layout_become_rows_without_a_copy(shape, dtype):
    X = np.arange(18, dtype=dtype).reshape(shape)
    rows = checked_images(X, 6)
    assert (rows.shape, rows.dtype) == ((3, 6), dtype)
    assert np.shares_memory(rows, X)
    np.testing.assert_array_equal(rows.ravel(), np.arange(18))


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint16", ">i4"])
def test_whole_numbers_are_pixels(dtype):
    rows = checked_images(np.array([[0, 1], [100, 127]], dtype=dtype), 2)
    assert rows.dtype == "uint8"
    np.testing.assert_array_equal(rows, [[0, 1], [100, 127]])


@pytest.mark.parametrize("wrong", [-1, 256])
def test_whole_numbers_that_are_no_pixels_are_refused(wrong):
    with refused("images"):
        checked_images(np.array([[0, wrong]]), 2)


@pytest.mark.parametrize("dtype", ["bool", "float16"])
def test_other_numbers_become_single_precision(dtype):
    X = np.array([[0, 1], [1, 0]], dtype=dtype)
    rows = checked_images(X, 2)
    assert rows.dtype == "float32"
    np.testing.assert_array_equal(rows, X)


def test_lists_are_images_too():
    np.testing.assert_array_equal(checked_images([[0.5, 1.0]], 2), [[0.5, 1.0]])


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((3, 5)),
        np.zeros((3, 2, 2)),
        np.zeros(6),
        np.zeros((0, 6)),
        np.float64(3.0),
        [],
        np.array([["a"] * 6]),
        None,
        np.full((2, 6), object()),
        np.zeros((2, 6), dtype=complex),
        np.array([[0, 0, 0, 0, 0, np.nan]]),
        np.array([[0, 0, 0, 0, 0, -np.inf]], dtype="float32"),
    ],
    ids=lambda X: f"{type(X).__name__} {getattr(X, 'shape', '')} {getattr(X, 'dtype', '')}",
)
def test_images_that_do_not_suit_are_refused(X):
    with refused("images"):
        checked_images(X, 6)


def test_a_wrong_width_is_reported_with_both_shapes():
    with pytest.raises(InputError, match=r"rows? of 784 numbers, shape \(N, 784\), found shape \(3, 64\)"):
        checked_images(np.zeros((3, 64)), 784)


@pytest.mark.parametrize("X", [[[0.0, 1.0], [2.0]], np.array([[np.inf, -np.inf]])], ids=["ragged", "inf - inf"])
def test_awkward_images_are_refused_like_others(X):
    with refused("images"):
        checked_images(X, 2)


def test_huge_but_finite_numbers_are_finite():
    checked_images(np.full((1, 2), 1.5e308), 2)


@pytest.mark.parametrize(
    "y",
    [
        [2, 0, 1],
        (2, 0, 1),
        np.array([2, 0, 1], dtype="uint8"),
        np.array([2.0, 0.0, 1.0]),
        np.array([[2], [0], [1]]),
        np.eye(3)[[2, 0, 1]],
        np.eye(3, dtype=bool)[[2, 0, 1]],
        np.eye(3, dtype=int)[[2, 0, 1]].tolist(),
    ],
)
def test_labels_of_every_kind_become_class_numbers(y):
    numbers = checked_labels(y, images=3, classes=3)
    assert (numbers.tolist(), numbers.dtype) == ([2, 0, 1], "int64")


@pytest.mark.parametrize(
    ("part", "y"),
    [
        ("labels", [0, 1]),
        ("labels", [0, 1, 2, 0]),
        ("labels", []),
        ("labels", 1),
        ("labels", None),
        ("labels", [0, 1, 3]),
        ("labels", [0, -1, 2]),
        ("labels", [0, 1.5, 2]),
        ("labels", [0, float("nan"), 2]),
        ("labels", [0, float("inf"), 2]),
        ("labels", ["0", "1", "2"]),
        ("labels", [True, False, True]),
        ("labels", np.zeros((3, 2))),
        ("labels", np.zeros((3, 3, 3))),
        ("labels", np.eye(3)[[0, 1]]),
        ("one-hot labels", np.zeros((3, 3))),
        ("one-hot labels", np.ones((3, 3))),
        ("one-hot labels", np.array([[1, 0, 0], [0, 2, -1], [0, 0, 1]])),
        ("one-hot labels", np.array([[0.9, 0.1, 0.0]] * 3)),
        ("one-hot labels", np.full((3, 3), np.nan)),
    ],
)
def test_labels_that_do_not_suit_are_refused(part, y):
    with refused(part):
        checked_labels(y, images=3, classes=3)


def test_labels_out_of_range_are_reported_with_their_range():
    with pytest.raises(InputError, match=r"from 0 to 9, found numbers from 1 to 10"):
        checked_labels([1, 10], images=2, classes=10)


@pytest.mark.parametrize("count", [1, 128, np.int32(7)])
def test_counts_are_whole_numbers_from_1(count):
    checked = checked_count(count, "epochs")
    assert checked == count
    assert type(checked) is int


@pytest.mark.parametrize("count", [0, -1, 1.0, "3", None, True, float("nan"), [1]])
def test_other_counts_are_refused_by_name(count):
    with refused("epochs"):
        checked_count(count, "epochs")


def test_no_labels_suit_no_images():
    assert len(checked_labels([], images=0, classes=3)) == 0
