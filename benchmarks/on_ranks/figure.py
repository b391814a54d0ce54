"""The figure of the measurements on ranks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backend.drawing import new_figure, styled
from benchmarks.on_ranks.tables import find, medians

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def scaling_figure(rows: Sequence[dict[str, Any]]) -> "Figure":
    """Draw the efficiency of a process in weak scaling, for each network and layout.

    Parameters
    ----------
    rows : sequence of dict
        As `benchmarks.cluster.measure` returns them.
    """
    best = [row for row in medians(rows) if row["scaling"] == "weak" and row["processes"] > 1]
    networks = list(dict.fromkeys(row["network"] for row in best))
    layouts = list(dict.fromkeys(_name(row) for row in best))
    figure = new_figure(8.0, 1.2 + 0.28 * len(networks) * (len(layouts) + 1))
    axes = figure.add_subplot()
    for place, layout in enumerate(layouts):
        own = [row for row in best if _name(row) == layout]
        heights = [-(networks.index(row["network"]) * (len(layouts) + 1) + place) for row in own]
        axes.barh(heights, [100 * _efficiency(row, medians(rows)) for row in own], label=layout)
    middles = [-(number * (len(layouts) + 1) + (len(layouts) - 1) / 2) for number in range(len(networks))]
    axes.set_yticks(middles, networks)
    axes.set_xlabel("efficiency of a process, in per cent of one that trains alone")
    axes.axvline(100, linewidth=0.8, color="0.5")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    axes.set_title("Weak scaling: 128 images of each process", loc="left")
    return figure


def _name(row: dict[str, Any]) -> str:
    """Return where a training ran, for the legend."""
    return str(row["layout"]) if row["place"] == "machine" else f"{row['layout']}, {row['place']}"


def _efficiency(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> float:
    """Return the throughput of a process, divided by that of one that trains alone."""
    one = find(rows, place="machine", layout="1 process", network=row["network"])
    if one is None:
        return 0.0
    return float(row["batch"] / row["seconds"] / row["processes"] / (one["batch"] / one["seconds"]))
