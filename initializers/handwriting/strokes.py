"""Measuring stroke widths, and dilating thin strokes to the width of MNIST's."""

import math

import numpy as np
from scipy import ndimage

from initializers.augmentation.pen_strokes import pen_widths
from initializers.geometry import DIGIT

# Stroke widths in pixels of MNIST's 28 x 28 images, 95 % of which have strokes of 1.6 to 3.4 pixels (median 2.2).
THINNEST = 1.7  # stroke width below which strokes are dilated
USUAL = 2.4  # width to which they are dilated
_FINE = 80  # pixels of the longer side at which strokes are dilated: fine enough for fractions of an MNIST pixel


def stroke_width(amount: np.ndarray) -> float:
    """Return the mean stroke width in pixels; `pen_widths` does the same for several images at once.

    Parameters
    ----------
    amount : ndarray of shape (H, W)
        Amount of ink: 1 for ink, 0 for background.

    Examples
    --------
    >>> line = np.zeros((40, 40))
    >>> line[5:35, 20:23] = 1
    >>> round(stroke_width(line), 1)
    2.8
    """
    return float(pen_widths(np.pad(amount, 1)[None])[0])


def with_mnists_strokes(amount: np.ndarray) -> np.ndarray:
    """Return a digit with thin strokes dilated to the width of MNIST's; other digits are returned unchanged.

    1. The stroke width is measured relative to the digit's longer side, which will have 20 pixels.
    2. A digit with thin strokes is resized to about 80 pixels: a larger one by the maximum of each block, so that
       hairlines are kept, a smaller one by interpolation.
    3. Strokes are dilated by half of the missing width (Euclidean distance transform), with a soft edge.

    Parameters
    ----------
    amount : ndarray of shape (H, W)
        Amount of ink within the digit's bounding box: 1 for ink, 0 for background.

    Returns
    -------
    ndarray
        The digit, possibly of another size.
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
    """Return the digit resized to about `_FINE` pixels on its longer side."""
    from PIL import Image

    factor = max(amount.shape) / _FINE
    if factor >= 2:
        return _blocks_maximum(amount, round(factor))
    if factor > 0.75:
        return amount
    size = [max(1, round(side / factor)) for side in reversed(amount.shape)]
    return np.asarray(Image.fromarray(amount.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)).clip(0, 1)


def _blocks_maximum(amount: np.ndarray, factor: int) -> np.ndarray:
    """Return the maximum of each block of `factor` x `factor` pixels."""
    height, width = (-(-side // factor) for side in amount.shape)
    padded = np.zeros((height * factor, width * factor), amount.dtype)
    padded[: amount.shape[0], : amount.shape[1]] = amount
    return padded.reshape(height, factor, width, factor).max(axis=(1, 3))
