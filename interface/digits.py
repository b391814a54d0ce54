"""Digits and probabilities as text."""

from collections.abc import Sequence

import numpy as np
from rich.color import Color
from rich.progress_bar import ProgressBar
from rich.style import Style as RichStyle
from rich.table import Table
from rich.text import Text

from interface.console import Console, Style

_BLOCKS = np.array([" ", "▄", "▀", "█"])  # by 2 * (the upper pixel has ink) + (the lower one has)
_SHADES = np.array(list(" .:-=+*#%@"))
_INK = 96  # grey values from here on count as ink where only two levels can be shown
_SHORTEST_BAR, _LONGEST_BAR = 4, 30
_SIDE_BY_SIDE = 76  # columns from which a digit and its probabilities are shown side by side


def digit_lines(image: np.ndarray, *, blocks: bool = True) -> list[str]:
    """Return an image as lines of text without colour, two rows of pixels a line.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H * H,), uint8
        Ink is 255, paper 0.
    blocks : bool
        Half blocks, in which every pixel is ink or paper; else ten shades of plain ASCII, in which a sign is
        the mean of two pixels.

    Returns
    -------
    list of str
        ceil(H / 2) lines of W characters.

    Examples
    --------
    >>> image = np.array([[0, 255, 255], [0, 255, 0]], dtype=np.uint8)
    >>> digit_lines(image), digit_lines(image, blocks=False)
    ([' █▀'], [' @='])
    """
    upper, lower = _halves(image)
    if blocks:
        signs = _BLOCKS[2 * (upper >= _INK) + (lower >= _INK)]
    else:
        signs = _SHADES[(upper + lower) * len(_SHADES) // (2 * 256)]
    return ["".join(line) for line in signs]


def show_digit(console: Console, image: np.ndarray, caption: str | None = None) -> None:
    """Show an image in shades of grey, in half blocks or in ASCII, whichever the stream can carry."""
    console.show(_digit(console, image))
    if caption:
        console.say(caption)


def probability_bars(
    console: Console,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    highlight: int | None = None,
    truth: int | None = None,
) -> None:
    """Show a bar and a percentage for every class; what was predicted and what is true carry words.

    Parameters
    ----------
    console : Console
        Where to show them.
    probabilities : array of shape (C,)
        In [0, 1].
    class_names : sequence of str
        C names.
    highlight : int, optional
        The predicted class; the most probable one by default.
    truth : int, optional
        The true class, if known: a correct prediction is green, an incorrect one red.
    """
    console.show(_bars(console, probabilities, class_names, highlight, truth, console.width))


def show_prediction(
    console: Console,
    image: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    truth: int | None = None,
) -> None:
    """Show an image and its probabilities, side by side where there is room; parameters as above."""
    if console.width < _SIDE_BY_SIDE:
        show_digit(console, image)
        console.say()
        probability_bars(console, probabilities, class_names, truth=truth)
        return
    pair = Table.grid(padding=(0, 4, 0, 0))
    pair.add_column(vertical="middle")
    pair.add_column(vertical="middle")
    digit = _digit(console, image)
    room = console.width - max(len(line) for line in digit.plain.splitlines()) - 4
    pair.add_row(digit, _bars(console, probabilities, class_names, None, truth, room))
    console.show(pair)


def _halves(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and the lower pixel of every character, (ceil(H / 2), W) each, as int."""
    pixels = np.asarray(image)
    if pixels.ndim == 1:
        pixels = pixels.reshape(int(pixels.size**0.5), -1)
    pixels = np.pad(pixels.astype(int), ((0, len(pixels) % 2), (0, 0)))
    return pixels[0::2], pixels[1::2]


def _digit(console: Console, image: np.ndarray) -> Text:
    if not (console.has_greys and console.has_unicode):
        return console.text("\n".join(digit_lines(image, blocks=console.has_unicode)))
    lines = []
    for upper, lower in zip(*_halves(image), strict=True):
        pairs = zip(upper.tolist(), lower.tolist(), strict=True)
        lines.append(Text.assemble(*(_cell(above, below) for above, below in pairs), no_wrap=True))
    return Text("\n").join(lines)


def _cell(above: int, below: int) -> tuple[str, RichStyle]:
    """Return a sign that shows two pixels, the upper one in its foreground and the lower one behind it."""
    paper = Color.from_rgb(below, below, below)
    if above == below:
        return " ", RichStyle(bgcolor=paper)
    return "▀", RichStyle(color=Color.from_rgb(above, above, above), bgcolor=paper)


def _bars(
    console: Console,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    predicted: int | None,
    truth: int | None,
    width: int,
) -> Table:
    """Return a row for every class, `width` columns wide at most."""
    predicted = int(np.argmax(probabilities)) if predicted is None else predicted
    notes = [_note(index, predicted, truth) for index in range(len(class_names))]
    texts = [len(name) + len(note) for name, (note, _) in zip(class_names, notes, strict=True)]
    bar = min(max(width - max(texts) - len("  100.00%    "), _SHORTEST_BAR), _LONGEST_BAR)
    grid = Table.grid(padding=(0, 2, 0, 0))
    for _ in ("name", "bar", "per cent", "note"):
        grid.add_column()
    for name, probability, (note, style) in zip(class_names, probabilities, notes, strict=True):
        grid.add_row(
            console.text(name, style),
            ProgressBar(
                1.0, float(probability), bar, complete_style=style or "bar.complete", finished_style=style or ""
            ),
            console.text(f"{probability:7.2%}", style),
            console.text(note, style),
        )
    return grid


def _note(index: int, predicted: int, truth: int | None) -> tuple[str, Style | None]:
    """Return the words and the style of one class's row."""
    if index == predicted and truth is None:
        return "← predicted", "strong"
    if index == predicted:
        return ("✓ predicted, right", "good") if index == truth else ("✗ predicted, wrong", "bad")
    return ("← true", "good") if index == truth else ("", None)
