"""The common style of all figures: palette, empty figures, colour maps, and saving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from backend.errors import InputError
from backend.files import whole_file

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

# Okabe and Ito, "Color Universal Design" (2008): distinguishable with every kind of colour vision.
RIGHT, WRONG = "#009E73", "#D55E00"
TRAIN, VALIDATION, RATE = "#0072B2", "#E69F00", "#CC79A7"
INK, QUIET, FAINT, PAPER = "#222222", "#767676", "#E6E6E6", "#FFFFFF"

DPI = 150  # 6.5 inches make 975 pixels: readable at 100 % on a laptop's screen
STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # bundled with matplotlib, so that figures are the same on every machine
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "neural_network_digit",  # identifiers depend on the content: the same figure gives the same bytes
}


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Decorate a drawing function to use this project's style, regardless of the user's matplotlibrc."""

    @wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from matplotlib import style

        with style.context(["default", STYLE]):
            return draw(*args, **kwargs)

    return wrapper


@styled
def new_figure(width: float, height: float, **kw: Any) -> Figure:
    """Return an empty figure outside of pyplot: no window, no global state.

    matplotlib reads its style while artists are made, so a function that fills the figure is `styled` too.

    Parameters
    ----------
    width, height : float
        Size in inches.
    **kw
        More of `matplotlib.figure.Figure`'s arguments; `layout` is "constrained" by default.

    Examples
    --------
    >>> [float(inches) for inches in new_figure(6, 4).get_size_inches()]
    [6.0, 4.0]
    """
    from backend.drawing.notebook_figure import NotebookFigure

    return NotebookFigure(figsize=(width, height), **{"layout": "constrained", **kw})


@styled
def titled_figure(width: float, height: float, title: str) -> Figure:
    """Return an empty figure with a title above all the panels that it will have, and some air between these.

    Parameters
    ----------
    width, height : float
        Size in inches.
    title : str
        The title of the figure; each panel has its own.
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = new_figure(width, height, layout=ConstrainedLayoutEngine(h_pad=0.08, wspace=0.04))
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    return figure


def two_sided() -> Colormap:
    """Return the colours of numbers with a sign: blue below 0, white at 0, orange above.

    Examples
    --------
    >>> [round(float(share), 2) for share in two_sided()(0.5)]
    [1.0, 1.0, 1.0, 1.0]
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("two_sided", [TRAIN, PAPER, WRONG], N=255)  # odd: 0 has a colour


def one_sided() -> Colormap:
    """Return the colours of numbers from 0 upward: white at 0, blue at the largest."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("one_sided", [PAPER, TRAIN])


def shortened(names: Sequence[str], longest: int = 14) -> list[str]:
    """Return names shortened to a number of characters.

    Examples
    --------
    >>> shortened(["7", "a dog with a long name"])
    ['7', 'a dog with a …']
    """
    return [name if len(name) <= longest else f"{name[: longest - 1]}…" for name in names]


@styled
def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as PNG and as SVG, both or neither.

    The same figure gives the same bytes: the files contain no date and no random identifier.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to draw.
    path : str or Path
        Ends in ".png", ".svg" or neither; folders are made on the way.

    Returns
    -------
    Path
        Path of the PNG; that of the SVG differs only in its suffix.

    Raises
    ------
    InputError
        If `path` asks for another format.
    """
    path = Path(path)
    if path.suffix.lower() not in ("", ".png", ".svg"):
        raise InputError(
            f"figure file {path}", expected="a name in .png", found=path.suffix, advice="Change its ending."
        )
    png, svg = path.with_suffix(".png"), path.with_suffix(".svg")
    whole: dict[str, Any] = {
        "dpi": DPI,
        "bbox_inches": "tight",
        "pad_inches": 0.12,
    }  # a label that sticks out is never cut
    with whole_file(png) as draft_png, whole_file(svg) as draft_svg:
        figure.savefig(draft_png, format="png", **whole)
        figure.savefig(draft_svg, format="svg", metadata={"Date": None}, **whole)
    return png
