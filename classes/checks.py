"""Checks of what users hand to a network; each passes good data on unchanged, without a copy where it can."""

import math
from typing import Any

import numpy as np

from backend import InputError


def checked_images(X: Any, input_size: int) -> np.ndarray:
    """Return images as rows of `input_size` numbers.

    Parameters
    ----------
    X : array_like (N, I), (N, h, w) or (N, h, w, 1) with h w = I
        uint8 pixels, or floats that are scaled already.
    input_size : int
        I.

    Returns
    -------
    ndarray (N, I)
        uint8, float32 or float64; other numbers become float32. A view of `X` where that is possible.

    Raises
    ------
    InputError
        If there are no images, their width is wrong, they are not numbers, or one is NaN or infinite.

    Examples
    --------
    >>> checked_images(np.zeros((3, 28, 28), dtype="uint8"), 784).shape
    (3, 784)
    """
    X = np.asarray(X)
    if X.dtype.kind not in "uifb":
        raise InputError(
            "images", expected="an array of numbers", found=f"dtype {X.dtype}", advice="Convert them to uint8 or float."
        )
    if X.ndim < 2 or len(X) == 0 or math.prod(X.shape[1:]) != input_size:
        raise InputError(
            "images",
            expected=f"at least one row of {input_size} numbers, shape (N, {input_size})",
            found=f"shape {X.shape}",
            advice="One image alone is X[None], or X.reshape(1, -1).",
        )
    if X.dtype not in ("uint8", "float32", "float64"):
        X = X.astype(np.float32)
    if X.dtype.kind == "f" and not np.isfinite(X.sum(dtype=np.float64)):
        raise InputError(
            "images", expected="finite numbers", found="NaN or infinity", advice="Look at np.isfinite(X).all(axis=1)."
        )
    return X.reshape(len(X), input_size)


def checked_labels(y: Any, images: int, classes: int) -> np.ndarray:
    """Return labels as class numbers.

    Parameters
    ----------
    y : array_like (N,), (N, 1) or (N, C)
        Class numbers, or one-hot rows.
    images : int
        N, the number of images that they belong to.
    classes : int
        C.

    Returns
    -------
    ndarray (N,) of int64

    Raises
    ------
    InputError
        If their number differs from the images', or one is not a class number from 0 to C - 1.

    Examples
    --------
    >>> checked_labels([[0, 1, 0], [1, 0, 0]], images=2, classes=3).tolist()
    [1, 0]
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2 and y.shape[1] == classes:
        y = _numbers_of_one_hot(y)
    if y.ndim != 1 or len(y) != images:
        raise InputError(
            "labels",
            expected=f"{images} class numbers, one an image, or one-hot rows of shape ({images}, {classes})",
            found=f"shape {y.shape}",
            advice="Give as many labels as images.",
        )
    if y.dtype.kind not in "uif" or not (y == np.floor(y)).all():
        raise InputError(
            "labels", expected="whole numbers", found=f"dtype {y.dtype}", advice="Number the classes from 0."
        )
    if y.min() < 0 or y.max() >= classes:
        raise InputError(
            "labels",
            expected=f"class numbers from 0 to {classes - 1}",
            found=f"numbers from {y.min()} to {y.max()}",
            advice="Number the classes from 0, or make the network's output_size larger.",
        )
    return y.astype(np.int64)


def _numbers_of_one_hot(y: np.ndarray) -> np.ndarray:
    """Return the place of the 1 in every row."""
    if not (((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all()):
        raise InputError(
            "one-hot labels",
            expected="rows of zeros with a single 1",
            found="other rows",
            advice="Give class numbers instead.",
        )
    return y.argmax(axis=1)


def checked_count(value: Any, name: str) -> int:
    """Return a whole number of at least 1.

    Raises
    ------
    InputError
        If it is not.

    Examples
    --------
    >>> checked_count(128, "batch_size")
    128
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(
            name, expected="a whole number of at least 1", found=repr(value), advice=f"Choose another {name}."
        )
    return int(value)
