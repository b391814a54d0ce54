"""MNIST's geometry: how a digit lies in its 28 x 28 frame."""

import math

import numpy as np

from backend.errors import InputError

FRAME = 28
DIGIT = 20


def to_mnist_geometry(grey: np.ndarray) -> np.ndarray:
    """Bring one digit into the size and place that MNIST's images have.

    The ink's bounding box is scaled until its longer side is 20 pixels, aspect kept; the brightest ink becomes
    255; then the box is shifted by whole pixels until the centre of mass, in pixel indices, lies in
    [13.5, 14.5), as it does in MNIST's images. A digit so lopsided that this would cut ink off stays at the
    frame's edge, complete.

    Parameters
    ----------
    grey : ndarray
        Shape (height, width), any real type: 0 is paper, above 0 is ink (bright on dark), on any scale.
        Noise and shadows have to be 0 already.

    Returns
    -------
    ndarray
        Shape (28, 28), uint8.

    Raises
    ------
    InputError
        If the array is not two-dimensional, has values that are negative or not finite, or has no ink.

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
    """Return the image as float32 with 1 for the brightest ink, or say why it cannot be a digit."""
    expected, advice = "one image, ink above 0 on paper at 0", "Give a picture of one digit."
    if grey.ndim != 2:
        raise InputError("image", expected=expected, found=f"an array of shape {grey.shape}", advice=advice)
    values = grey.astype(np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError("image", expected=expected, found="negative or endless values", advice=advice)
    brightest = values.max(initial=0)
    if brightest == 0:
        raise InputError("image", expected=expected, found="a blank one", advice=advice)
    return (values / brightest).astype(np.float32)


def _cropped(image: np.ndarray) -> np.ndarray:
    """Return the bounding box of the ink."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scaled(ink: np.ndarray) -> np.ndarray:
    """Return the ink as uint8, its longer side 20 pixels at most, its brightest 255."""
    from PIL import Image

    scale = DIGIT / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # Of Pillow's filters, Lanczos makes strokes most like MNIST's; its overshoot below 0 is no ink.
    resized = Image.fromarray(ink).resize((width, height), Image.Resampling.LANCZOS)
    brightness = np.asarray(resized).clip(0)
    # Faint edges may have become paper: where they lay, the frame has room for the rest.
    return _cropped(np.rint(255 / brightness.max() * brightness).astype(np.uint8))


def _corner(ink: np.ndarray) -> tuple[int, int]:
    """Return the row and column of the frame where the ink's first row and column go."""
    row, column = centre_of_mass(ink)
    middle = FRAME / 2 - 0.5
    top = min(max(math.ceil(middle - row), 0), FRAME - ink.shape[0])
    left = min(max(math.ceil(middle - column), 0), FRAME - ink.shape[1])
    return top, left
