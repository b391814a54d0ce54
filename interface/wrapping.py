"""Line wrapping between words and after path separators, and within a word only if unavoidable."""

import re
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.console import Console as RichConsole
from rich.containers import Lines
from rich.text import Text

_WORD = re.compile(r"\S+\s*|\s+")
_COMPONENT = re.compile(r"[^/\\]*[/\\]?")  # of a path, with the separator behind it


def break_offsets(line: str, width: int) -> list[int]:
    r"""Return where to break a line of text that is longer than `width`.

    A word that fits on a line is never broken. A longer one, such as a path, is broken between components if
    they fit; only a component that is longer than a line is broken at any character.

    Parameters
    ----------
    line : str
        Without line ends.
    width : int
        Columns of the screen, at least 1.

    Returns
    -------
    list of int
        Indices of the characters that begin a new line.

    Examples
    --------
    >>> break_offsets("saved as /data/models/two.png", 20)
    [9]
    >>> break_offsets("/data/a-long-folder/two.png", 20)
    [20]
    """
    offsets: list[int] = []
    used = 0  # columns of the line that is being filled
    for start, part in _unbreakable_parts(line, width):
        needed = cell_len(part.rstrip())
        if used and used + needed > width:
            offsets.append(start)
            used = 0
        pieces = chop_cells(part, width) if needed > width else [part]
        for piece in pieces[:-1]:
            start += len(piece)
            offsets.append(start)
            used = 0
        used += cell_len(pieces[-1])
    return offsets


def _unbreakable_parts(line: str, width: int) -> list[tuple[int, str]]:
    """Return the words of a line, and the components of those that are longer than a line, with their offsets."""
    parts = []
    for word in _WORD.finditer(line):
        if cell_len(word[0].strip()) <= width:
            parts.append((word.start(), word[0]))
        else:
            found = [each for each in _COMPONENT.finditer(word[0]) if each[0]]
            parts += [(word.start() + each.start(), each[0]) for each in found]
    return parts


class WrappedText(Text):
    """Literal text that is broken at the offsets of `break_offsets`, in place of rich's own."""

    def wrap(self, console: RichConsole, width: int, *, justify: Any = None, **_: Any) -> Lines:
        """Return the lines of the text for a width in columns of the screen."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            line.expand_tabs(8)
            parts = line.divide(break_offsets(str(line), max(width, 1)))
            for part in parts:
                part.rstrip_end(width)
            if justify:
                parts.justify(console, width, justify=justify, overflow="fold")
            lines.extend(parts)
        return lines
