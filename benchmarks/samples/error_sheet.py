"""Contact sheets of pictures that were read wrong, sorted by what went wrong: each beside what the network saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backend import InputError
from backend.drawing import QUIET, WRONG, save_figure, shortened, styled
from initializers.handwriting.picture_files import open_picture
from testing.figures.canvas import BOLD, HEADING, LINE, clipped, fitted, new_canvas, place, say
from testing.reading import NOTHING, Reading, is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNREADABLE = "Pictures that cannot be read"
REFUSED = "Digits wrongly refused"
BELIEVED = "No digits, but believed to be some"
LENGTH = "Strings with a wrong number of digits"
STRING = "Strings with wrong digits"
MISREAD = "Digits misread, by what they are and what they were taken for"
CAUSES = (UNREADABLE, REFUSED, BELIEVED, LENGTH, STRING, MISREAD)

_WIDTH, _HEIGHT, _MARGIN, _GAP = 10.4, 13.0, 0.15, 0.12  # inches
_SIDE = 1.14  # inches of a picture, and of what the network saw beside it
_COLUMNS, _FEWER = 4, 2  # entries in a row: strings and sentences are wider
_ENTRY = _SIDE + 2 * LINE + _GAP  # inches of a picture with its caption
_THUMBNAIL = 200  # pixels of a picture's longer side, half of them at least
_IN_A_ROW = 6  # digits of a string


class _Row(NamedTuple):
    """What stands side by side on a sheet: a cause's name, or some pictures."""

    heading: str
    readings: Sequence[Reading] = ()
    columns: int = _COLUMNS

    @property
    def height(self) -> float:
        """Inches."""
        return _ENTRY if self.readings else HEADING


def cause(reading: Reading) -> str | None:
    """Return what went wrong with a picture that has a label, None if nothing did.

    A digit that is refused counts here though the network may have read it right: who asks is told not to believe it.

    Examples
    --------
    >>> cause(Reading("x.png", error="broken", label="7"))
    'Pictures that cannot be read'
    """
    if reading.error:
        return UNREADABLE
    if not is_number(reading.label or ""):
        return None if reading.is_right else BELIEVED
    if reading.digits and reading.refusal:
        return REFUSED
    if reading.is_right:
        return None
    if len(reading.label or "") == 1:
        return MISREAD
    return LENGTH if _length(reading.answer) != _length(reading.label or "") else STRING


def draw_errors(readings: Sequence[Reading], path: Path) -> list[Path]:
    """Draw what was read wrong; return where, one file a page, none if all is right.

    Parameters
    ----------
    readings : sequence of Reading
        With labels, of files that are still there.
    path : Path
        Of the first page; a further one has its number behind the name.
    """
    figures = error_sheets(readings)
    return [
        save_figure(figure, path.with_stem(f"{path.stem}-{number}") if number > 1 else path)
        for number, figure in enumerate(figures, 1)
    ]


def error_sheets(readings: Sequence[Reading]) -> Iterator[Figure]:
    """Yield pages of what was read wrong, by cause; nothing if all is right."""
    for rows in _pages(_rows(readings)):
        yield _drawn(rows)


def _rows(readings: Sequence[Reading]) -> Iterator[_Row]:
    """Yield headings, and the rows of pictures below them."""
    wrong = [each for each in readings if cause(each)]
    if wrong:
        yield _Row(f"{len(wrong)} of {len(readings)} pictures beside what the network saw: true → read, confidence")
    for name in CAUSES:
        group = sorted((each for each in wrong if cause(each) == name), key=_order)
        columns = _FEWER if name in (REFUSED, LENGTH, STRING) else _COLUMNS
        heading = f"{name} ({len(group)}{_right_all_the_same(group)})"
        if group:
            yield _Row(heading)
        for first in range(0, len(group), columns):
            yield _Row(heading, group[first : first + columns], columns)


def _pages(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Yield rows that find room on a page; a cause that goes on has its heading again."""
    page: list[_Row] = []
    for row in rows:
        needed = row.height + (0 if row.readings else _ENTRY)  # no heading stands alone at a page's end
        if page and sum(each.height for each in page) + needed > _HEIGHT:
            yield page
            page = [_Row(f"{row.heading}, continued")] if row.readings else []
        page.append(row)
    if page:
        yield page


@styled
def _drawn(rows: Sequence[_Row]) -> Figure:
    """Draw a page."""
    figure, axes = new_canvas(_WIDTH, sum(row.height for row in rows) + 2 * _MARGIN)
    top = _MARGIN
    for row in rows:
        if not row.readings:
            say(axes, row.heading, _MARGIN, top, size=12, bold=True)
        for number, reading in enumerate(row.readings):
            width = (_WIDTH - 2 * _MARGIN) / row.columns
            _entry(axes, reading, _MARGIN + number * width, top, width - _GAP)
        top += row.height
    return figure


def _entry(axes: Axes, reading: Reading, left: float, top: float, width: float) -> None:
    """Draw a picture beside what the network saw of it, below its name and what it was taken for."""
    say(axes, clipped(f"{reading.folder}/{Path(reading.path).name}", width), left, top, color=QUIET, size=8)
    say(axes, clipped(_told(reading), width, BOLD, at_end=True), left, top + LINE, color=WRONG, bold=True)
    for pixels in (_thumbnail(reading), _seen(reading)):
        if pixels is not None:
            size = fitted(pixels.shape, (width - _GAP) / 2, _SIDE - 0.08)
            place(axes, pixels, left, top + 2 * LINE + 0.04, size)
            left += size[0] + _GAP


def _told(reading: Reading) -> str:
    """Return what a picture shows and what was made of it."""
    if reading.error:
        return f"{reading.label}: not read"
    (label,) = shortened([reading.label or ""])
    read = reading.text() or NOTHING
    sure = f", {reading.confidence:.0%}" if reading.digits else ""
    return f"{label} → {read}{sure}" + (f". {reading.refusal}" if cause(reading) == REFUSED else "")


def _thumbnail(reading: Reading) -> np.ndarray | None:
    """Return a picture's pixels; None if it cannot be read."""
    try:
        return open_picture(reading.path, _THUMBNAIL).pixels
    except InputError:
        return None


def _seen(reading: Reading) -> np.ndarray | None:
    """Return what the network saw, ink dark: one digit, or several in rows; None if there was nothing."""
    images = [prepared.image for prepared, _ in reading.digits]
    if not images:
        return None
    columns = min(len(images), _IN_A_ROW)
    images += [np.zeros_like(images[0])] * (-len(images) % columns)
    rows = [np.hstack(images[first : first + columns]) for first in range(0, len(images), columns)]
    return np.asarray(255 - np.vstack(rows))


def _order(reading: Reading) -> tuple[str, str]:
    """Return what sorts a cause's pictures: what they show, then what they were taken for."""
    return reading.label or "", reading.answer


def _length(text: str) -> list[int]:
    """Return how many digits every row has."""
    return [0] if text == NOTHING else [len(row) for row in text.split("/")]


def _right_all_the_same(group: Sequence[Reading]) -> str:
    """Return how many of those refused the network has right, as a part of the heading."""
    right = sum(reading.is_right for reading in group)
    return f", {right} of them read right all the same" if right else ""
