"""Any photo, drawing or scan of digits, as MNIST's makers would have prepared them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import INK, digit_grid
from initializers.geometry import FRAME, to_mnist_geometry
from initializers.handwriting.components import Box, Glyph, connected_components, glyph_of, main_digit, without_noise
from initializers.handwriting.ink import Ink, find_ink
from initializers.handwriting.layout import Found, Layout, best_layout
from initializers.handwriting.picture_files import Opened, Picture, open_picture
from initializers.handwriting.refusals import BLANK, refusal
from initializers.handwriting.strokes import with_mnists_strokes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ONE_DIGIT = 640  # pixels that the longer side of a picture of one digit keeps at least
PAGE = 1600  # pixels of a page's longer side: digits are smaller there than in a picture of one
_SHOWN = 140  # pixels of a step's picture in the strip
_SMALL = 0.15  # of a digit's longer side: what was left out and is larger is a margin, no dirt

Step = tuple[str, np.ndarray]
Judge = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Prepared:
    """One digit of a picture, ready for a network.

    Attributes
    ----------
    image : ndarray of shape (28, 28), uint8
        What MNIST's makers would have made of it: bright ink on 0; all 0 if there is no ink.
    box : Box
        Where it lies in the upright picture, in that picture's own pixels.
    steps : tuple of (str, ndarray)
        What became of the picture, named, in order; empty unless asked for.
    refusal : str or None
        Why this is no digit, as a sentence; None if it may be one.
    row : int
        Number of its row among those of `find_digits`.
    """

    image: np.ndarray
    box: Box
    steps: tuple[Step, ...] = ()
    refusal: str | None = None
    row: int = 0


def prepare_digit(picture: Picture, *, explain: bool = False) -> Prepared:
    """Make of a picture of one digit what MNIST's makers would have produced.

    1. The picture is opened, turned upright, laid on paper where it is transparent, and made smaller where it is
       larger than needed (`initializers.handwriting.picture_files`).
    2. The channel that shows the ink best is taken; bright ink on a dark ground is turned over, and shadows are
       divided out (`initializers.handwriting.paper`).
    3. Ink is told from paper, ruled lines are taken away (`initializers.handwriting.ink` and
       `initializers.handwriting.ruled_lines`).
    4. Specks, margins and what lies far from the largest piece are left out (`initializers.handwriting.components`).
    5. Thin strokes are widened (`initializers.handwriting.strokes`).
    6. The longer side becomes 20 pixels, and the centre of mass the middle of 28 x 28 (`initializers.geometry`).

    An image of MNIST itself comes back as it is.

    Parameters
    ----------
    picture : str, Path, bytes or ndarray
        A file, its content, or its pixels.
    explain : bool
        Keep the pictures between the steps.

    Returns
    -------
    Prepared
        The image, where it came from, and why it should not be believed, if there is a reason.

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
    dirt = sum(part.area for part in everything if part not in parts and part.box.side < _SMALL * digit.box.side)
    steps: tuple[Step, ...] = ()
    if explain:
        ink_alone = ("ink", _bright(ink.labels > 0))
        steps = (*_first_steps(opened, ink), ink_alone, *_last_steps(ink, glyph, image))
    return Prepared(image, _in_picture(glyph.box, opened), steps, refusal(image, ink, digit, others, dirt))


