"""Preparation of photographs, drawings and scans of digits, following the construction of MNIST."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import INK, digit_grid
from initializers.geometry import FRAME, to_mnist_geometry
from initializers.handwriting.components import Box, Glyph, connected_components, glyph_of, main_digit, without_noise
from initializers.handwriting.ink import Ink, find_ink
from initializers.handwriting.layout import Found, Layout, best_layout
from initializers.handwriting.marks import marked_digits
from initializers.handwriting.picture_files import Opened, Picture, open_picture
from initializers.handwriting.refusals import BLANK, refusal
from initializers.handwriting.strokes import with_mnists_strokes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_DIGIT = 640  # pixels: a larger picture of one digit is reduced to no less than this on its longer side
PAGE = 1600  # pixels: likewise for a picture of several digits, which are smaller relative to the picture
_SHOWN = 140  # pixels of the side of each image in the figure of steps
_NOISE_SIDE = 0.15  # share of the digit's longer side up to which a removed component counts as noise, not as a margin

Step = tuple[str, np.ndarray]
Judge = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Prepared:
    """One digit of a picture, ready for a network.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8
        The digit in MNIST's format: bright ink on 0, size-normalised and centred; all 0 if there is no ink.
    box : Box
        Bounding box of the digit in the upright picture, in pixels of the original picture.
    steps : tuple of (str, ndarray)
        Names and images of the steps of the preparation; empty unless `explain` was set.
    refusal : str or None
        Why this cannot be a digit, as a sentence; None if it may be one.
    row : int
        Index of its text line, as counted by `find_digits`.
    """

    image: np.ndarray
    box: Box
    steps: tuple[Step, ...] = ()
    refusal: str | None = None
    row: int = 0


def prepare_digit(picture: Picture, *, explain: bool = False) -> Prepared:
    """Prepare a picture of one digit as an image in MNIST's format.

    1. The picture is opened, rotated upright, composed with a background where it is transparent, and reduced if it is
       larger than needed (`initializers.handwriting.picture_files`).
    2. The channel with the highest contrast is chosen, bright ink on a dark background is inverted, and the
       illumination is corrected (`initializers.handwriting.paper`).
    3. Ink is separated from the background, and ruled lines are removed (`initializers.handwriting.ink` and
       `initializers.handwriting.ruled_lines`).
    4. Noise, margins and components far from the largest one are removed (`initializers.handwriting.components`).
    5. Thin strokes are dilated (`initializers.handwriting.strokes`).
    6. The digit is scaled to 20 pixels on its longer side, and its centre of mass is moved to the centre of 28 x 28
       pixels (`initializers.geometry`).

    An MNIST image is returned unchanged.

    Parameters
    ----------
    picture : str, Path, bytes or ndarray
        Path of a file, its content, or pixels.
    explain : bool
        Whether to keep the images of all steps.

    Returns
    -------
    Prepared
        The image, its bounding box, and the reason why it cannot be a digit, if there is one.

    Raises
    ------
    InputError
        If it cannot be read as a picture.

    Examples
    --------
    >>> pixels = np.full((90, 60), 255, np.uint8)
    >>> pixels[20:70, 28:33] = 0
    >>> prepared = prepare_digit(pixels)
    >>> prepared.image.shape, prepared.box, prepared.refusal
    ((28, 28), Box(top=20, left=28, bottom=70, right=33), None)
    """
    opened = open_picture(picture, ONE_DIGIT)
    return _only_digit(opened, find_ink(opened.pixels), explain)


def _only_digit(opened: Opened, ink: Ink, explain: bool) -> Prepared:
    """Return the one digit of an opened picture."""
    everything = connected_components(ink.labels)
    parts = without_noise(everything, ink.labels, even=ink.even)
    if not parts:
        return _blank(opened, ink, explain)
    digit, others = main_digit(parts)
    glyph = glyph_of(ink.amount, ink.labels, digit)
    image = digit_image(glyph.amount)
    dirt = sum(part.area for part in everything if part not in parts and part.box.side < _NOISE_SIDE * digit.box.side)
    steps: tuple[Step, ...] = ()
    if explain:
        ink_alone = ("ink", _bright(ink.labels > 0))
        steps = (*_first_steps(opened, ink), ink_alone, *_last_steps(ink, glyph, image))
    return Prepared(image, _in_picture(glyph.box, opened), steps, refusal(image, ink, digit, others, dirt))


def find_digits(picture: Picture, judge: Judge | None = None, *, explain: bool = False) -> list[Prepared]:
    """Find all digits in a picture, in reading order.

    1. Ink is separated from the background as for one digit.
    2. Each connected component is a digit; low components are joined to the digit that they belong to, such as the bar
       of a 5, and underlines are removed (`initializers.handwriting.rows`).
    3. Digits next to each other form a text line; lines are read from top to bottom, each from left to right.
    4. Touching digits are split along the path of least ink (`initializers.handwriting.touching`).
    5. Text lines that clearly rise or fall are deskewed first, all by one angle (`initializers.handwriting.layout`).
    6. Each digit is scaled and centred on its own.
    7. Marks between digits, such as a point or a slash, are not read; the digit beside one is refused
       (`initializers.handwriting.marks`).

    Parameters
    ----------
    picture : str, Path, bytes or ndarray
        Path of a file, its content, or pixels.
    judge : callable, optional
        Takes images of shape (n, 784) and returns probabilities (n, C), as `predict_proba` of a network does. Then
        touching digits are split and text lines deskewed if the resulting digits have higher confidence. Without it,
        components that are too wide for a digit are split, and three digits or more along an inclined line deskewed.
    explain : bool
        Whether to keep the images of all steps.

    Returns
    -------
    list of Prepared
        Empty if there is no ink. `row` counts from 0; `refusal` is set for each digit on its own.

    Raises
    ------
    InputError
        If it cannot be read as a picture.

    Examples
    --------
    >>> pixels = np.full((60, 90), 255, np.uint8)
    >>> pixels[10:50, [20, 21, 22, 60, 61, 62]] = 0
    >>> [digit.box.left for digit in find_digits(pixels)]
    [20, 60]
    """
    opened = open_picture(picture, PAGE)
    return _all_digits(opened, find_ink(opened.pixels), judge, explain)


def digit_and_digits(
    picture: Picture, judge: Judge | None = None, *, explain: bool = False
) -> tuple[Prepared, list[Prepared]]:
    """Return the results of `prepare_digit` and `find_digits`, which share the first steps if the picture is small."""
    opened = open_picture(picture, PAGE)
    ink = find_ink(opened.pixels)
    if opened.scale == 1.0 and max(opened.pixels.shape[:2]) < 2 * ONE_DIGIT:  # not reduced for either
        one = _only_digit(opened, ink, explain)
    else:
        one = prepare_digit(picture, explain=explain)
    return one, _all_digits(opened, ink, judge, explain)


def _all_digits(opened: Opened, ink: Ink, judge: Judge | None, explain: bool) -> list[Prepared]:
    """Return all digits of an opened picture."""
    layout = best_layout(ink, None if judge is None else lambda amount: _likeness(judge, amount))
    marked = marked_digits(layout.ink.labels, [(digit.part, digit.row) for digit in layout.digits])
    found = [_found(opened, ink, layout, digit, explain) for digit in layout.digits]
    return [replace(one, refusal=one.refusal or reason) for one, reason in zip(found, marked, strict=True)]


def digit_image(amount: np.ndarray) -> np.ndarray:
    """Return the ink of one digit as an image in MNIST's format.

    Parameters
    ----------
    amount : ndarray of shape (h, w), float32
        Amount of ink within the digit's bounding box: 1 for ink, 0 for the background.

    Returns
    -------
    ndarray
        Shape (28, 28), uint8.
    """
    return to_mnist_geometry(with_mnists_strokes(amount))


def steps_figure(steps: tuple[Step, ...], title: str | None = None) -> "Figure":
    """Draw the steps of the preparation side by side.

    Parameters
    ----------
    steps : tuple of (str, ndarray)
        `Prepared.steps` of ``prepare_digit(picture, explain=True)``.
    title : str, optional
        Title of the figure.
    """
    images = np.stack([_shown(values) for _, values in steps])
    captions = [f"{number}. {name}" for number, (name, _) in enumerate(steps, 1)]
    return digit_grid(images, captions, [INK] * len(captions), columns=len(captions), title=title)


def _likeness(judge: Judge, amount: np.ndarray) -> float:
    """Return the highest probability that a network gives the ink for any digit."""
    return float(judge(digit_image(amount).reshape(1, -1)).max())


def _found(opened: Opened, ink: Ink, layout: Layout, digit: Found, explain: bool) -> Prepared:
    """Return one of several digits, prepared."""
    image = digit_image(digit.glyph.amount)
    steps: tuple[Step, ...] = ()
    if explain:
        level = () if layout.ink is ink else (("level", _bright(layout.ink.labels > 0)),)
        steps = (*_first_steps(opened, ink), ("ink", _bright(ink.labels > 0)), *level)
        steps += _last_steps(layout.ink, digit.glyph, image)
    reason = refusal(image, layout.ink, digit.part, [], 0)
    return Prepared(image, _in_picture(digit.box, opened), steps, reason, digit.row)


def _blank(opened: Opened, ink: Ink, explain: bool) -> Prepared:
    """Return the result for a picture without ink."""
    steps = _first_steps(opened, ink) if explain else ()
    return Prepared(np.zeros((FRAME, FRAME), np.uint8), Box(0, 0, 0, 0), steps, BLANK)


def _in_picture(box: Box, opened: Opened) -> Box:
    """Return a box in pixels of the original picture."""
    return Box(*(round(edge * opened.scale) for edge in box))


def _first_steps(opened: Opened, ink: Ink) -> tuple[Step, ...]:
    """Return the images of the steps before the separation of the ink, inverted."""
    flat = np.rint((1 - ink.grey / ink.paper).clip(0, 1) * 255).astype(np.uint8)
    grey = opened.pixels if opened.pixels.ndim == 2 else np.rint(opened.pixels.mean(axis=2)).astype(np.uint8)
    return ("picture", 255 - grey), ("dark ink", 255 - ink.grey), ("no shadows", flat)


def _last_steps(ink: Ink, glyph: Glyph, image: np.ndarray) -> tuple[Step, ...]:
    """Return the images of the steps from the single digit to its 28 x 28 image, with bright ink."""
    alone = np.zeros(ink.labels.shape, bool)
    alone[glyph.box.slices] = glyph.amount > 0.5
    strokes = with_mnists_strokes(glyph.amount)
    return (
        ("digit", _bright(alone)),
        ("strokes", np.rint(strokes.clip(0, 1) * 255).astype(np.uint8)),
        ("28 x 28", image),
    )


def _bright(mask: np.ndarray) -> np.ndarray:
    """Return a mask as an image of 0 and 255."""
    return np.where(mask, 255, 0).astype(np.uint8)


def _shown(values: np.ndarray) -> np.ndarray:
    """Return the image of a step, padded to a square of fixed size."""
    from PIL import Image, ImageOps

    return np.asarray(ImageOps.pad(Image.fromarray(values), (_SHOWN, _SHOWN), Image.Resampling.BOX))
