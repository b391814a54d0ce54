"""A figure of the preparation steps of a picture: one strip per digit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backend.drawing import PAPER, RIGHT, TITLE_CHARACTER, WRONG, save_figure, styled
from initializers.handwriting import PAGE, Prepared, Step, steps_figure
from initializers.handwriting.picture_files import open_picture
from testing.figures.canvas import CHARACTER, HEADING, LINE, clipped, fitted, new_canvas, place, write
from testing.inference.prediction import Prediction
from testing.reading import Reading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.ImageDraw import ImageDraw

_SIDE, _GAP, _WORDS, _MARGIN = 0.95, 0.1, 1.4, 0.15  # inches: picture of a step, gap, text of a row, margin
_WIDEST, _HIGHEST = 7.2, 4.6  # inches: largest size of the original picture
_LEAST = 6.0  # inches: smallest width of a figure
_ROWS = 12  # strips per page


class _Strip(NamedTuple):
    """A row of steps, what it is about, and what is known against the digit."""

    words: str
    steps: tuple[Step, ...]
    against: str = ""


@styled
def explanation(reading: Reading, names: Sequence[str]) -> Iterator[Figure]:
    """Draw what became of a picture: for one digit a strip; for several, pages of one strip each below the picture.

    Boxes in the picture have the numbers of the strips. For a digit without steps, only the network's input is shown.

    Parameters
    ----------
    reading : Reading
        Of a file that is still there, with the steps kept; without an error.
    names : sequence of str
        Of the classes.

    Yields
    ------
    Figure
        One at least; more for a page of many digits.
    """
    if len(reading.digits) == 1 and reading.digits[0][0].steps:
        ((prepared, found),) = reading.digits
        yield steps_figure(prepared.steps, f"{Path(reading.path).name}: {in_words(prepared, found, names)}")
        return
    for first in range(0, max(len(reading.digits), 1), _ROWS):
        yield _page(reading, names, range(first, min(first + _ROWS, len(reading.digits))))


def save_explanation(reading: Reading, names: Sequence[str], folder: Path, name: str) -> list[Path]:
    """Write the figures of `explanation` as ``folder/name.steps.png``, further pages with a number; return where."""
    return [
        save_figure(figure, folder / f"{name}.steps{f'-{number}' if number > 1 else ''}.png")
        for number, figure in enumerate(explanation(reading, names), 1)
    ]


def numbered_picture(reading: Reading, part: range) -> np.ndarray:
    """Return a picture with a numbered box around some of its digits, uint8 of shape (H, W, 3).

    Parameters
    ----------
    reading : Reading
        Of a file that is still there.
    part : range
        Which digits, from 0; the numbers in the picture begin at 1.
    """
    from PIL import Image, ImageDraw

    pixels, scale = open_picture(reading.path, PAGE)
    picture = Image.fromarray(pixels).convert("RGB")
    enlarged = max(1, 560 // max(picture.size))  # so that the numbers beside 28-pixel digits are legible
    picture = picture.resize((picture.width * enlarged, picture.height * enlarged), Image.Resampling.NEAREST)
    draw, unit = ImageDraw.Draw(picture), max(picture.size) / 560
    for index in part:
        prepared, _ = reading.digits[index]
        top, left, bottom, right = (edge * enlarged / scale for edge in prepared.box)
        color = WRONG if prepared.refusal else RIGHT
        draw.rectangle((left - 1, top - 1, right, bottom), outline=color, width=max(1, round(2 * unit)))
        _write_number(draw, str(index + 1), (left - 1, top - 1), 13 * unit, color)
    return np.asarray(picture)


def _write_number(draw: ImageDraw, number: str, corner: tuple[float, float], height: float, color: str) -> None:
    """Write a number on a coloured patch, above the corner of a box if there is room, otherwise inside the box."""
    left, top = corner[0], max(corner[1] - 1.2 * height, 0)
    patch = (left, top, left + (0.6 * len(number) + 0.4) * height, top + 1.2 * height)
    draw.rectangle(patch, fill=color)
    draw.text((left + 0.2 * height, top), number, fill=PAPER, font_size=height)


def in_words(prepared: Prepared, found: Prediction, names: Sequence[str]) -> str:
    """Return the prediction for one digit, with the reason for a refusal if there is one.

    Examples
    --------
    >>> from initializers.handwriting.components import Box
    >>> blank = Prepared(np.zeros((28, 28), np.uint8), Box(0, 0, 0, 0), refusal="The picture is blank.")
    >>> in_words(blank, Prediction(np.array([0.25, 0.75])), "01")
    '1 with 75.00%. The picture is blank.'
    """
    answer = f"{names[found.digit]} with {found.confidence:.2%}"
    return f"{answer}. {prepared.refusal}" if prepared.refusal else answer


def _page(reading: Reading, names: Sequence[str], part: range) -> Figure:
    """Draw the picture with some of its digits numbered, and below it what they share and their strips."""
    whole, strips = numbered_picture(reading, part), _strips(reading, names, part)
    size, row = fitted(whole.shape, _WIDEST, _HIGHEST), _SIDE + LINE + _GAP
    steps = max((len(strip.steps) for strip in strips), default=0)
    width = 2 * _MARGIN + max(_WORDS + steps * (_SIDE + _GAP), size[0], _LEAST)
    top = HEADING + size[1] + 2 * _MARGIN
    figure, axes = new_canvas(width, top + len(strips) * row)
    write(axes, _title(reading, names, part, width), _MARGIN, 0.06, size=12, bold=True)
    place(axes, whole, _MARGIN, HEADING, size)
    for number, strip in enumerate(strips):
        _draw(axes, strip, top + number * row)
    return figure


def _strips(reading: Reading, names: Sequence[str], part: range) -> list[_Strip]:
    """Return the strips of some digits; their common steps, those of the whole picture, come first as one strip."""
    own = [_strip(index + 1, *reading.digits[index], names) for index in part]
    shared = _shared([strip.steps for strip in own])
    if not shared:
        return own
    before = _Strip("all digits", own[0].steps[:shared])
    return [before, *(strip._replace(steps=strip.steps[shared:]) for strip in own)]


def _strip(number: int, prepared: Prepared, found: Prediction, names: Sequence[str]) -> _Strip:
    """Return one digit's strip; without steps, only the network's input."""
    steps = prepared.steps or (("28 x 28", prepared.image),)
    return _Strip(f"{number}: {names[found.digit]}\n{found.confidence:.2%}", steps, prepared.refusal or "")


def _shared(strips: Sequence[tuple[Step, ...]]) -> int:
    """Return how many first steps are the same in all of several strips."""
    if len(strips) < 2:
        return 0
    same = (all(np.array_equal(step[1], steps[0][1]) for step in steps) for steps in zip(*strips, strict=False))
    return next((place for place, is_same in enumerate(same) if not is_same), 0)


def _title(reading: Reading, names: Sequence[str], part: range, width: float) -> str:
    """Return the picture's name and what was read, as much of it as finds room."""
    name, read = Path(reading.path).name, reading.text(names) or "no digit found"
    pages = f", digits {part.start + 1} to {part.stop}" if len(part) < len(reading.digits) else ""
    room = width - 2 * _MARGIN - TITLE_CHARACTER * (len(pages) + 2)
    name = clipped(name, room / 2, TITLE_CHARACTER)
    return f"{name}: {clipped(read, room - TITLE_CHARACTER * len(name), TITLE_CHARACTER, at_end=True)}{pages}"


def _draw(axes: Axes, strip: _Strip, top: float) -> None:
    """Draw a strip: its words, what is against it, and its steps, ink dark."""
    write(axes, strip.words, _MARGIN, top + LINE, size=11, bold=True)
    write(axes, _folded(strip.against), _MARGIN, top + LINE + 0.42, color=WRONG, size=7)
    for number, (name, values) in enumerate(strip.steps):
        left = _MARGIN + _WORDS + number * (_SIDE + _GAP)
        write(axes, name, left, top)
        place(axes, 255 - values, left, top + LINE + 0.03, fitted(values.shape, _SIDE, _SIDE))


def _folded(text: str) -> str:
    """Return a sentence in lines as wide as a row's words."""
    from textwrap import fill

    return fill(text, int(_WORDS / CHARACTER * 1.15))
