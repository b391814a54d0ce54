"""A document as Markdown, in GitHub's dialect."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from testing.report.blocks import Block, Document, Facts, Picture, Section, Table, Text, plain, with_note

_INLINE_MARK = re.compile(r"([\\`*_\[\]|~$])")
_BLOCK_MARK = re.compile(r"^([#+=-]+|\d+[.)])(?!\S)")  # text that would start a heading, a list or a rule


def to_markdown(document: Document) -> str:
    r"""Return a document's text; pictures are links relative to the file.

    Parameters
    ----------
    document : Document
        The content. All text is escaped: nothing in it is interpreted as Markdown or HTML.

    Examples
    --------
    >>> print(to_markdown(Document("Digits", "Ten *classes*.", [Section("Result", [Text("Good.")])])), end="")
    # Digits
    <BLANKLINE>
    Ten \*classes\*.
    <BLANKLINE>
    ## Result
    <BLANKLINE>
    Good.
    """
    parts = [f"# {escaped(document.title)}", escaped(document.lead)]
    parts += [part for section in document.sections for part in _section(section)]
    return "\n\n".join(filter(None, parts)) + "\n"


def escaped(value: object) -> str:
    r"""Return a value as text of one line that Markdown shows as it is.

    Examples
    --------
    >>> print(escaped("a|b <i>*c*</i>"))
    a\|b &lt;i&gt;\*c\*&lt;/i&gt;
    """
    text = " ".join(plain(value).split())
    text = _INLINE_MARK.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return _BLOCK_MARK.sub(lambda mark: f"{mark[0][:-1]}\\{mark[0][-1]}", text)


def _section(section: Section) -> Iterable[str]:
    """Yield a section's heading and blocks."""
    yield f"## {escaped(section.title)}"
    for block in section.blocks:
        yield from _block(block)


def _block(block: Block) -> Iterable[str]:
    """Yield the parts of one block, to be separated by empty lines."""
    match block:
        case Text():
            yield escaped(block.text)
        case Picture():
            yield f"### {escaped(block.title)}"
            yield f"![{escaped(block.alt)}]({quote(block.file)})"
            yield escaped(block.reading)
        case Table():
            yield f"### {escaped(block.title)}" if block.title else ""
            yield _table(block.columns, block.rows, block.words)
        case Facts():
            yield f"### {escaped(block.title)}" if block.title else ""
            yield _table(("", ""), [(fact.name, with_note(fact)) for fact in block.facts], 2)


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]], words: int) -> str:
    """Return a table, numbers to the right."""
    rules = ["---" if place < words else "---:" for place in range(len(columns))]
    lines = [map(escaped, columns), rules, *(map(escaped, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
