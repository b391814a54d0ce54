"""Hooks of MkDocs: formulas become MathML, and links to source files lead to the reference."""

from __future__ import annotations

import html
import posixpath
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1]
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]\[]+)\]\(([^)\s#:]+)\)")  # pictures, anchors and addresses of the web are left alone
IDENTIFIER = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)


def on_page_markdown(markdown: str, /, *, page: Any, **_: Any) -> str:
    """Return the page with links to files outside of docs/ changed into links to the reference, or into text.

    Parameters
    ----------
    markdown : str
        Text of the page.
    page : mkdocs.structure.pages.Page
        The page, whose folder the links start from.
    """
    folder = posixpath.dirname(page.file.src_uri)
    places = documented_modules(DOCS / "reference")

    def changed(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, link[2]))
        if path.startswith("docs/") and not path.endswith(".py"):
            return link[0]
        module = path.removesuffix(".py").replace("/", ".")
        if module not in places:
            return link[1]
        return f"[{link[1]}]({posixpath.relpath(f'reference/{places[module]}', folder or '.')})"

    return LINK.sub(changed, markdown)


def documented_modules(folder: Path) -> dict[str, str]:
    """Return where each module is documented, as ``page.md#identifier``, by the module's name.

    Parameters
    ----------
    folder : Path
        The folder of the pages of the reference.
    """
    places: dict[str, str] = {}
    for page in sorted(folder.glob("*.md")):
        for identifier in IDENTIFIER.findall(page.read_text(encoding="utf-8")):
            module = re.sub(r"(\.[A-Z]\w*)+$", "", identifier)
            places.setdefault(module, f"{page.name}#{identifier}")
    return places


def on_page_content(content: str, /, **_: Any) -> str:
    r"""Return the HTML of a page with every formula, ``\\(...\\)`` or ``\\[...\\]``, as MathML.

    Browsers draw MathML themselves, so that a page needs no script and no fonts.
    """
    return FORMULA.sub(_mathml, content)


def _mathml(formula: re.Match[str]) -> str:
    from latex2mathml.converter import convert

    display = "block" if formula[1] == "div" else "inline"
    return convert(html.unescape(formula[2]).strip(), display=display)
