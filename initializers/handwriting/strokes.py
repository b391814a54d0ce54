"""How wide strokes are, and wider ones where a thin pen wrote."""

import math

import numpy as np
from scipy import ndimage

from initializers.augmentation.pen_strokes import pen_widths
from initializers.geometry import DIGIT

# Pixels at MNIST's size, where 95 % of all images have strokes of 1.6 to 3.4 pixels, on the median of 2.2.
THINNEST, USUAL = 1.7, 2.4  # narrower strokes are widened; to this
_FINE = 80  # pixels of the longer side while strokes are widened


def stroke_width(amount: np.ndarray) -> float:
    """Return the mean width of strokes in pixels, as `pen_widths` does of several images at once.

    Parameters
    ----------
    amount : ndarray of shape (H, W)
        1 for ink, 0 for paper, between at edges.

    Examples
    --------
    >>> line = np.zeros((40, 40))
    >>> line[5:35, 20:23] = 1
    >>> round(stroke_width(line), 1)
    2.8
    """
    return float(pen_widths(np.pad(amount, 1)[None])[0])


def with_mnists_strokes(amount: np.ndarray) -> np.ndarray:
    """Return one digit with strokes as wide as MNIST's: thin ones widened, others left alone.

    1. The width is measured against the digit's longer side, which will have 20 pixels.
    2. A thin digit is brought to about 80 pixels: a larger one by the maximum of each block, so that no hairline
       is lost, a smaller one by interpolation.
    3. Whatever lies within half of the missing width of a stroke becomes ink (Euclidean distance), soft at the edge.

    Parameters
    ----------
    amount : ndarray of shape (H, W)
        The digit's bounding box: 1 for ink, 0 for paper.

    Returns
    -------
    ndarray
        The digit on a scale of its own.
    """
    if stroke_width(amount) * DIGIT / max(amount.shape) >= THINNEST:
        return amount
    fine = _fine(amount)
    unit = max(fine.shape) / DIGIT
    radius = (USUAL * unit - stroke_width(fine)) / 2
    if radius <= 0:
        return fine
    room = math.ceil(radius) + 1
    away = ndimage.distance_transform_edt(np.pad(fine, room) <= 0.5)
    return (radius + 1 - away).clip(0, 1).astype(np.float32)


def _fine(amount: np.ndarray) -> np.ndarray:
    """Return the digit with about `_FINE` pixels on its longer side."""
    from PIL import Image

    factor = max(amount.shape) / _FINE
    if factor >= 2:
        return _blocks_maximum(amount, round(factor))
    if factor > 0.75:
        return amount
    size = [max(1, round(side / factor)) for side in reversed(amount.shape)]
    return np.asarray(Image.fromarray(amount.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def _blocks_maximum(amount: np.ndarray, factor: int) -> np.ndarray:
    """Return the largest value of every block of `factor` x `factor`."""
    height, width = (-(-side // factor) for side in amount.shape)
    padded = np.zeros((height * factor, width * factor), amount.dtype)
    padded[: amount.shape[0], : amount.shape[1]] = amount
    return padded.reshape(height, factor, width, factor).max(axis=(1, 3))