def find_digits(picture: Picture, judge: Judge | None = None, *, explain: bool = False) -> list[Prepared]:
    """Find all digits in a picture, in reading order.

    1. Ink is found as for one digit.
    2. Connected ink is a digit; low pieces join the one that they belong to, such as the bar of a 5; underlines
       are left out (`initializers.handwriting.rows`).
    3. Digits side by side make a row; rows are read from above, each from the left.
    4. Digits that touch are cut along the path of least ink (`initializers.handwriting.touching`).
    5. Rows that clearly rise or fall are turned level first, all by one angle (`initializers.handwriting.layout`).
    6. Each digit becomes 28 x 28 on its own.

    Parameters
    ----------
    picture : str, Path, bytes or ndarray
        A file, its content, or its pixels.
    judge : callable, optional
        Takes images of shape (n, 784), returns probabilities (n, C), as a network's `predict_proba` does. With one,
        digits are cut apart, and rows turned level, where that makes them more like digits; else where the whole
        is too wide for one, and where three digits or more lie along a line at an angle.
    explain : bool
        Keep the pictures between the steps.

    Returns
    -------
    list of Prepared
        Empty if there is no ink; `row` counts from 0, `refusal` is each digit's own.

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
    """Return what `prepare_digit` and `find_digits` return, and prepare the picture once where both can share that."""
    opened = open_picture(picture, PAGE)
    ink = find_ink(opened.pixels)
    if opened.scale == 1.0 and max(opened.pixels.shape[:2]) < 2 * ONE_DIGIT:  # small enough to be opened alike
        one = _only_digit(opened, ink, explain)
    else:
        one = prepare_digit(picture, explain=explain)
    return one, _all_digits(opened, ink, judge, explain)


def _all_digits(opened: Opened, ink: Ink, judge: Judge | None, explain: bool) -> list[Prepared]:
    """Return all digits of an opened picture."""
    layout = best_layout(ink, None if judge is None else lambda amount: _likeness(judge, amount))
    return [_found(opened, ink, layout, digit, explain) for digit in layout.digits]


def digit_image(amount: np.ndarray) -> np.ndarray:
    """Return the ink of one digit as MNIST's image of it.

    Parameters
    ----------
    amount : ndarray of shape (h, w), float32
        The digit's bounding box: 1 for ink, 0 for paper.

    Returns
    -------
    ndarray
        Shape (28, 28), uint8.
    """
    return to_mnist_geometry(with_mnists_strokes(amount))


def steps_figure(steps: tuple[Step, ...], title: str | None = None) -> "Figure":
    """Draw what became of a picture, step by step, as a strip.

    Parameters
    ----------
    steps : tuple of (str, ndarray)
        As `prepare_digit(picture, explain=True)` keeps them.
    title : str, optional
        Stands above.
    """
    images = np.stack([_shown(values) for _, values in steps])
    captions = [f"{number}. {name}" for number, (name, _) in enumerate(steps, 1)]
    return digit_grid(images, captions, [INK] * len(captions), columns=len(captions), title=title)


def _likeness(judge: Judge, amount: np.ndarray) -> float:
    """Return the judge's confidence that the ink is some digit."""
    return float(judge(digit_image(amount).reshape(1, -1)).max())


def _found(opened: Opened, ink: Ink, layout: Layout, digit: Found, explain: bool) -> Prepared:
    """Return one digit of several, prepared."""
    image = digit_image(digit.glyph.amount)
    steps: tuple[Step, ...] = ()
    if explain:
        level = () if layout.ink is ink else (("level", _bright(layout.ink.labels > 0)),)
        steps = (*_first_steps(opened, ink), ("ink", _bright(ink.labels > 0)), *level)
        steps += _last_steps(layout.ink, digit.glyph, image)
    reason = refusal(image, layout.ink, digit.part, [], 0)
    return Prepared(image, _in_picture(digit.box, opened), steps, reason, digit.row)


def _blank(opened: Opened, ink: Ink, explain: bool) -> Prepared:
    """Return what becomes of a picture without ink."""
    steps = _first_steps(opened, ink) if explain else ()
    return Prepared(np.zeros((FRAME, FRAME), np.uint8), Box(0, 0, 0, 0), steps, BLANK)


def _in_picture(box: Box, opened: Opened) -> Box:
    """Return a box in the picture's own pixels."""
    return Box(*(round(edge * opened.scale) for edge in box))


def _first_steps(opened: Opened, ink: Ink) -> tuple[Step, ...]:
    """Return the pictures up to the ink, bright where the picture is dark."""
    flat = np.rint((1 - ink.grey / ink.paper).clip(0, 1) * 255).astype(np.uint8)
    grey = opened.pixels if opened.pixels.ndim == 2 else np.rint(opened.pixels.mean(axis=2)).astype(np.uint8)
    return ("picture", 255 - grey), ("dark ink", 255 - ink.grey), ("no shadows", flat)


def _last_steps(ink: Ink, glyph: Glyph, image: np.ndarray) -> tuple[Step, ...]:
    """Return the pictures from the digit alone to its image, ink bright."""
    alone = np.zeros(ink.labels.shape, bool)
    alone[glyph.box.slices] = glyph.amount > 0.5
    strokes = with_mnists_strokes(glyph.amount)
    return (
        ("digit", _bright(alone)),
        ("strokes", np.rint(strokes.clip(0, 1) * 255).astype(np.uint8)),
        ("28 x 28", image),
    )


def _bright(mask: np.ndarray) -> np.ndarray:
    """Return a mask as a picture."""
    return np.where(mask, 255, 0).astype(np.uint8)


def _shown(values: np.ndarray) -> np.ndarray:
    """Return a step's picture in a square of one size, on paper."""
    from PIL import Image, ImageOps

    return np.asarray(ImageOps.pad(Image.fromarray(values), (_SHOWN, _SHOWN), Image.Resampling.BOX))
