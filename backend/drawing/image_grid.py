"""Grids of images, each with its caption, and one image with the value of every pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.drawing.style import INK, PAPER, QUIET, new_figure, styled, two_sided
from backend.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches of a grid of digits: side of a picture, gap, line and character of a caption, title, and largest width.
SIDE, GAP, LINE, CHARACTER, TITLE, WIDEST = 0.9, 0.14, 0.165, 0.075, 0.36, 10.5
TITLE_CHARACTER = 0.098  # inches of a character of the title, on average
KEY, KEY_WIDTH = 0.5, 3.0  # inches: height and width of the colour key below a signed grid
WITHIN = 0.998  # quantile that limits the colour scale: a few outliers would make all other values pale


@styled
def digit_grid(
    images: np.ndarray,
    captions: Sequence[str] | None = None,
    colors: Sequence[str] | None = None,
    *,
    columns: int = 10,
    title: str | None = None,
    signed: bool = False,
) -> Figure:
    """Draw pictures in rows, dark ink on white, each under its caption.

    Parameters
    ----------
    images : ndarray of shape (N, H * H) or (N, H, W), N at least 1
        uint8 is drawn from 0 (white) to 255 (black), anything else from its smallest to its largest value.
    captions : sequence of N str, optional
        One per picture; a line break starts a second line. Cells grow with the longest line.
    colors : sequence of N str, optional
        Colour of each picture's frame and caption.
    columns : int
        Pictures a row, at most.
    title : str, optional
        Title of the figure.
    signed : bool
        Draw numbers with a sign instead, in the colours of `two_sided`, one symmetric scale for all, with its key;
        the few that lie beyond its ends have the colour of the end.

    Raises
    ------
    InputError
        If the shapes are wrong, or the numbers of captions or colours differ from that of the images.

    Examples
    --------
    >>> figure = digit_grid(np.zeros((3, 784), np.uint8), ["7", "2", "1"], title="Three digits")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['Three digits', '7', '2', '1']
    """
    images = _pictures(images)
    captions = _one_each(captions, len(images), "captions", "")
    colors = _one_each(colors, len(images), "colors", QUIET)
    width, height = _cell(captions, images.shape[1:])
    columns = max(1, min(columns, len(images), int(WIDEST / width)))
    top = TITLE if title else 0.0
    foot = top + math.ceil(len(images) / columns) * height + GAP / 2
    across = max(columns * width, GAP + TITLE_CHARACTER * len(title or ""), KEY_WIDTH * signed)
    figure, axes = _sheet(across, foot + KEY * signed)
    if title:
        axes.text(GAP / 2, TITLE / 2, title, fontsize=12, fontweight="bold", va="center")
    look = _look(images, signed)
    for number, (image, caption, color) in enumerate(zip(images, captions, colors, strict=True)):
        row, column = divmod(number, columns)
        left, bottom = (column + 0.5) * width - SIDE / 2, top + (row + 1) * height
        _place(axes, image, left, bottom, look, caption, color)
    if signed:
        _key(axes, across / 2, foot, look)
    return figure


@styled
def pixel_values(image: np.ndarray, title: str | None = None) -> Figure:
    """Draw one picture large, each pixel with its value written on it.

    Parameters
    ----------
    image : ndarray of shape (H * H,) or (H, W)
        Integers are written unchanged, other numbers with one decimal.
    title : str, optional
        Title of the figure.

    Raises
    ------
    InputError
        If the image is no picture.
    """
    pixels = _pictures(np.asarray(image)[None])[0]
    rows, columns = pixels.shape
    look = _look(pixels, signed=False)
    figure = new_figure(0.33 * columns + 0.3, 0.3 * rows + 0.6)
    axes = figure.subplots()
    axes.imshow(pixels, **look)
    axes.set_axis_off()
    axes.set_title(title or "")
    form = "{:d}" if pixels.dtype.kind in "iu" else "{:.1f}"
    for (row, column), value in np.ndenumerate(pixels):
        color = PAPER if value > (look["vmin"] + look["vmax"]) / 2 else INK
        axes.text(column, row, form.format(value), color=color, fontsize=7, ha="center", va="center")
    return figure


def _pictures(images: np.ndarray) -> np.ndarray:
    """Return images as (N, H, W); rows of pixels are taken to be square."""
    images = np.asarray(images)
    if images.ndim == 2 and images.shape[0]:
        side = math.isqrt(images.shape[1])
        if side and side * side == images.shape[1]:
            return images.reshape(-1, side, side)
    if images.ndim != 3 or 0 in images.shape:
        raise InputError(
            "images to draw",
            expected="an array of shape (N, 784) or (N, 28, 28) with N at least 1",
            found=f"shape {images.shape}",
            advice="Pass the images of a data set's X_train or X_test, or reshape yours.",
        )
    return images


def _limits(images: np.ndarray) -> tuple[float, float]:
    """Return the values to draw as white and as black."""
    return (0.0, 255.0) if images.dtype == np.uint8 else (float(images.min()), float(images.max()))


def _look(images: np.ndarray, signed: bool) -> dict[str, Any]:
    """Return the arguments of `imshow`: a colour map and its limits."""
    if not signed:
        low, high = _limits(images)
        return {"cmap": "gray_r", "vmin": low, "vmax": high, "interpolation": "none", "aspect": "auto"}
    limit = float(np.quantile(np.abs(images), WITHIN)) or float(np.abs(images).max()) or 1.0
    return {"cmap": two_sided(), "vmin": -limit, "vmax": limit, "interpolation": "none", "aspect": "auto"}


def _key(axes: Axes, middle: float, top: float, look: dict[str, Any]) -> None:
    """Draw the colour key below a grid: a strip with its limits and 0 labelled."""
    box = (middle - SIDE, middle + SIDE, top + 0.24, top + 0.1)
    axes.imshow(np.linspace(look["vmin"], look["vmax"], 255)[None], extent=box, **look)
    for place, text in ((-1, f"≤ −{look['vmax']:.3g}"), (0, "0"), (1, f"≥ +{look['vmax']:.3g}")):
        axes.text(middle + place * SIDE, top + 0.27, text, fontsize=9, ha="center", va="top")


def _one_each(values: Sequence[str] | None, count: int, name: str, default: str) -> Sequence[str]:
    """Return `values`, after checking their number, or `default` for every picture."""
    if values is None:
        return [default] * count
    if len(values) != count:
        raise InputError(
            name, expected=f"one for each of {count} images", found=str(len(values)), advice=f"Match {name}."
        )
    return values


def _cell(captions: Sequence[str], shape: tuple[int, ...]) -> tuple[float, float]:
    """Return width and height in inches of a picture with its caption and gap."""
    lines = [caption.split("\n") for caption in captions]
    longest = max(len(line) for caption in lines for line in caption)
    most = max((len(caption) for caption in lines if any(caption)), default=0)
    height = SIDE * shape[0] / shape[1] + most * LINE + GAP
    return max(SIDE + GAP, longest * CHARACTER + GAP), height


def _sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a new figure and axes that fill it, in inches from its top left corner."""
    figure = new_figure(width, height, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axes.set_axis_off()
    return figure, axes


def _place(
    axes: Axes,
    image: np.ndarray,
    left: float,
    bottom: float,
    look: dict[str, Any],
    caption: str,
    color: str,
) -> None:
    """Draw one picture, its frame and its caption."""
    from matplotlib.patches import Rectangle

    height = SIDE * image.shape[0] / image.shape[1]
    box = (left, left + SIDE, bottom, bottom - height)
    axes.imshow(image, extent=box, **look)
    axes.add_patch(Rectangle((left, bottom), SIDE, -height, fill=False, edgecolor=color, linewidth=1.2))
    if caption:
        middle, above = left + SIDE / 2, bottom - height - 0.04
        axes.text(middle, above, caption, color=color, fontsize=9, ha="center", va="bottom", linespacing=1.15)
