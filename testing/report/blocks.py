"""The content of a report independent of its format: sections of facts, tables, figures and paragraphs.

The terminal, HTML and Markdown writers each render these, so that a report is composed only once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from interface.text import cell, encodable


class Fact(NamedTuple):
    """A name, its value, and a note that is shown in parentheses after the value."""

    name: str
    value: object
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """A list of names and values; a `prominent` one is shown larger."""

    facts: Sequence[Fact]
    title: str = ""
    prominent: bool = False


@dataclass(frozen=True)
class Table:
    """Rows with column headings; the first `words` columns hold text, the others numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    words: int = 1


@dataclass(frozen=True)
class Picture:
    """A figure in a PNG file, with an SVG file of the same name.

    Parameters
    ----------
    file : str
        Path of the PNG from the report's folder, with forward slashes.
    title : str
        A few words.
    reading : str
        What it shows and how to read it.
    alt : str
        Alternative text for screen readers.
    """

    file: str
    title: str
    reading: str
    alt: str


@dataclass(frozen=True)
class Text:
    """A paragraph; `kind` is "good" for good news, "warn" for a warning, else empty."""

    text: str
    kind: str = ""


Block = Facts | Table | Picture | Text


@dataclass(frozen=True)
class Section:
    """A title and the blocks below it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A title, a summary in one sentence, and the sections."""

    title: str
    lead: str
    sections: Sequence[Section] = field(default_factory=tuple)


def plain(value: object) -> str:
    r"""Return a value as text for a file: formatted as in tables, control characters visible, valid UTF-8.

    Examples
    --------
    >>> plain(None), plain(0.123456), plain("\x1b[2J"), plain("half a pair \ud800")
    ('–', '0.1235', '�[2J', 'half a pair ?')
    """
    return encodable(cell(value), "utf-8")


def with_note(fact: Fact) -> str:
    """Return the value of a fact, with its note in parentheses if it has one.

    Examples
    --------
    >>> with_note(Fact("Accuracy", "98 %", "of 100")), with_note(Fact("Loss", 0.5))
    ('98 % (of 100)', '0.5')
    """
    return f"{plain(fact.value)} ({plain(fact.note)})" if fact.note else plain(fact.value)
