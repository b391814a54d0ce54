"""What a report says before it has a form: sections of facts, tables, pictures and texts.

The terminal, HTML and Markdown each know how to show these, so that a report is written once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from interface.text import cell, encodable


class Fact(NamedTuple):
    """A name, its value, and what belongs in brackets behind it."""

    name: str
    value: object
    note: str = ""


@dataclass(frozen=True)
class Facts:
    """Names and values; `prominent` ones are those that a reader came for."""

    facts: Sequence[Fact]
    title: str = ""
    prominent: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first `words` columns hold words, all others numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    words: int = 1


@dataclass(frozen=True)
class Picture:
    """A figure that stands in a PNG, with an SVG beside it.

    Parameters
    ----------
    file : str
        Path of the PNG from the report's folder, with forward slashes.
    title : str
        A few words.
    reading : str
        What it shows and how to read it.
    alt : str
        What stands in its place for those who do not see it.
    """

    file: str
    title: str
    reading: str
    alt: str


@dataclass(frozen=True)
class Text:
    """A paragraph: "good" where it is good news, "warn" where it is a warning."""

    text: str
    kind: str = ""


Block = Facts | Table | Picture | Text


@dataclass(frozen=True)
class Section:
    """A title and what stands under it."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """A title, a sentence, and the sections."""

    title: str
    lead: str
    sections: Sequence[Section] = field(default_factory=tuple)


def plain(value: object) -> str:
    r"""Return a value as text for a file: as tables show it, control characters visible, nothing that UTF-8 lacks.

    Examples
    --------
    >>> plain(None), plain(0.123456), plain("\x1b[2J"), plain("half a pair \ud800")
    ('–', '0.1235', '�[2J', 'half a pair ?')
    """
    return encodable(cell(value), "utf-8")


def with_note(fact: Fact) -> str:
    """Return a fact's value with its note in brackets, if it has one.

    Examples
    --------
    >>> with_note(Fact("Accuracy", "98 %", "of 100")), with_note(Fact("Loss", 0.5))
    ('98 % (of 100)', '0.5')
    """
    return f"{plain(fact.value)} ({plain(fact.note)})" if fact.note else plain(fact.value)
