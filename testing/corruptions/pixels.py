"""Common functions of the corruptions: conversion of pixels, smoothing, and interpolation.

N images; rows count downwards from 0, columns to the right from 0, both up to 27.
"""

from typing import Any

import numpy as np

from backend.errors import InputError
from initializers.geometry import FRAME

ROWS, COLUMNS = np.mgrid[:FRAME, :FRAME].astype(np.float32)  # (28, 28) each
MIDDLE = (FRAME - 1) / 2  # 13.5: the centre of rotation


def checked_frames(images: np.ndarray) -> np.ndarray:
    """Return images as they are.

    Parameters
    ----------
    images : ndarray of shape (N, 28, 28), uint8
        MNIST's pictures, or others in their frame; N may be 0.

    Raises
    ------
    InputError
        If they are something else: numbers that are scaled already would be corrupted out of all proportion.
    """
    is_array = isinstance(images, np.ndarray)
    if not is_array or images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (FRAME, FRAME):
        raise InputError(
            "images to corrupt",
            expected=f"a uint8 array of shape (N, {FRAME}, {FRAME})",
            found=f"{images.dtype} of shape {images.shape}" if is_array else type(images).__name__,
            advice=f"Pass pixels from 0 to 255, such as X_test.reshape(-1, {FRAME}, {FRAME}).",
        )
    return images


def unit(images: np.ndarray) -> np.ndarray:
    """Return images, checked by `checked_frames`, as new float32 numbers from 0, paper, to 1, the brightest ink.

    Examples
    --------
    >>> unit(np.full((1, 28, 28), 51, np.uint8))[0, 0, 0]
    np.float32(0.2)
    """
    return checked_frames(images) / np.float32(255)


def pixels(x: np.ndarray) -> np.ndarray:
    """Return numbers as uint8 pixels: clipped to [0, 1], times 255, rounded.

    Examples
    --------
    >>> pixels(np.array([-1.0, 0.2, 7.0]))
    array([  0,  51, 255], dtype=uint8)
    """
    return np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8)


def each(values: np.ndarray) -> np.ndarray:
    """Return one number an image, (N,), in the shape (N, 1, 1) and the type in which it meets (N, 28, 28)."""
    return values.astype(np.float32)[:, None, None]


def signs(rng: np.random.Generator, count: int) -> np.ndarray:
    """Draw -1 or 1 for each of `count` images, (N, 1, 1)."""
    return each(rng.choice([-1, 1], count))


def smoothed(x: np.ndarray, sigma: float) -> np.ndarray:
    """Convolve each picture of (N, 28, 28) with a Gaussian of `sigma` pixels; border values are repeated outside."""
    from scipy.ndimage import gaussian_filter

    blurred: np.ndarray = gaussian_filter(x, sigma, axes=(1, 2), mode="nearest")
    return blurred


def sampled(x: np.ndarray, rows: Any, columns: Any) -> np.ndarray:
    """Return the values of pictures at any places, between the pixels too: bilinear interpolation.

    With the place (r + a, c + b), r and c whole, 0 <= a, b < 1:

        y = (1 - a) ((1 - b) x[r, c] + b x[r, c + 1]) + a ((1 - b) x[r + 1, c] + b x[r + 1, c + 1])

    and 0 for everything outside of the frame.

    Parameters
    ----------
    x : ndarray of shape (N, 28, 28), float32
        Pictures.
    rows, columns : ndarray that broadcasts to (N, 28, 28)
        For every pixel of the result, the place that it is taken from.

    Returns
    -------
    ndarray of shape (N, 28, 28), float32
    """
    side = FRAME + 2  # a ring of paper, so that every place has four neighbours
    ringed = np.zeros((len(x), side, side), np.float32)
    ringed[:, 1:-1, 1:-1] = x
    r, a = _split(rows)
    c, b = _split(columns)
    corner = np.arange(len(x))[:, None, None] * side**2 + r * side + c
    top = (1 - b) * ringed.take(corner) + b * ringed.take(corner + 1)
    bottom = (1 - b) * ringed.take(corner + side) + b * ringed.take(corner + side + 1)
    mixed: np.ndarray = (1 - a) * top + a * bottom
    return mixed


def _split(places: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the index within the ringed frame, and the fraction on the way to the next pixel."""
    inside = np.clip(places, -1, FRAME).astype(np.float32) + 1
    index = np.minimum(inside.astype(np.int64), FRAME)
    return index, inside - index
