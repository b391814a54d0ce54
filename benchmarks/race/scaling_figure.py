"""A figure of the cost of an epoch as a function of size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.drawing import QUIET, RATE, TRAIN, new_figure, styled
from benchmarks.race.setting import IMAGES
from benchmarks.race.summary import Row, measured, names, seconds_of, select

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WHAT = {
    "width": "Units of the one hidden layer",
    "depth": "Hidden layers of 128 units",
    "batch size": "Images a step, network 256-128",
    "images": "Images per epoch, streamed, network 128",
}


@styled
def scaling_figure(rows: Sequence[Row], rate: float, subtitle: str) -> Figure:
    """Draw a panel for every varied quantity, with logarithmic axes, and the time of the matrix products alone.

    Parameters
    ----------
    rows : sequence of dict
        Of `benchmarks/scaling.py`.
    rate : float
        Floating-point operations a second of BLAS at its best.
    subtitle : str
        What it was measured on.
    """
    parts = names(rows, "part")
    figure = new_figure(9.0, 3.3 * -(-len(parts) // 2) + 0.5)
    panels = figure.subplots(-(-len(parts) // 2), 2, squeeze=False).ravel()
    for axes, part in zip(panels, parts, strict=False):
        _panel(axes, select(rows, part=part), rate)
    for axes in panels[len(parts) :]:
        axes.set_axis_off()
    panels[0].legend(fontsize=8)
    figure.supxlabel(subtitle, x=0.01, ha="left", fontsize=8, color=QUIET)
    return figure


def _panel(axes: Axes, rows: Sequence[Row], rate: float) -> None:
    """Draw seconds, the time of the products alone and, if measured, memory as labels at the ends."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    part, values = rows[0]["part"], names(rows, "value")
    found = [measured(select(rows, value=value), seconds_of) for value in values]
    firsts = [select(rows, value=value)[0] for value in values]
    images = [row["images"] if part == "images" else IMAGES for row in firsts]
    limits = [row["flops_per_image"] * count / rate for row, count in zip(firsts, images, strict=True)]
    axes.plot(values, [seconds.median for seconds in found if seconds], "o-", color=TRAIN, label="an epoch")
    axes.plot(values, limits, "--", color=RATE, label="its products at BLAS's best rate")
    axes.set(xscale="log", yscale="log")
    axes.set_title(WHAT[part], fontsize=10)
    axes.set_xticks(values, [short(value) for value in values], fontsize=8)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    if part == "images" and all("private_mb" in row for row in firsts):
        first, last = firsts[0]["private_mb"], firsts[-1]["private_mb"]
        axes.text(0.97, 0.05, f"memory: {first:.0f} to {last:.0f} MB", transform=axes.transAxes, ha="right", fontsize=8)
    axes.set_ylabel("seconds" if part == "images" else "seconds for 60,000 images")


def short(number: int) -> str:
    """Return a number for a tick.

    Examples
    --------
    >>> short(128), short(62_500), short(2_000_000)
    ('128', '62.5k', '2M')
    """
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= 10 * unit or (number >= unit and number % unit == 0):
            return f"{number / unit:g}{letter}"
    return str(number)
