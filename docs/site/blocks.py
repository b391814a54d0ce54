"""The Python blocks of a Markdown page, which belong to one program."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def python_blocks(page: Path) -> list[str]:
    """Return the Python blocks of a page in order, each after as many empty lines as precede it in the page.

    Tracebacks have the line numbers of the page in this way.

    Parameters
    ----------
    page : Path
        A Markdown file.
    """
    text = page.read_text(encoding="utf-8")
    return ["\n" * text.count("\n", 0, found.start(1)) + found[1] for found in BLOCK.finditer(text)]


def run_blocks(page: Path, folder: Path, count: int | None = None) -> dict[str, Any]:
    """Run the Python blocks of a page one after the other, and return their common namespace.

    Parameters
    ----------
    page : Path
        A Markdown file.
    folder : Path
        Working folder of the code, which may write files.
    count : int, optional
        Number of blocks to run from the beginning; None runs all of them.
    """
    namespace: dict[str, Any] = {"__name__": "page"}
    blocks = python_blocks(page)[:count]
    with contextlib.chdir(folder):
        for block in blocks:
            exec(compile(block, str(page), "exec"), namespace)
    return namespace
