"""Tables of the measurements on ranks."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.on_ranks.step_time import Point, efficiency, estimate, fitted
from benchmarks.race.tables import markdown

Row = dict[str, Any]
HOSTS = (8, 64, 512)
# Seconds a message and a byte of usual links: 1 and 10 Gbit/s with 100 and 50 microseconds, 100 Gbit/s with 2.
NETS = {"1 Gbit/s": (100e-6, 8e-9), "10 Gbit/s": (50e-6, 0.8e-9), "100 Gbit/s, RDMA": (2e-6, 0.08e-9)}
HELD_OUT = "784-512-256-128-10"  # its two ranks are not among the points of the fit


def medians(rows: Sequence[Row]) -> list[Row]:
    """Return one row for each setting, with the median of the seconds over the rounds."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["place"], row["layout"], row["network"], row["scaling"]), []).append(row)
    return [own[0] | {"seconds": statistics.median(row["seconds"] for row in own)} for own in groups.values()]


def find(rows: Sequence[Row], **wanted: Any) -> Row | None:
    """Return the row with these values, if there is one."""
    return next((row for row in rows if all(row[name] == value for name, value in wanted.items())), None)


def tables(rows: Sequence[Row]) -> str:
    """Return all tables as Markdown: the machine, the hosts, and the estimate for larger clusters."""
    best = medians(rows)
    parts = [_machine_table(best), _host_table(best)]
    if find(best, place="machine", layout="2 ranks, MPI"):
        parts.append(_estimates(best))
    return "\n\n".join(part for part in parts if part)


def _machine_table(rows: Sequence[Row]) -> str:
    """Return the seconds of a step on this machine, and what the ranks lose."""
    lines = []
    for network in dict.fromkeys(row["network"] for row in rows):
        one = find(rows, place="machine", layout="1 process", network=network)
        if one is None:
            continue
        lines += [
            [network, row["layout"], row["scaling"], str(row["batch"]), *_figures(row, one, rows)]
            for row in rows
            if row["place"] == "machine" and row["network"] == network
        ]
    columns = ["network", "layout", "scaling", "batch", "ms a step", "efficiency of a process", "beside shared memory"]
    return markdown(columns, lines) if lines else ""


def _figures(row: Row, one: Row, rows: Sequence[Row]) -> list[str]:
    """Return milliseconds, efficiency and the ratio to shared memory of a row."""
    rate, alone = row["batch"] / row["seconds"], one["batch"] / one["seconds"]
    shared = find(
        rows, place="machine", layout="2 processes, shared memory", network=row["network"], scaling=row["scaling"]
    )
    ratio = f"{shared['seconds'] / row['seconds']:.2f}" if shared and row["ranks"] > 1 else ""
    return [f"{1e3 * row['seconds']:.2f}", f"{rate / alone / row['processes']:.0%}", ratio]


def _host_table(rows: Sequence[Row]) -> str:
    """Return the seconds of a step between two hosts."""
    lines = []
    for row in rows:
        one = find(rows, place="machine", layout="1 process", network=row["network"])
        if row["layout"] == "2 hosts, MPI":
            share = f"{one['seconds'] / row['seconds']:.0%}" if one else ""
            sent = f"{row['megabytes']:.2f}"
            lines.append([row["place"], row["network"], sent, f"{1e3 * row['seconds']:.2f}", share])
    columns = ["link", "network", "MB a host sends in a step", "ms a step", "efficiency of a host"]
    return markdown(columns, lines) if lines else ""


def point_of(row: Row) -> Point:
    """Return what the model needs to know of a row."""
    return Point(row["ranks"], row["batch"] / row["processes"], row["parameters"])


def _estimates(rows: Sequence[Row]) -> str:
    """Return the check against what was held out, and the estimated weak scaling of larger clusters."""
    own = [row for row in rows if row["place"] == "machine" and row["layout"] != "2 processes, shared memory"]
    is_held_out = [row["network"] == HELD_OUT and row["ranks"] > 1 for row in own]
    known = [row for row, out in zip(own, is_held_out, strict=True) if not out]
    coefficients = fitted([point_of(row) for row in known], [row["seconds"] for row in known])
    checks = [
        f"{HELD_OUT}, {row['layout']}, {row['scaling']}: "
        f"estimated {1e3 * estimate(coefficients, point_of(row)):.2f} ms, measured {1e3 * row['seconds']:.2f} ms"
        for row, out in zip(own, is_held_out, strict=True)
        if out
    ]
    lines = [
        [row["network"], net, *(f"{efficiency(coefficients, hosts, 128, row['parameters'], **_costs(net)):.0%}"
                                for hosts in HOSTS)]
        for row in own
        if row["layout"] == "1 process"
        for net in NETS
    ]  # fmt: skip
    table = markdown(["network", "link", *(f"{hosts} hosts" for hosts in HOSTS)], lines)
    return "Held out of the fit:\n\n- " + "\n- ".join(checks) + "\n\nEstimated, not measured:\n\n" + table


def _costs(net: str) -> dict[str, float]:
    """Return the seconds of a message and of a byte."""
    return dict(zip(("message", "byte"), NETS[net], strict=True))
