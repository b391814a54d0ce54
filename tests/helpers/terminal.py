"""Streams for tests of output and prompts: in memory, and a program in a pseudo-terminal."""

import io
import os
import sys
import time
import warnings
from pathlib import Path

import pytest

from interface.console import Console

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds until a text that never comes fails a test; nothing waits this long otherwise


class Recorded(Console):
    """A console in memory: `out` and `err` are what was shown, `answers` what will be read."""

    def __init__(self, answers: str = "", *, width: int | None = None, encoding: str = "utf-8") -> None:
        self._raw = io.BytesIO(), io.BytesIO()
        out, err = (io.TextIOWrapper(raw, encoding=encoding, newline="") for raw in self._raw)
        super().__init__(out, err, io.StringIO(answers), width=width)
        self.encoding = encoding

    @property
    def out(self) -> str:
        return self._raw[0].getvalue().decode(self.encoding)

    @property
    def err(self) -> str:
        return self._raw[1].getvalue().decode(self.encoding)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without what bends terminals, with `changes`."""
    bending = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"}
    bending |= {"PYTHONUNBUFFERED", "PYTHON_COLORS"}
    kept = {name: value for name, value in os.environ.items() if name not in bending}
    return kept | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | changes


class Terminal:
    """A Python program in a pseudo-terminal, and the screen that it has drawn."""

    def __init__(self, *arguments: str, columns: int = 60, rows: int = 24, echo: bool = True, **changes: str) -> None:
        if sys.platform == "win32":
            pytest.skip("Windows has no pseudo-terminals for pexpect")
        import pexpect
        import pyte

        self._end = pexpect.EOF
        self._screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.Stream(self._screen)
        self.raw = ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # BLAS has threads, and pexpect forks
            self.child = pexpect.spawn(
                sys.executable,
                list(arguments),
                dimensions=(rows, columns),
                env=environment(**changes),
                encoding="utf-8",
                cwd=str(ROOT),
                echo=echo,
            )

    @property
    def lines(self) -> list[str]:
        """The screen's lines, without the empty ones at its end."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().splitlines()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, text: str) -> None:
        """Read until `text` stands on the screen."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.text:
            assert time.monotonic() < deadline, f"{text!r} never came:\n{self.text}"
            assert self._read(), f"the program ended before {text!r}:\n{self.text}"

    def send(self, keys: str) -> None:
        self.child.send(keys)

    def end(self) -> int:
        """Wait for the program's end and return its exit code."""
        while self._read():
            pass
        self.child.close()
        return self.child.exitstatus if self.child.signalstatus is None else -self.child.signalstatus

    def colors(self, row: int) -> list[tuple[str, str]]:
        """Return foreground and background of every column of a row."""
        return [(self._screen.buffer[row][n].fg, self._screen.buffer[row][n].bg) for n in range(self._screen.columns)]

    def _read(self) -> bool:
        try:
            part = self.child.read_nonblocking(4096, timeout=PATIENCE)
        except self._end:
            return False
        self.raw += part
        self._stream.feed(part)
        return True
