"""Prompts: one loop that asks until the answer can be parsed, and the common questions built on it."""

import difflib
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from backend.errors import InputError
from interface.console import Console

T = TypeVar("T")
Number = TypeVar("Number", int, float)


class EndOfInput(Exception):  # noqa: N818  the end of the input is no error
    """Raised by every prompt at the end of input: Ctrl-D, or the end of a pipe."""


def ask(console: Console, question: str, parse: Callable[[str], T], default: str | None = None, *, hint: str = "") -> T:
    """Ask until `parse` accepts the answer.

    Parameters
    ----------
    console : Console
        Where to print and read.
    question : str
        Without a colon at its end.
    parse : callable
        Turns the answer, stripped of spaces at both ends, into a value; raises InputError to be asked again.
    default : str, optional
        The answer for an empty line.
    hint : str
        Shown in brackets after the question; the default by default.

    Raises
    ------
    EndOfInput
        At the end of input.
    """
    hint = hint or default or ""
    prompt = f"{question} [{hint}]: " if hint else f"{question}: "
    while True:
        try:
            return parse(_line(console, prompt).strip() or default or "")
        except InputError as error:
            console.say(error, "warn")


def ask_choice(console: Console, question: str, choices: Sequence[str], default: str | None = None) -> str:
    """Ask for one of `choices`; an unambiguous prefix is enough."""
    console.say(f"One of {', '.join(choices)}.", "quiet")
    return ask(console, question, lambda answer: choice(answer, "your answer", choices), default)


def ask_row(
    console: Console, question: str, columns: Sequence[str], rows: Sequence[Sequence[object]], default: str
) -> str:
    """Show a table whose rows are numbered, ask for one by its number or its name, and return the name.

    Parameters
    ----------
    console : Console
        Where to print and read.
    question : str
        Without a colon at its end.
    columns : sequence of str
        Headings of the rows' cells.
    rows : sequence of sequences
        Cells; the first of each row is its name.
    default : str
        Name of the row chosen by an empty line; it is marked.
    """
    names = [str(row[0]) for row in rows]
    numbered = [[place, *row] for place, row in enumerate(rows, 1)]
    console.table(["No.", *columns], numbered, highlight_row=names.index(default))
    console.say()

    def parse(answer: str) -> str:
        if answer.isdecimal():
            return names[number(answer, question, int, 1, len(names)) - 1]
        return choice(answer, question, names)

    return ask(console, f"{question} (number or name)", parse, default)


def ask_yes_no(console: Console, question: str, default: bool = True) -> bool:
    """Ask for yes or no."""
    answers = {"yes": True, "no": False}
    hint, usual = ("Y/n", "yes") if default else ("y/N", "no")
    word = ask(console, question, lambda answer: choice(answer, "your answer", tuple(answers)), usual, hint=hint)
    return answers[word]


def choose_from_menu(console: Console, title: str, entries: Sequence[str]) -> int:
    """Show numbered entries, ask for one, and return its index, from 0."""
    console.title(title)
    width = len(str(len(entries)))
    for place, entry in enumerate(entries, 1):
        console.say(f"  {place:>{width}}  {entry}")
    console.say()
    last = len(entries)
    return ask(console, f"Choose 1 to {last}", lambda text: number(text, "your choice", int, 1, last)) - 1


def number(text: str, name: str, kind: type[Number], minimum: float = -math.inf, maximum: float = math.inf) -> Number:
    """Return the finite number in `text`, or raise InputError.

    Examples
    --------
    >>> number("0.5", "dropout", float, 0, 1)
    0.5
    >>> number("2.5", "epochs", int, minimum=1)
    Traceback (most recent call last):
    backend.errors.InputError: epochs: expected a whole number of at least 1, found '2.5'. Enter such a number.
    """
    try:
        value = kind(text)
        if math.isfinite(value) and minimum <= value <= maximum:
            return value
    except (ValueError, OverflowError):
        pass
    expected = ("a whole number" if kind is int else "a number") + _range(minimum, maximum)
    raise InputError(name, expected=expected, found=_found(text), advice="Enter such a number.")


def choice(text: str, name: str, choices: Sequence[str]) -> str:
    """Return the choice that equals, or is the only one to start with, `text`, ignoring case; or raise InputError.

    Examples
    --------
    >>> choice("sig", "activation", ("relu", "sigmoid", "tanh"))
    'sigmoid'
    """
    wanted = text.lower()
    exact = [item for item in choices if item.lower() == wanted]
    begins = [item for item in choices if wanted and item.lower().startswith(wanted)]
    if len(exact or begins) == 1:
        return (exact or begins)[0]
    near = difflib.get_close_matches(wanted, choices, 1)
    advice = f"Did you mean {near[0]}?" if near else "Use one of these names."
    raise InputError(name, expected=f"one of {', '.join(choices)}", found=_found(text), advice=advice)


def _found(text: str) -> str:
    return repr(text) if text else "nothing"


def _range(minimum: float, maximum: float) -> str:
    """Return the bounds in words, with a space in front."""
    if math.isinf(minimum) and math.isinf(maximum):
        return ""
    if math.isinf(maximum):
        return f" of at least {minimum}"
    return f" of at most {maximum}" if math.isinf(minimum) else f" from {minimum} to {maximum}"


def _line(console: Console, prompt: str) -> str:
    """Read a line; leave the cursor at the start of a line in every case."""
    try:
        return console.read_line(prompt)
    except EOFError:
        console.end_line()
        raise EndOfInput from None
    except KeyboardInterrupt:
        console.end_line()
        raise
