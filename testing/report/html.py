"""A document as one self-contained HTML page: no other file, no network, no script."""

import base64
import struct
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from testing.report.blocks import Block, Document, Fact, Facts, Picture, Section, Table, Text, plain, with_note
from testing.report.style import STYLE

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # enforced by the browser
_UNQUOTED = " /:;,=()'@!$*+?[]{}|^`~"  # allowed in a data URI within double quotes; %, #, &, ", < and > are not
_PIXELS_AN_INCH, _DOTS_AN_INCH = 96, 150  # of CSS, and of the figures


def to_html(document: Document, folder: Path) -> str:
    """Return a page with its pictures inside.

    Parameters
    ----------
    document : Document
        The content. All text is escaped: nothing in it is interpreted as HTML.
    folder : Path
        The folder that contains the pictures.

    Raises
    ------
    OSError
        If a picture cannot be read.

    Examples
    --------
    >>> page = to_html(Document("<Digits>", "Ten classes.", [Section("Result", [Text("a < b")])]), Path())
    >>> "<h1>&lt;Digits&gt;</h1>" in page, "<p>a &lt; b</p>" in page
    (True, True)
    """
    links = "".join(f'<a href="#{_id(place)}">{_text(s.title)}</a>' for place, s in enumerate(document.sections, 1))
    sections = "\n".join(_section(section, place, folder) for place, section in enumerate(document.sections, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(document.title)}</title>
<style>
{STYLE}</style>
</head>
<body>
<header>
<h1>{_text(document.title)}</h1>
<p>{_text(document.lead)}</p>
<nav aria-label="Sections">{links}</nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


def embedded(png: Path) -> str:
    """Return a data URI of a picture: the PNG or the SVG next to it, whichever is shorter.

    Both are used in an ``img``, where an SVG can neither run scripts nor share identifiers with another one.
    """
    data = png.read_bytes()
    picture = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    svg = png.with_suffix(".svg")
    if not svg.exists():
        return picture
    drawing = f"data:image/svg+xml,{quote(_tight(svg.read_text(encoding='utf-8')), safe=_UNQUOTED)}"
    return min(picture, drawing, key=len)


def _tight(svg: str) -> str:
    """Return an SVG with runs of white space collapsed."""
    return " ".join(svg.split())


def png_size(png: Path) -> tuple[int, int]:
    """Return the width and height of a PNG in its own pixels, from its first 24 bytes."""
    with png.open("rb") as file:
        width, height = struct.unpack(">16xII", file.read(24))
    return width, height


def _id(place: int) -> str:
    """Return the anchor of a section."""
    return f"section-{place}"


def _text(value: object) -> str:
    """Return a value as text between tags or in a quoted attribute."""
    return escape(plain(value), quote=True)


def _section(section: Section, place: int, folder: Path) -> str:
    """Return a section with its heading; consecutive tables are placed side by side on a wide page."""
    parts = [f"<h2>{_text(section.title)}</h2>"]
    for is_table, blocks in groupby(section.blocks, key=lambda block: isinstance(block, Table)):
        shown = "\n".join(_block(block, folder) for block in blocks)
        parts.append(f'<div class="tables">\n{shown}\n</div>' if is_table else shown)
    body = "\n".join(parts)
    return f'<section id="{_id(place)}">\n{body}\n</section>'


def _block(block: Block, folder: Path) -> str:
    """Return one block."""
    match block:
        case Text():
            return f"<p{_class(block.kind)}>{_text(block.text)}</p>"
        case Facts():
            return _facts(block)
        case Table():
            return _table(block)
        case Picture():
            return _picture(block, folder)


def _class(name: str) -> str:
    """Return a ``class`` attribute, or nothing."""
    return f' class="{name}"' if name else ""


def _facts(block: Facts) -> str:
    """Return names and values as a list of terms."""
    title = f"<h3>{_text(block.title)}</h3>\n" if block.title else ""
    kind, value = ("prominent", _amount) if block.prominent else ("facts", lambda fact: escape(with_note(fact)))
    items = "".join(f"<div><dt>{_text(fact.name)}</dt><dd>{value(fact)}</dd></div>\n" for fact in block.facts)
    return f'{title}<dl class="{kind}">\n{items}</dl>'


def _amount(fact: Fact) -> str:
    """Return a number with its unit and its note, both smaller."""
    number, _, unit = plain(fact.value).partition(" ")
    parts = [escape(number), f" <span>{escape(unit)}</span>" if unit else ""]
    return "".join([*parts, f"<small>{_text(fact.note)}</small>" if fact.note else ""])


def _table(block: Table) -> str:
    """Return a table in a frame that scrolls on a narrow page, with the keyboard too."""
    head = "".join(_cell("th", value, place, block.words, "col") for place, value in enumerate(block.columns))
    rows = "".join(f"<tr>{_row(row, block.words)}</tr>\n" for row in block.rows)
    title, label = (f"<h3>{_text(block.title)}</h3>\n", _text(block.title)) if block.title else ("", "Table")
    return (
        f'<div>{title}<div class="scroll" tabindex="0" role="region" aria-label="{label}">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div></div>"
    )


def _row(row: Sequence[object], words: int) -> str:
    """Return a row's cells, the first of which names it."""
    first, *others = row
    cells = (_cell("td", value, place, words) for place, value in enumerate(others, 1))
    return _cell("th", first, 0, words, "row") + "".join(cells)


def _cell(tag: str, value: object, place: int, words: int, scope: str = "") -> str:
    """Return a cell of a row; cells with numbers have a class of their own."""
    scope = f' scope="{scope}"' if scope else ""
    return f"<{tag}{scope}{_class('' if place < words else 'number')}>{_text(value)}</{tag}>"


def _picture(block: Picture, folder: Path) -> str:
    """Return a figure with its caption, no larger than it was drawn."""
    width, height = (pixels * _PIXELS_AN_INCH // _DOTS_AN_INCH for pixels in png_size(folder / block.file))
    title = _text(block.title)
    return (
        f"<figure>\n<figcaption><h3>{title}</h3>\n<p>{_text(block.reading)}</p></figcaption>\n"
        f'<div class="scroll paper" tabindex="0" role="region" aria-label="{title}">'
        f'<img src="{embedded(folder / block.file)}" alt="{_text(block.alt)}" width="{width}" height="{height}" '
        f'style="max-width: {width}px; min-width: min({width}px, 30rem)"></div>\n</figure>'
    )
