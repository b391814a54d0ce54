"""Table layout for a given width: numbers right-aligned, text wrapped, wide tables split into parts."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD, Box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from interface.text import cell
from interface.wrapping import WrappedText

_ASCII_HEAD = Box(str(SIMPLE_HEAD).replace("─", "-"), ascii=True)
_NUMBER = re.compile(r"[-+]?\d[\d.,:]*(e[-+]?\d+)?( ?%| s)?|nan|[-+]?inf", re.IGNORECASE)
_WIDEST_WORD = 16  # a column of text is wrapped to no less than this width
_WIDE_GAP, _NARROW_GAP = 2, 1  # spaces between two columns, and on narrow screens


class Column(NamedTuple):
    """One column as text."""

    name: str
    cells: Sequence[str]
    numeric: bool

    @property
    def width(self) -> int:
        """The width in columns at which nothing is wrapped."""
        return max(map(cell_len, [self.name, *self.cells]))

    @property
    def need(self) -> int:
        """Columns of the screen below which it reads badly."""
        words = max(map(cell_len, self.name.split()), default=0)
        cells = max(map(cell_len, self.cells), default=0)
        return max(words, cells if self.numeric else min(cells, _WIDEST_WORD))


class TableLayout:
    """A table's columns as text, ready to be laid out for any width.

    Parameters
    ----------
    names : sequence of str
        Headings.
    rows : sequence of sequences
        Cells of any type, see `interface.text.cell`.
    plain : callable
        Converts a string for the stream.
    marked : int, optional
        Index of the highlighted row.
    """

    def __init__(
        self,
        names: Sequence[str],
        rows: Sequence[Sequence[object]],
        plain: Callable[[str], str],
        marked: int | None = None,
    ) -> None:
        self._marked = marked
        self._columns = []
        for index, name in enumerate(names):
            cells = [cell(row[index]) for row in rows]
            marks = _marks(len(rows), marked) if index == 0 else [""] * len(rows)
            shown = [plain(mark + text) for mark, text in zip(marks, cells, strict=True)]
            self._columns.append(Column(plain(name), shown, _is_numeric(cells)))

    def fits(self, width: int) -> bool:
        """Return whether the table can be shown in one part with its usual gaps."""
        return _needs(self._columns, _WIDE_GAP) <= width

    def tables(self, width: int, *, unicode: bool) -> Iterator[Table]:
        """Yield the table, or its parts, each led by the first column."""
        gap = _WIDE_GAP if self.fits(width) else _NARROW_GAP
        for part in _parts(self._columns, gap, width):
            yield self._table(part, gap, width, SIMPLE_HEAD if unicode else _ASCII_HEAD)

    def _table(self, columns: Sequence[Column], gap: int, width: int, box: Box) -> Table:
        table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0))
        table.header_style, table.border_style = "strong", "quiet"
        for column, room in zip(columns, _widths(columns, width - gap * (len(columns) - 1)), strict=True):
            table.add_column(Text(column.name), justify="right" if column.numeric else "left", width=room)
        for row, cells in enumerate(zip(*(column.cells for column in columns), strict=True)):
            style = "strong" if row == self._marked else None
            table.add_row(*(WrappedText(text) for text in cells), style=style)
        return table


def _marks(count: int, marked: int | None) -> list[str]:
    """Return the marker in front of each row's first cell."""
    if marked is None:
        return [""] * count
    return ["▸ " if row == marked else "  " for row in range(count)]


def _is_numeric(cells: Sequence[str]) -> bool:
    """Return whether a column holds numbers, and dashes for missing ones."""
    return bool(cells) and all(text == cell(None) or _NUMBER.fullmatch(text) for text in cells)


def _needs(columns: Sequence[Column], gap: int) -> int:
    """Return the width below which the columns side by side read badly."""
    return sum(column.need + gap for column in columns) - gap


def _widths(columns: Sequence[Column], room: int) -> list[int]:
    """Return each column's width, taken from the widest one that can spare some until all have room."""
    widths = [column.width for column in columns]
    while sum(widths) > room and max(widths) > 1:
        spare = [n for n, column in enumerate(columns) if widths[n] > column.need]
        widest = max(spare or range(len(columns)), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _parts(columns: Sequence[Column], gap: int, width: int) -> Iterator[Sequence[Column]]:
    """Yield runs of columns that fit, the first column leading each."""
    part = list(columns[:2])
    for column in columns[2:]:
        if _needs([*part, column], gap) > width:
            yield part
            part = [columns[0]]
        part.append(column)
    yield part
