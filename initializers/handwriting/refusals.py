"""Refusal of images that cannot be a digit: blank ones, noise, shadows, pages and blots.

What has the strokes of writing but is no digit is left to the network's confidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from initializers.handwriting.components import Component, contact
from initializers.handwriting.ink import Ink

BLANK = "The picture is blank."
NOISE = "There is only noise in the picture."
EDGE = "The ink lies along the edge of the picture: it is a shadow, or a digit that is cut off."
SEVERAL = "There is more than one thing in the picture."
WIDE = "It is more than twice as wide as it is high."
BLOT = "It is a blot, not a line."
SCRIBBLE = "Its strokes vary too much in width for writing."


@dataclass(frozen=True)
class RefusalThresholds:
    """Thresholds beyond which an image is not accepted as a digit; one in a thousand MNIST test images is refused.

    The values were chosen by trial on the development pictures that docs/accuracy.md describes and on MNIST's
    training images.

    Attributes
    ----------
    noise : float
        Largest area of noise relative to the area of the digit.
    border : float
        Largest number of pixels on the image border relative to the digit's longer side, in photographs.
    other_ink : float
        Largest area of other ink relative to the area of the digit.
    pieces : int
        Largest number of connected components that a digit consists of.
    aspect : float
        Largest ratio of width to height; two of MNIST's 70,000 images exceed it.
    rim_margin : int
        Pixels around the digit that are compared with what it encloses.
    enclosed : float
        Smallest enclosed area, relative to the digit's own, of the rim of a blot.
    measuring_scale : int
        Factor by which the 28 x 28 image is enlarged to measure stroke widths.
    stroke_width : float
        Largest mean stroke width in pixels of the 28 x 28 image; MNIST's are at most 5.
    stroke_spread : float
        Largest standard deviation of the stroke width relative to its mean.
    image_pieces : int
        Largest number of connected components of the 28 x 28 image.
    """

    noise: float = 1.5
    border: float = 0.35
    other_ink: float = 0.3
    pieces: int = 5
    aspect: float = 2.0
    rim_margin: int = 4
    enclosed: float = 0.1
    measuring_scale: int = 2
    stroke_width: float = 7.0
    stroke_spread: float = 0.65
    image_pieces: int = 3


THRESHOLDS = RefusalThresholds()


def refusal(image: np.ndarray, ink: Ink, digit: Component, others: Sequence[Component], dirt: int) -> str | None:
    """Return why a prepared image cannot be a digit, as a sentence, or None if it may be one.

    1. Noise: noise has one and a half times the area of the digit.
    2. A shadow: in a photograph, the ink lies along the image border.
    3. Several objects: other ink has a third of the area of the digit, or the digit has more than five components.
    4. A word or a dash: it is too wide.
    5. A blot: its strokes are too wide; or, in a photograph, it is the rim of a dark object that is larger than any
       stroke, whose inside was classified as a shadow.
    6. A scribble, or a picture of something else: the stroke width varies too much.

    Parameters
    ----------
    image : ndarray of shape (28, 28), uint8
        The prepared image, bright ink on 0.
    ink : Ink
        The ink of the picture.
    digit : Component
        The component that the image shows.
    others : sequence of Component
        The other components, without noise.
    dirt : int
        Number of noise pixels.
    """
    if dirt > THRESHOLDS.noise * digit.area:
        return NOISE
    if not ink.even and contact(digit, ink.labels) > THRESHOLDS.border:
        return EDGE
    if sum(part.area for part in others) > THRESHOLDS.other_ink * digit.area or len(digit.labels) > THRESHOLDS.pieces:
        return SEVERAL
    if digit.box.width > THRESHOLDS.aspect * digit.box.height:
        return WIDE
    width, spread = width_and_spread(image)
    if width > THRESHOLDS.stroke_width or (not ink.even and _is_rim(ink, digit)):
        return BLOT
    _, pieces = ndimage.label(image > 80, np.ones((3, 3), bool))
    return SCRIBBLE if spread > THRESHOLDS.stroke_spread or pieces > THRESHOLDS.image_pieces else None


def _is_rim(ink: Ink, digit: Component) -> bool:
    """Return whether the inside of a component is closer in brightness to the component than to its surroundings."""
    if ink.grey.shape != ink.labels.shape:  # the ink has been deskewed, the grey image has not
        return False
    box = digit.box
    here = np.s_[
        max(0, box.top - THRESHOLDS.rim_margin) : box.bottom + THRESHOLDS.rim_margin,
        max(0, box.left - THRESHOLDS.rim_margin) : box.right + THRESHOLDS.rim_margin,
    ]
    grey, labels = ink.grey[here], ink.labels[here]
    mine = labels == digit.labels[0] if len(digit.labels) == 1 else np.isin(labels, digit.labels)
    regions, count = ndimage.label(np.pad(~mine, 1, constant_values=True))
    if count < 2:  # the first region is the outside
        return False
    regions = regions[1:-1, 1:-1]
    inside, around = grey[regions > 1], grey[regions == 1]
    if inside.size < THRESHOLDS.enclosed * mine.sum() or not around.size:
        return False
    darkest = np.percentile(around, 10)  # the edge of a shadow may run next to a digit
    return bool(np.median(inside) < (darkest + np.median(grey[mine])) / 2)


def width_and_spread(image: np.ndarray) -> tuple[float, float]:
    """Return the mean stroke width in pixels, and its standard deviation relative to the mean.

    Widths are measured along the ridges of the Euclidean distance transform of the enlarged image.

    Parameters
    ----------
    image : ndarray of shape (28, 28), uint8
        The image, bright ink on 0.

    Examples
    --------
    >>> image = np.zeros((28, 28), np.uint8)
    >>> image[4:24, 13:16] = 255
    >>> width, spread = width_and_spread(image)
    >>> round(width), spread < 0.2
    (3, True)
    """
    from PIL import Image

    size = THRESHOLDS.measuring_scale * image.shape[1], THRESHOLDS.measuring_scale * image.shape[0]
    solid = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR)) > 127
    away = ndimage.distance_transform_edt(solid)
    ridge = away[solid & (away >= ndimage.maximum_filter(away, 3))]
    if not ridge.size:
        return 0.0, 0.0
    mean = float(ridge.mean())
    width = (2 * mean - 0.5) / THRESHOLDS.measuring_scale  # on average over centre lines on and between pixels
    return width, float(ridge.std()) / mean
