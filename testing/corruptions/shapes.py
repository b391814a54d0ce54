"""Geometric corruptions: rotation, shear, scale, translation, and two kinds of blur.

All six take `images` (N, 28, 28) uint8 and a generator, and return images of the same shape and type; an array
of another kind is an InputError. x is an image with values from 0 to 1; pixels outside of the image are 0.
Parameters are those of `testing.corruptions.mnist_c`, which names their source.
"""

import math
from typing import Any

import numpy as np

from initializers.geometry import FRAME
from testing.corruptions.pixels import COLUMNS, MIDDLE, ROWS, pixels, sampled, signs, smoothed, unit


def shear(images: np.ndarray, rng: np.random.Generator, *, angle: float = 0.4) -> np.ndarray:
    """Let digits lean to the left or the right, which a coin decides.

        y[r, c] = x[r cos(a), c - r sin(+-a)]        r, c counted from the middle of the frame

    Parameters
    ----------
    images, rng
        See the module's docstring.
    angle : float
        a, in radians.
    """
    turn = angle * signs(rng, len(unit(images)))
    return _moved(images, (math.cos(angle), 0), (-np.sin(turn), 1))


def scale(images: np.ndarray, rng: np.random.Generator, *, factor: float = 0.7) -> np.ndarray:
    """Make digits smaller: y[r, c] = x[r / f, c / f], counted from the middle. Deterministic.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    factor : float
        f, of heights and widths.
    """
    return _moved(images, (1 / factor, 0), (0, 1 / factor))


def rotate(images: np.ndarray, rng: np.random.Generator, *, angle: float = 0.4) -> np.ndarray:
    """Turn digits about the middle of the frame, one way or the other, which a coin decides.

        y[r, c] = x[r cos(+-a) + c sin(+-a), c cos(+-a) - r sin(+-a)]        r, c counted from the middle

    Parameters
    ----------
    images, rng
        See the module's docstring.
    angle : float
        a, in radians: 0.4 are 23 degrees.
    """
    turn = angle * signs(rng, len(unit(images)))
    return _moved(images, (np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn)))


def translate(images: np.ndarray, rng: np.random.Generator, *, distance: float = 3.0) -> np.ndarray:
    """Shift digits along both axes, y[r, c] = x[r +- d, c +- d], each direction decided by a coin.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    distance : float
        d, in pixels.
    """
    x = unit(images)
    down, right = (distance * signs(rng, len(x)) for _ in range(2))
    return pixels(sampled(x, ROWS + down, COLUMNS + right))


def glass_blur(
    images: np.ndarray, rng: np.random.Generator, *, sigma: float = 0.7, distance: int = 1, rounds: int = 2
) -> np.ndarray:
    """Frosted glass: smooth, swap pixels with their neighbours, smooth again.

    From the bottom right to the top left, a coin decides for each pixel whether it changes places with the one
    that lies -d ... d - 1 rows and columns away; all that `rounds` times. The published code smooths only
    vertically (its library treats the last axis of a grey image as colours); this one smooths along both axes.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    sigma : float
        Of both Gaussians, in pixels.
    distance : int
        d, at least 1.
    rounds : int
        How often.
    """
    x = smoothed(unit(images), sigma)
    flat = np.ascontiguousarray(x.reshape(len(x), FRAME * FRAME).T)  # (784, N): a pixel of all images is contiguous
    inner = range(FRAME - distance, distance, -1)
    places = [FRAME * row + column for row in inner for column in inner]
    for _ in range(rounds):
        down, right = rng.integers(-distance, distance, (2, len(places), len(x)))
        partners = (FRAME * down + right) * rng.integers(0, 2, down.shape)
        _change_places(flat, places, partners)
    return pixels(smoothed(flat.T.reshape(x.shape), sigma))


def motion_blur(images: np.ndarray, rng: np.random.Generator, *, radius: int = 10, sigma: float = 3.0) -> np.ndarray:
    """Motion blur, in a direction t drawn for each image.

        y[r, c] = sum_i k_i x[r + i sin t, c + i cos t]        k_i ~ exp(-i^2 / 2 sigma^2), i = 0 ... n, sum k = 1

    with t uniform between -45 and 45 degrees, n = 2 R, each place rounded to the nearest pixel, and the border's
    pixels repeated outside of the frame: the form that ImageMagick gives a radius of R.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    radius : int
        R, in pixels.
    sigma : float
        In pixels, above 0.
    """
    x = unit(images)
    angle = rng.uniform(-math.pi / 4, math.pi / 4, len(x))
    reach, pictures = 2 * radius, np.arange(len(x))
    padded = np.pad(x, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    frames = np.lib.stride_tricks.sliding_window_view(padded, (FRAME, FRAME), axis=(1, 2))  # by picture, row, column
    weights = np.exp(-0.5 * (np.arange(reach + 1) / sigma) ** 2)
    blurred = np.zeros_like(x)
    for step, weight in enumerate(weights / weights.sum()):
        down, right = (reach + np.rint(step * way(angle)).astype(int) for way in (np.sin, np.cos))
        blurred += np.float32(weight) * frames[pictures, down, right]
    return pixels(blurred)


def _moved(images: np.ndarray, row: tuple[Any, Any], column: tuple[Any, Any]) -> np.ndarray:
    """Return y[r, c] = x[row . (r, c), column . (r, c)], r and c counted from the middle of the frame."""
    r, c = ROWS - MIDDLE, COLUMNS - MIDDLE
    rows, columns = (of_row * r + of_column * c + MIDDLE for of_row, of_column in (row, column))
    return pixels(sampled(unit(images), rows, columns))


def _change_places(flat: np.ndarray, places: list[int], partners: np.ndarray) -> None:
    """Let pixel `places[k]` and the one `partners[k, n]` further change places in picture n, one k after the other."""
    pictures = np.arange(flat.shape[1])
    for place, offsets in zip(places, partners, strict=True):
        other = (place + offsets, pictures)
        flat[place], flat[other] = flat[other], flat[place].copy()
