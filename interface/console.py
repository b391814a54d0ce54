"""The console over three streams, the same for terminals, pipes and tests."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal, TextIO

from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from backend.errors import InputError
from interface.tables import TableLayout
from interface.text import cell, encodable
from interface.wrapping import WrappedText

Style = Literal["title", "strong", "good", "bad", "warn", "quiet"]

_THEME = Theme(
    {
        "title": "bold",
        "strong": "bold",
        "good": "green",
        "bad": "red",
        "warn": "yellow",
        "quiet": "dim",
        "bar.back": "grey35",
        "bar.complete": "cyan",
        "bar.finished": "cyan",
        "bar.pulse": "cyan",
    }
)
_UNBOUNDED = 4096  # columns of a pipe: wide enough that nothing is wrapped


class Console:
    """Print, warn, show tables and read lines; plain text in a pipe, colour and wrapping in a terminal.

    Everything said is taken literally: no markup, no highlighting, and control characters (of a hostile
    file name, for example) made visible. What the stream cannot encode becomes the nearest ASCII. In a terminal,
    or under a width given here or by ``COLUMNS``, lines fold at that width; in a pipe they do not fold.
    ``NO_COLOR`` and ``TERM=dumb`` are respected.

    Parameters
    ----------
    stdout, stderr, stdin : text streams, optional
        ``sys.stdout``, ``sys.stderr`` and ``sys.stdin`` by default.
    width : int, optional
        Width in columns; detected by default.

    Examples
    --------
    >>> Console(sys.stdout).table(["Layer", "Weights"], [["hidden", 200704], ["output", 2560]])
    Layer   Weights
    ───────────────
    hidden   200704
    output     2560
    """

    def __init__(
        self,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        stdin: TextIO | None = None,
        *,
        width: int | None = None,
    ) -> None:
        self._stdout = stdout or sys.stdout
        self._stdin = stdin or sys.stdin
        self._out = _rich_console(self._stdout, width)
        self._err = _rich_console(stderr or sys.stderr, width)
        self._is_live = False

    @property
    def is_terminal(self) -> bool:
        """Whether what is shown can be redrawn in place."""
        return self._out.is_terminal and not self._out.is_dumb_terminal

    @property
    def is_answered_by_hand(self) -> bool:
        """Whether somebody types the answers."""
        return _is_terminal(self._stdin)

    @property
    def width(self) -> int:
        """Columns to lay things out for: the terminal's, or 80 where lines have no bound."""
        return 80 if self._out.width == _UNBOUNDED else self._out.width

    @property
    def has_unicode(self) -> bool:
        """Whether box drawing and block characters arrive."""
        return not self._out.options.ascii_only

    @property
    def has_greys(self) -> bool:
        """Whether shades of grey arrive: 256 colours or more, and not forbidden by ``NO_COLOR``."""
        return self._out.color_system in ("256", "truecolor") and not self._out.no_color

    def text(self, value: object, style: Style | None = None) -> Text:
        """Return `value` as literal text that the console's stream can encode."""
        return WrappedText(self._plain(str(value)), style=style or "")

    def say(self, text: object = "", style: Style | None = None) -> None:
        """Print one line, or several, in one of the named styles."""
        self.show(self.text(text, style))

    def note(self, text: object) -> None:
        """Print a message to standard error."""
        self._complain("Note: ", "strong", text)

    def warn(self, text: object) -> None:
        """Print a warning to standard error."""
        self._complain("Warning: ", "warn", text)

    def error(self, text: object) -> None:
        """Print an error to standard error."""
        self._complain("Error: ", "bad", text)

    def title(self, text: object) -> None:
        """Print a heading: an empty line, the text, and a rule under it."""
        heading = self.text(text, "title")
        longest = max(map(cell_len, heading.plain.splitlines()), default=0)
        self.say()
        self.show(heading)
        self.say("─" * min(longest, self._out.width), "quiet")

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[object]],
        title: str | None = None,
        highlight_row: int | None = None,
    ) -> None:
        """Print a table: numbers to the right, the highlighted row marked; split into parts if it is too wide.

        Parameters
        ----------
        columns : sequence of str
            Headings.
        rows : sequence of sequences
            Cells; None is shown as a dash, floats with four significant digits, everything else as ``str`` formats it.
        title : str, optional
            A line above.
        highlight_row : int, optional
            Index of the row to mark.
        """
        if title:
            self.say(f"\n{title}", "title")
        sheet = TableLayout(columns, rows, self._plain, highlight_row)
        for number, part in enumerate(sheet.tables(self._out.width, unicode=self.has_unicode)):
            if number:
                self.say()
            self.show(part)

    def fits(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
        """Return whether `table` would show these columns, with a row highlighted, in one part."""
        return TableLayout(columns, rows, self._plain, 0).fits(self._out.width)

    def facts(self, pairs: Sequence[tuple[str, object]], title: str | None = None) -> None:
        """Print names and values in two columns; long values fold under themselves."""
        if title:
            self.say(f"\n{title}", "title")
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(max_width=max(self._out.width // 2, 1))
        grid.add_column()
        for name, value in pairs:
            grid.add_row(self.text(name, "quiet"), self.text(cell(value)))
        self.show(grid)

    def show(self, content: RenderableType) -> None:
        """Print something made of rich's parts; for the modules of this package."""
        self._out.print(_Trimmed(content))

    @contextmanager
    def live(self) -> Iterator[Callable[[RenderableType], None]]:
        """Yield a function that redraws the terminal's last lines; they are gone when the block ends.

        There is no thread: only calls of the function draw. What is printed meanwhile
        appears above.
        """
        redirect = self._err.is_terminal
        with Live(console=self._out, auto_refresh=False, transient=True, redirect_stderr=redirect) as live:
            self._is_live = True
            try:
                yield lambda content: live.update(content, refresh=True)
            finally:
                self._is_live = False

    def read_line(self, prompt: str) -> str:
        """Show `prompt` and return the line read; echo it where nobody types.

        Raises
        ------
        EOFError
            At the end of the input.
        InputError
            If the line is not text in the input's encoding.
        """
        by_hand = self.is_answered_by_hand and self._stdin is sys.stdin and self._stdout is sys.stdout
        try:
            return _typed(self._plain(prompt)) if by_hand else self._read_plainly(self._plain(prompt))
        except UnicodeDecodeError as error:
            raise InputError(
                "the answer",
                expected=f"text in {error.encoding}",
                found=repr(error.object),
                advice="Type it again, or save the piped file in that encoding.",
            ) from None

    def end_line(self) -> None:
        """End the current line."""
        self._stdout.write("\n")
        self._stdout.flush()

    def clear_line(self) -> None:
        """Clear the terminal's current line, such as its echo of Ctrl-C."""
        if self.is_terminal:
            self._stdout.write("\r\x1b[K")
            self._stdout.flush()

    def flush(self) -> None:
        """Hand everything written to standard output on to the system."""
        self._stdout.flush()

    def discard(self) -> None:
        """Send standard output nowhere from now on, since its reader has gone."""
        with suppress(OSError, ValueError):  # a stream in memory has no descriptor
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stdout.fileno())

    def _plain(self, text: str) -> str:
        return encodable(text, self._out.encoding)

    def _read_plainly(self, prompt: str) -> str:
        self._stdout.write(prompt)
        self._stdout.flush()
        line = self._stdin.readline() if self._stdin else ""
        if not line:
            raise EOFError
        if not self.is_answered_by_hand:
            self.say(line.rstrip("\r\n"))
        return line.rstrip("\r\n")

    def _complain(self, kind: str, style: Style, text: object) -> None:
        # During a live display, lines must go through the console that keeps the display below them.
        rich = self._out if self._is_live and self._err.is_terminal else self._err
        literal = encodable(str(text), rich.encoding)
        rich.print(_Trimmed(WrappedText.assemble((kind, f"bold {_THEME.styles[style]}"), literal)))


class _Rich(RichConsole):
    """A rich console that leaves a broken pipe to its caller, where rich would exit the process."""

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError that is being handled


class _Trimmed:
    """Content without the spaces that fill its lines up."""

    def __init__(self, content: RenderableType) -> None:
        self._content = content

    def __rich_console__(self, console: RichConsole, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self._content, options, pad=False):
            text = Text.assemble(*((part.text, part.style or "") for part in line), no_wrap=True)
            if not any(part.style and part.style.bgcolor for part in line):
                text.rstrip()
            yield text


def _rich_console(stream: TextIO, width: int | None) -> _Rich:
    """Return a rich console without heuristics: a terminal is what isatty reports, a pipe has no width limit."""
    terminal = _is_terminal(stream)
    bounded = width or terminal or os.environ.get("COLUMNS", "").isdigit()
    return _Rich(
        file=stream,
        width=width if bounded else _UNBOUNDED,
        force_terminal=terminal,
        force_jupyter=False,
        theme=_THEME,
        markup=False,
        emoji=False,
        highlight=False,
    )


def _is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream, which may be missing or closed, is a terminal."""
    with suppress(ValueError):
        return stream is not None and stream.isatty()
    return False


def _typed(prompt: str) -> str:
    """Return a line typed in a terminal, with line editing if Python has readline."""
    with suppress(ImportError):
        import readline  # noqa: F401  here and not above, as its import may write to a pipe
    return input(prompt)
