"""Figures of misread pictures, grouped by cause, each next to the network's input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from backend import InputError
from backend.drawing import QUIET, WRONG, save_figure, shortened, styled
from initializers.handwriting.picture_files import open_picture
from testing.figures.canvas import BOLD, HEADING, LINE, clipped, fitted, new_canvas, place, write
from testing.reading import NOTHING, Reading, is_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNREADABLE = "Pictures that cannot be read"
REFUSED = "Digits wrongly refused"
ACCEPTED = "No digits, but accepted as digits"
LENGTH = "Strings with a wrong number of digits"
STRING = "Strings with wrong digits"
MISREAD = "Misread digits, by true and predicted class"
CAUSES = (UNREADABLE, REFUSED, ACCEPTED, LENGTH, STRING, MISREAD)

_WIDTH, _HEIGHT, _MARGIN, _GAP = 10.4, 13.0, 0.15, 0.12  # inches
_SIDE = 1.14  # inches of a picture, and of the network's input next to it
_COLUMNS, _FEWER = 4, 2  # entries in a row: strings and sentences are wider
_ENTRY = _SIDE + 2 * LINE + _GAP  # inches of a picture with its caption
_THUMBNAIL = 200  # pixels of a picture's longer side, at least half of them
_IN_A_ROW = 6  # digits of a string in one row


class _Row(NamedTuple):
    """A row of a figure: the heading of a cause, or some pictures."""

    heading: str
    readings: Sequence[Reading] = ()
    columns: int = _COLUMNS

    @property
    def height(self) -> float:
        """Inches."""
        return _ENTRY if self.readings else HEADING


def cause(reading: Reading) -> str | None:
    """Return the cause of an error on a labelled picture, or None if it was read correctly.

    A refused digit counts as an error even if the network's prediction is correct, since the user is not given it.

    Examples
    --------
    >>> cause(Reading("x.png", error="broken", label="7"))
    'Pictures that cannot be read'
    """
    if reading.error:
        return UNREADABLE
    if not is_number(reading.label or ""):
        return None if reading.is_right else ACCEPTED
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
    """Yield pages of misread pictures by cause; none if all are correct."""
    for rows in _pages(_rows(readings)):
        yield _drawn(rows)


def _rows(readings: Sequence[Reading]) -> Iterator[_Row]:
    """Yield headings, and the rows of pictures below them."""
    wrong = [each for each in readings if cause(each)]
    if wrong:
        yield _Row(f"{len(wrong)} of {len(readings)} pictures and the network's input: true → read, confidence")
    for name in CAUSES:
        group = sorted((each for each in wrong if cause(each) == name), key=_order)
        columns = _FEWER if name in (REFUSED, LENGTH, STRING) else _COLUMNS
        heading = f"{name} ({len(group)}{_right_all_the_same(group)})"
        if group:
            yield _Row(heading)
        for first in range(0, len(group), columns):
            yield _Row(heading, group[first : first + columns], columns)


def _pages(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    """Yield the rows of each page; a cause that continues on the next page repeats its heading."""
    page: list[_Row] = []
    for row in rows:
        needed = row.height + (0 if row.readings else _ENTRY)  # no heading at the end of a page without its first entry
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
            write(axes, row.heading, _MARGIN, top, size=12, bold=True)
        for number, reading in enumerate(row.readings):
            width = (_WIDTH - 2 * _MARGIN) / row.columns
            _entry(axes, reading, _MARGIN + number * width, top, width - _GAP)
        top += row.height
    return figure


def _entry(axes: Axes, reading: Reading, left: float, top: float, width: float) -> None:
    """Draw a picture next to the network's input, below its name and its prediction."""
    write(axes, clipped(f"{reading.folder}/{Path(reading.path).name}", width), left, top, color=QUIET, size=8)
    write(axes, clipped(_described(reading), width, BOLD, at_end=True), left, top + LINE, color=WRONG, bold=True)
    for pixels in (_thumbnail(reading), _seen(reading)):
        if pixels is not None:
            size = fitted(pixels.shape, (width - _GAP) / 2, _SIDE - 0.08)
            place(axes, pixels, left, top + 2 * LINE + 0.04, size)
            left += size[0] + _GAP


def _described(reading: Reading) -> str:
    """Return the true digits and the prediction of a picture."""
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
    """Return the network's input with dark ink: one digit, or several in rows; None if there was none."""
    images = [prepared.image for prepared, _ in reading.digits]
    if not images:
        return None
    columns = min(len(images), _IN_A_ROW)
    images += [np.zeros_like(images[0])] * (-len(images) % columns)
    rows = [np.hstack(images[first : first + columns]) for first in range(0, len(images), columns)]
    return np.asarray(255 - np.vstack(rows))


def _order(reading: Reading) -> tuple[str, str]:
    """Return the sort key of the pictures of a cause: true digits, then predicted digits."""
    return reading.label or "", reading.answer


def _length(text: str) -> list[int]:
    """Return how many digits every row has."""
    return [0] if text == NOTHING else [len(row) for row in text.split("/")]


def _right_all_the_same(group: Sequence[Reading]) -> str:
    """Return how many of those refused the network has right, as a part of the heading."""
    right = sum(reading.is_right for reading in group)
    return f", {right} of them predicted correctly" if right else ""
