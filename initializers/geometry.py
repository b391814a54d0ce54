"""MNIST's geometry: size normalisation and centring of a digit in 28 x 28 pixels."""

import math

import numpy as np

from backend.errors import InputError

FRAME = 28  # pixels along each side of an image
DIGIT = 20  # pixels of the longer side of a digit


def to_mnist_geometry(grey: np.ndarray) -> np.ndarray:
    """Scale and centre one digit as in MNIST.

    The bounding box of the ink is scaled to 20 pixels on its longer side, keeping its aspect ratio, and the brightest
    ink becomes 255. Then it is shifted by whole pixels so that its centre of mass, in pixel indices, lies in
    [13.5, 14.5), as in MNIST's images. If that would cut off ink, the digit is placed at the border of the image.

    Parameters
    ----------
    grey : ndarray
        Shape (height, width), any real type and scale: 0 for the background, positive for ink. Noise and shadows must
        have been removed.

    Returns
    -------
    ndarray
        Shape (28, 28), uint8.

    Raises
    ------
    InputError
        If the array is not two-dimensional, has negative or non-finite values, or has no ink.

    References
    ----------
    Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits" (1998): size
    normalisation to 20 x 20 with aspect kept and anti-aliasing, then centring by mass in 28 x 28.

    Examples
    --------
    >>> image = to_mnist_geometry(np.ones((50, 10)))
    >>> image.shape, image.max(), image.any(axis=1).sum(), image.any(axis=0).sum()
    ((28, 28), np.uint8(255), np.int64(20), np.int64(4))
    """
    ink = _scaled(_cropped(_checked(grey)))
    height, width = ink.shape
    top, left = _corner(ink)
    frame = np.zeros((FRAME, FRAME), np.uint8)
    frame[top : top + height, left : left + width] = ink
    return frame


def centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    """Return the mean row and column index, weighted by brightness.

    Parameters
    ----------
    image : ndarray
        Shape (height, width), not all zero.

    Examples
    --------
    >>> centre_of_mass(np.array([[0, 0, 0], [0, 1, 3]]))
    (1.0, 1.75)
    """
    weights = image.astype(np.float64)
    total = weights.sum()
    row = weights.sum(axis=1) @ np.arange(image.shape[0]) / total
    column = weights.sum(axis=0) @ np.arange(image.shape[1]) / total
    return float(row), float(column)


def _checked(grey: np.ndarray) -> np.ndarray:
    """Return the image as float32 with a maximum of 1, after checking that it can be a digit."""
    expected, advice = "one image with positive ink on a background of 0", "Pass an image of one digit."
    if grey.ndim != 2:
        raise InputError("image", expected=expected, found=f"an array of shape {grey.shape}", advice=advice)
    values = grey.astype(np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError("image", expected=expected, found="negative or non-finite values", advice=advice)
    brightest = values.max(initial=0)
    if brightest == 0:
        raise InputError("image", expected=expected, found="a blank one", advice=advice)
    return (values / brightest).astype(np.float32)


def _cropped(image: np.ndarray) -> np.ndarray:
    """Return the bounding box of the ink."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scaled(ink: np.ndarray) -> np.ndarray:
    """Return the ink as uint8, scaled to 20 pixels on its longer side and to a maximum of 255."""
    from PIL import Image

    scale = DIGIT / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # Of Pillow's filters, Lanczos gives the strokes most similar to MNIST's; its overshoot below 0 is clipped.
    resized = Image.fromarray(ink).resize((width, height), Image.Resampling.LANCZOS)
    brightness = np.asarray(resized).clip(0)
    # Faint edges may have become background; the frame then has room for the rest.
    return _cropped(np.rint(255 / brightness.max() * brightness).astype(np.uint8))


def _corner(ink: np.ndarray) -> tuple[int, int]:
    """Return the row and column of the frame where the ink's first row and column go."""
    row, column = centre_of_mass(ink)
    middle = FRAME / 2 - 0.5
    top = min(max(math.ceil(middle - row), 0), FRAME - ink.shape[0])
    left = min(max(math.ceil(middle - column), 0), FRAME - ink.shape[1])
    return top, left
