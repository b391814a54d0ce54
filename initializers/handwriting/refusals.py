"""What is no digit: a blank picture, noise, a shadow, a page, a blot. What looks like ink is left to the network."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from initializers.handwriting.components import Part, contact
from initializers.handwriting.ink import Ink

BLANK = "The picture is blank."
NOISE = "There is nothing but noise in the picture."
EDGE = "What stands out lies along the picture's edge: a shadow, or a digit that is cut off."
SEVERAL = "There is more than one thing in the picture."
WIDE = "It is more than twice as wide as high."
BLOT = "It is a blot, not a line."
SCRIBBLE = "It is no line of one width."

# Of MNIST's test images, one in a thousand is refused: its ink is in many pieces, or its width varies much.
_NOISE, _EDGE, _OTHER, _PARTS, _FLAT = 1.5, 0.35, 0.3, 5, 2.0
_ROOM, _ENCLOSED = 4, 0.1  # pixels around a rim; of its own ink, what it encloses at least
_FINER = 2  # times as many pixels, for measuring
_WIDEST, _SPREAD, _PIECES = 7.0, 0.65, 3


def refusal(image: np.ndarray, ink: Ink, digit: Part, others: Sequence[Part], dirt: int) -> str | None:
    """Return why a prepared image is no digit, or None if it may be one.

    1. Noise: there is half as much ink again in specks as in the digit.
    2. A shadow: in a photograph, it lies along the picture's edge.
    3. Several things: other ink is a third of the digit's, or the digit has six pieces.
    4. A word, or a dash: of MNIST's 70,000 images, two are that wide.
    5. A blot: strokes are wider than 7 of 28 pixels, where MNIST's are 5 at most; or, in a photograph, it is the rim of
       something dark and larger than any stroke, whose inside was taken for a shadow.
    6. A scribble, or a picture of something else: the width varies by two thirds of its mean.

    Parameters
    ----------
    image : ndarray of shape (28, 28), uint8
        As it is handed to a network.
    ink : Ink
        What was found in the picture.
    digit : Part
        Which part of it the image shows.
    others : sequence of Part
        All other ink but dirt.
    dirt : int
        Pixels of dirt.
    """
    if dirt > _NOISE * digit.area:
        return NOISE
    if not ink.even and contact(digit, ink.labels) > _EDGE:
        return EDGE
    if sum(part.area for part in others) > _OTHER * digit.area or len(digit.labels) > _PARTS:
        return SEVERAL
    if digit.box.width > _FLAT * digit.box.height:
        return WIDE
    width, spread = width_and_spread(image)
    if width > _WIDEST or (not ink.even and _is_rim(ink, digit)):
        return BLOT
    _, pieces = ndimage.label(image > 80, np.ones((3, 3), bool))
    return SCRIBBLE if spread > _SPREAD or pieces > _PIECES else None


def _is_rim(ink: Ink, digit: Part) -> bool:
    """Return whether what a part encloses is more like the part itself than like what lies around."""
    if ink.grey.shape != ink.labels.shape:  # turned, and the picture is not
        return False
    box = digit.box
    here = np.s_[max(0, box.top - _ROOM) : box.bottom + _ROOM, max(0, box.left - _ROOM) : box.right + _ROOM]
    grey, labels = ink.grey[here], ink.labels[here]
    mine = labels == digit.labels[0] if len(digit.labels) == 1 else np.isin(labels, digit.labels)
    regions, count = ndimage.label(np.pad(~mine, 1, constant_values=True))
    if count < 2:  # the first one is around, where the padding is
        return False
    regions = regions[1:-1, 1:-1]
    inside, around = grey[regions > 1], grey[regions == 1]
    if inside.size < _ENCLOSED * mine.sum() or not around.size:
        return False
    darkest = np.percentile(around, 10)  # for a shadow's edge may run through a digit, and beside it as well
    return bool(np.median(inside) < (darkest + np.median(grey[mine])) / 2)


def width_and_spread(image: np.ndarray) -> tuple[float, float]:
    """Return the mean width of strokes in pixels, and its standard deviation along them as a part of the mean.

    Widths are measured on the ridge of the Euclidean distance to paper, in the image enlarged twice.

    Parameters
    ----------
    image : ndarray of shape (28, 28), uint8
        Bright ink on 0.

    Examples
    --------
    >>> image = np.zeros((28, 28), np.uint8)
    >>> image[4:24, 13:16] = 255
    >>> width, spread = width_and_spread(image)
    >>> round(width), spread < 0.2
    (3, True)
    """
    from PIL import Image

    size = _FINER * image.shape[1], _FINER * image.shape[0]
    solid = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)) > 127
    away = ndimage.distance_transform_edt(solid)
    ridge = away[solid & (away >= ndimage.maximum_filter(away, 3))]
    if not ridge.size:
        return 0.0, 0.0
    mean = float(ridge.mean())
    width = (2 * mean - 0.5) / _FINER  # the middle of a stroke is a pixel, or lies between two
    return width, float(ridge.std()) / mean
