"""A figure of the comparison: seconds per epoch of every peer on every network."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.drawing import INK, QUIET, TRAIN, new_figure, styled
from benchmarks.peers import OURS, PEERS
from benchmarks.race.jobs import setting_of
from benchmarks.race.summary import Row, epoch_seconds, measured, names, select
from benchmarks.race.tables import in_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, WIDTH, BAR = 3, 3.0, 0.3  # panels side by side; inches of a panel, and of a bar with its gap
LETTERS = 15  # characters of small text per inch


@styled
def speed_figure(rows: Sequence[Row], subtitle: str) -> Figure:
    """Draw a panel a network: a bar a peer, ours coloured, a line from the fastest to the slowest round.

    Parameters
    ----------
    rows : sequence of dict
        Of a comparison; those of trainings are drawn.
    subtitle : str
        What it was measured on.
    """
    rows = [row for row in select(rows, part="training") if row["kind"] == "train"]
    networks, peers = names(rows, "network"), in_order(rows)
    columns = min(COLUMNS, len(networks))
    lines = -(-len(networks) // columns)
    figure = new_figure(WIDTH * columns + 1.6, lines * (BAR * len(peers) + 0.75) + 0.6)
    panels = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    for axes, network in zip(panels, networks, strict=False):
        _panel(axes, select(rows, network=network), peers)
        axes.set_title(setting_of(network).title, fontsize=9, fontweight="normal")
    for axes in panels[len(networks) :]:
        axes.set_axis_off()
    panels[0].set_yticks(range(len(peers)), [PEERS[peer].title for peer in peers])
    panels[0].invert_yaxis()
    figure.suptitle("Seconds per epoch of 60,000 images, Adam; shorter is faster", x=0.01, ha="left", fontweight="bold")
    lines_of_text = textwrap.fill(subtitle, int(figure.get_figwidth() * LETTERS))
    figure.supxlabel(lines_of_text, x=0.01, ha="left", fontsize=8, color=QUIET)
    return figure


def _panel(axes: Axes, rows: Sequence[Row], peers: Sequence[str]) -> None:
    """Draw the bars of one network."""
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    found = {peer: measured(select(rows, peer=peer), epoch_seconds) for peer in peers}
    longest = max(seconds.high for seconds in found.values() if seconds)
    axes.set_xlim(0, 1.22 * longest)
    for place, (peer, seconds) in enumerate(found.items()):
        if seconds is None:
            axes.text(0.02 * longest, place, "cannot", va="center", fontsize=8, color=QUIET)
            continue
        axes.barh(place, seconds.median, height=0.66, color=TRAIN if peer == OURS else "#BBBBBB")
        axes.plot([seconds.low, seconds.high], [place, place], color=INK, linewidth=1)
        weight = "bold" if peer == OURS else "normal"
        axes.text(seconds.high + 0.02 * longest, place, f"{seconds.median:.2f}", va="center", fontsize=8, weight=weight)
