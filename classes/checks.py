"""Validation of users' arrays; each function returns valid data unchanged, without a copy if possible."""

import math
import reprlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from backend import InputError

# Largest value of inputs that are taken to be scaled. Pixels divided by 255 reach 1, and standardised MNIST pixels 2.8,
# while the strokes of almost every image from 0 to 255 exceed 200.
LARGEST_SCALED = 20.0
SAMPLED = 1000  # images used to check whether a training set is scaled


def checked_images(X: Any, input_size: int) -> np.ndarray:
    """Return images as rows of `input_size` numbers.

    Parameters
    ----------
    X : array_like (N, I), (N, h, w) or (N, h, w, 1) with h w = I
        Whole numbers are pixels from 0 to 255, floats are inputs that are scaled already.
    input_size : int
        I.

    Returns
    -------
    ndarray (N, I)
        uint8, float32 or float64; other floats become float32. A view of `X` where that is possible.

    Raises
    ------
    InputError
        If there are no images, their width is wrong, they are not numbers, a pixel is none, or a float is NaN or
        infinite.

    Examples
    --------
    >>> checked_images(np.zeros((3, 28, 28), dtype="uint8"), 784).shape
    (3, 784)
    """
    X = _array(X, "images")
    if X.dtype.kind not in "uifb":
        raise InputError(
            "images", expected="an array of numbers", found=f"dtype {X.dtype}", advice="Convert them to uint8 or float."
        )
    if X.ndim < 2 or len(X) == 0 or math.prod(X.shape[1:]) != input_size:
        raise InputError(
            "images",
            expected=f"at least one row of {input_size} numbers, shape (N, {input_size})",
            found=f"shape {X.shape}",
            advice="Pass a single image as X[None], or X.reshape(1, -1).",
        )
    X = X.reshape(len(X), input_size)
    return _pixels(X) if X.dtype.kind in "ui" else _finite(X)


def _array(values: Any, name: str) -> np.ndarray:
    """Return `values` as an array; lists of unequal length are none."""
    try:
        return np.asarray(values)
    except ValueError:
        raise InputError(
            name, expected="an array", found="rows of unequal length", advice="Bring them to one length."
        ) from None


def _pixels(X: np.ndarray) -> np.ndarray:
    """Return integers as uint8."""
    if X.dtype == np.uint8:
        return X
    if X.min() < 0 or X.max() > 255:
        raise InputError(
            "images",
            expected="integers from 0 to 255, or floats",
            found=f"integers from {X.min()} to {X.max()}",
            advice="Convert them to float if they are no pixels.",
        )
    return X.astype(np.uint8)


def _finite(X: np.ndarray) -> np.ndarray:
    """Return floats as float32 or float64, once none of them is NaN or infinite."""
    if X.dtype not in ("float32", "float64"):
        X = X.astype(np.float32)
    rows = max(2**20 // X.shape[1], 1)  # a megabyte at a time: a mask of the whole array would take N I bytes
    for start in range(0, len(X), rows):
        part = X[start : start + rows]
        # <x, x> is finite only if every x is, and takes half the time of an elementwise check (docs/performance.md).
        if not math.isfinite(np.vdot(part, part)) and not np.isfinite(part).all():
            advice = "Look at np.isfinite(X).all(axis=1)."
            raise InputError("images", expected="finite numbers", found="NaN or infinity", advice=advice)
    return X


def warn_of_unscaled(X: np.ndarray) -> None:
    """Warn where training images are floats that look like pixels: from exactly 0 to more than 20, at most 255.

    Floats are used as they are, and inputs of that size make training diverge or stall. The first images tell.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     warn_of_unscaled(np.array([[0.0, 255.0]]))
    >>> str(caught[0].message).partition(".")[0]
    'The training images are floats from 0 to 255, which look like pixels that have not been scaled'
    """
    X = X[:SAMPLED]
    if X.dtype.kind == "f" and X.min() == 0.0 and LARGEST_SCALED < X.max() <= 255.0:
        warnings.warn(
            f"The training images are floats from {X.min():g} to {X.max():g}, which look like pixels that have not "
            "been scaled. Pass pixels as integers from 0 to 255 (uint8), or divide them by 255.",
            UserWarning,
            stacklevel=2,
        )


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
    y = _array(y, "labels")
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
        raise InputError("labels", expected="integers", found=f"dtype {y.dtype}", advice="Number the classes from 0.")
    if len(y) and (y.min() < 0 or y.max() >= classes):
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
    """Return an integer of at least 1.

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
            name, expected="an integer of at least 1", found=reprlib.repr(value), advice=f"Choose another {name}."
        )
    return int(value)


def checked_shape(value: Any, name: str) -> tuple[int, ...]:
    """Return the shape of a sample: (I,) for an integer, or up to three integers, each of at least 1.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> checked_shape(784, "input_size"), checked_shape((28, 28, 1), "input_size")
    ((784,), (28, 28, 1))
    """
    if not isinstance(value, (tuple, list)):
        return (checked_count(value, name),)
    if not 1 <= len(value) <= 3:
        expected = "an integer, or (height, width) or (height, width, channels)"
        raise InputError(name, expected=expected, found=reprlib.repr(value), advice="MNIST's images are (28, 28, 1).")
    return tuple(checked_count(extent, name) for extent in value)


def checked_number(value: Any, name: str, expected: str, is_right: Callable[[float], bool], advice: str) -> float:
    """Return a number that passes a test, as a float.

    Parameters
    ----------
    value : object
        Python's or NumPy's.
    name, expected, advice : str
        For the error.
    is_right : callable
        Whether a float will do.

    Raises
    ------
    InputError
        If it is no number, or not one that will do.

    Examples
    --------
    >>> checked_number(np.float32(0.5), "rate", "a positive number", lambda rate: rate > 0, "0.1 is usual.")
    0.5
    """
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # an integer larger than all floats
            number = math.inf
        if is_right(number):
            return number
    raise InputError(name, expected=expected, found=reprlib.repr(value), advice=advice)
