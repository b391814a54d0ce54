"""Figures that combine pictures of any size, positioned in inches from the top left corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backend.drawing import DPI, INK, QUIET, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE = 0.17  # inches of a line of a caption
HEADING = 0.42  # inches of a heading
CHARACTER, BOLD = 0.075, 0.086  # inches of a character of a caption, on average
_MARGIN = 0.04


@styled
def new_canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure and axes that fill it.

    Parameters
    ----------
    width, height : float
        Inches.

    Examples
    --------
    >>> new_canvas(4, 3)[1].get_ylim()
    (np.float64(3.0), np.float64(0.0))
    """
    figure = new_figure(width, height, layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axes.set_axis_off()
    return figure, axes


def fitted(shape: tuple[int, ...], width: float, height: float) -> tuple[float, float]:
    """Return the largest width and height within a frame that keep a picture's aspect ratio.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of pixels, and optionally colour channels.
    width, height : float
        Of the frame.

    Examples
    --------
    >>> fitted((10, 20), 6.0, 6.0), fitted((20, 10), 6.0, 6.0)
    ((6.0, 3.0), (3.0, 6.0))
    """
    scale = min(width / shape[1], height / shape[0])
    return shape[1] * scale, shape[0] * scale


def place(
    axes: Axes, pixels: np.ndarray, left: float, top: float, size: tuple[float, float], color: str = QUIET
) -> None:
    """Draw a picture with a frame.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Of `new_canvas`.
    pixels : ndarray of shape (H, W) or (H, W, 3), uint8
        As it is: 0 is black.
    left, top : float
        Position of its top left corner, in inches.
    size : tuple of float
        Width and height in inches.
    color : str
        Of the frame.
    """
    from matplotlib.patches import Rectangle

    width, height = size
    extent = (left, left + width, top + height, top)
    look: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255} if pixels.ndim == 2 else {}
    axes.imshow(_averaged(pixels, size), extent=extent, aspect="auto", interpolation="none", **look)
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=color, linewidth=1))


def _averaged(pixels: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """Return a picture scaled down to the figure's resolution; smaller pictures are returned unchanged."""
    from PIL import Image

    factor = max(pixels.shape[:2]) / (DPI * max(size))
    if factor <= 1:
        return pixels
    rows, columns = (max(1, round(side / factor)) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((columns, rows), Image.Resampling.BOX))


def write(
    axes: Axes, text: str, left: float, top: float, *, color: str = INK, size: float = 9, bold: bool = False
) -> None:
    """Write text with its top left corner at (`left`, `top`), in inches."""
    weight = "bold" if bold else "normal"
    axes.text(left, top + _MARGIN, text, color=color, fontsize=size, fontweight=weight, va="top", linespacing=1.15)


def clipped(text: str, width: float, character: float = CHARACTER, *, at_end: bool = False) -> str:
    """Return a text shortened to a width in inches, cut at its beginning unless `at_end`.

    Examples
    --------
    >>> clipped("photos/0001.png", 0.8)
    '…/0001.png'
    """
    room = max(int(width / character), 2)
    if len(text) <= room:
        return text
    return f"{text[: room - 1]}…" if at_end else f"…{text[1 - room :]}"
