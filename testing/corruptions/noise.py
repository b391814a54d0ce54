"""Corruptions that change pixel values without moving them: noise, brightness, fog and spatter.

All six take `images` (N, 28, 28) uint8 and a generator, and return images of the same shape and type; an array
of another kind is an InputError. x is a picture from 0 to 1, and results beyond are clipped. Parameters are those
of `testing.corruptions.mnist_c`, which names their source.
"""

import numpy as np

from initializers.geometry import FRAME
from testing.corruptions.pixels import pixels, smoothed, unit

MAP, STRIDE = 256, 8  # size of the fog map, and the stride of the pixels used to find its extremes, in pixels
MARGIN, PATCH = 16, 64  # pixels: margin around an image, which keeps out the seam of the periodic map, and total side
MUD = 63 / 255  # grey value of mud, from the published code


def shot_noise(images: np.ndarray, rng: np.random.Generator, *, photons: float = 3.0) -> np.ndarray:
    """Poisson (shot) noise: y = Poisson(p x) / p, which keeps the mean up to the clipping at 1.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    photons : float
        p, the mean count at full brightness; fewer are noisier.

    Examples
    --------
    >>> np.unique(shot_noise(np.full((9, 28, 28), 99, np.uint8), np.random.default_rng(0))).tolist()
    [0, 85, 170, 255]
    """
    return pixels(rng.poisson(photons * unit(images)) / np.float32(photons))


def impulse_noise(images: np.ndarray, rng: np.random.Generator, *, share: float = 0.17) -> np.ndarray:
    """Throw salt and pepper: each pixel turns black with probability s / 2, and white with s / 2.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    share : float
        s, from 0 to 1.
    """
    x = unit(images)
    dice = rng.random(x.shape, np.float32)
    return pixels(np.where(dice < share, dice < share / 2, x))


def brightness(images: np.ndarray, rng: np.random.Generator, *, lift: float = 0.5) -> np.ndarray:
    """Increase brightness: y = x + b, which for grey images equals increasing V in HSV. Deterministic.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    lift : float
        b, as a fraction of the range of grey values.

    Examples
    --------
    >>> brightness(np.full((1, 28, 28), 100, np.uint8), np.random.default_rng(0)).max()
    np.uint8(228)
    """
    return pixels(unit(images) + lift)


def stripe(images: np.ndarray, rng: np.random.Generator, *, width: int = 7) -> np.ndarray:
    """Invert a stripe at either side: y = 1 - x in the outer w columns. Deterministic.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    width : int
        w, from 0 to 14 columns.
    """
    x = unit(images)
    for side in (x[:, :, :width], x[:, :, FRAME - width :]):
        side[...] = 1 - side
    return pixels(x)


def fog(
    images: np.ndarray, rng: np.random.Generator, *, thickness: float = 3.0, roughness_decay: float = 1.4
) -> np.ndarray:
    """Mix in a cloud: y = (x + t P) m / (m + t), with P from 0 to 1 and m the picture's brightest pixel.

    P is the corner of a plasma fractal of 256 x 256 pixels; see `_plasma` for how only that corner is computed.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    thickness : float
        t.
    roughness_decay : float
        d: the fractal's noise has amplitude 1 at its widest step and d^-2 of the former at each half of it.
    """
    x = unit(images)
    brightest = x.max(axis=(1, 2), keepdims=True)
    return pixels((x + thickness * _plasma(len(x), rng, roughness_decay)) * brightest / (brightest + thickness))


def spatter(
    images: np.ndarray,
    rng: np.random.Generator,
    *,
    mean: float = 0.65,
    deviation: float = 0.3,
    threshold: float = 0.65,
) -> np.ndarray:
    """Splash mud on the picture: y = (1 - M) x + M c, with the mud's grey c = 63 / 255.

    Drops lie where noise of Normal(mean, deviation), smoothed by a Gaussian of 1 pixel, exceeds the threshold. M is
    their shape smoothed by 1.5 pixels, and 0 where that is less than 0.8: only the inside of drops covers.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    mean, deviation, threshold : float
        Parameters of the noise, and the threshold for a drop.
    """
    x = unit(images)
    noise = mean + deviation * rng.standard_normal(x.shape, np.float32)
    mud = smoothed((smoothed(noise, 1.0) > threshold).astype(np.float32), 1.5)
    mud[mud < 0.8] = 0
    return pixels((1 - mud) * x + mud * MUD)


def _plasma(count: int, rng: np.random.Generator, decay: float) -> np.ndarray:
    """Return corners (count, 28, 28) of as many plasma fractals, each scaled to fill 0 to 1.

    The fractal begins at one point of height 0 on a torus, and that is the corner's first pixel: a picture shows a
    soft slope through the middle of the range. Whole maps for 10,000 pictures would be 655 million numbers, so
    they are computed at every eighth pixel, from which the extremes are taken, and in full only around the corner.
    """
    heights, amplitude = np.zeros((count, 1, 1), np.float32), 1.0
    while heights.shape[1] < MAP // STRIDE:
        heights, amplitude = _refined(heights, amplitude, rng), amplitude / decay**2
    low, high = (extreme(axis=(1, 2), keepdims=True) for extreme in (heights.min, heights.max))
    around, size = MARGIN // STRIDE, PATCH // STRIDE
    patch = np.roll(heights, (around, around), axis=(1, 2))[:, :size, :size]
    while patch.shape[1] < PATCH:
        patch, amplitude = _refined(patch, amplitude, rng), amplitude / decay**2
    frame = slice(MARGIN, MARGIN + FRAME)
    corner: np.ndarray = (patch[:, frame, frame] - low) / (high - low)
    return corner.clip(0, 1)


def _refined(heights: np.ndarray, amplitude: float, rng: np.random.Generator) -> np.ndarray:
    """Halve the steps of grids (n, k, k) on a torus: the diamond-square algorithm of Fournier et al. (1982).

    A square's middle is the mean of its corners, and then an edge's middle the mean of its four neighbours, each
    plus noise, uniform between -amplitude and amplitude.
    """

    def noisy(total: np.ndarray) -> np.ndarray:
        noise = rng.random(total.shape, np.float32)
        return total / 4 + (2 * noise - 1) * np.float32(amplitude)

    count, side, _ = heights.shape
    fine = np.empty((count, 2 * side, 2 * side), np.float32)
    fine[:, ::2, ::2] = heights
    pairs = heights + np.roll(heights, -1, axis=1)
    fine[:, 1::2, 1::2] = middles = noisy(pairs + np.roll(pairs, -1, axis=2))
    fine[:, ::2, 1::2] = noisy(middles + np.roll(middles, 1, axis=1) + heights + np.roll(heights, -1, axis=2))
    fine[:, 1::2, ::2] = noisy(middles + np.roll(middles, 1, axis=2) + heights + np.roll(heights, -1, axis=1))
    return fine
