"""The comparison's tables, as Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.machine import in_words
from benchmarks.peers import OURS, PEERS
from benchmarks.race.jobs import setting_of
from benchmarks.race.setting import IMAGES
from benchmarks.race.summary import Row, Value, epoch_seconds, images_per_second, measured, names, ratio, select

Rows = Sequence[Row]
Cell = Callable[[Rows, Rows], str]  # from a peer's rows, and ours
NOTHING = "-"


def report(results: dict[str, Any]) -> str:
    """Return the complete report."""
    parts = [how_measured(results)]
    for title, table in SECTIONS.items():
        text = table(results["rows"])
        if text:
            parts.append(f"### {title}\n\n{text}")
    if results["skipped"]:
        parts.append("Left out:\n\n" + "\n".join(f"- {sentence}" for sentence in results["skipped"]))
    return "\n\n".join(parts) + "\n"


def how_measured(results: dict[str, Any]) -> str:
    """Return a sentence or two on machine, data and method."""
    rounds = 1 + max((row["round"] for row in results["rows"]), default=0)
    again = "" if rounds == 1 else f" Medians over {rounds} rounds, the lowest and highest in brackets."
    load = results["load"]
    busy = "" if load is None else f" In the minute before, {load:.1f} cores were busy."
    return (
        f"Measured on {in_words(results['machine'])}; data: {results['data']}, {IMAGES:,} training images.{again} "
        f"Every peer runs in its own process in every round, in turn; ratios are taken within a round.{busy}"
    )


def overview(rows: Rows) -> str:
    """Return seconds per epoch of every peer on every network, with the ratio to this project."""
    rows = select(rows, part="training", kind="train")
    networks = names(rows, "network")
    lines = []
    for peer in in_order(rows):
        cells = [_overview_cell(select(rows, network=network), peer) for network in networks]
        lines.append(_line(peer, cells))
    if not lines:
        return ""
    return markdown(["", *(setting_of(network).title for network in networks)], lines)


def _overview_cell(rows: Rows, peer: str) -> str:
    """Return seconds and ratio, or a dash where the peer has no such network."""
    own, ours = select(rows, peer=peer), select(rows, peer=OURS)
    seconds, times = measured(own, epoch_seconds), ratio(own, ours, epoch_seconds)
    if seconds is None:
        return NOTHING
    return f"{seconds.median:.2f}" if peer == OURS or times is None else f"{seconds.median:.2f} ({times.median:.2f} x)"


def training(rows: Rows) -> str:
    """Return a table for every network: rates, seconds, ratios, memory."""
    rows = select(rows, part="training", kind="train")
    tables = {network: peer_table(select(rows, network=network), TRAINING) for network in names(rows, "network")}
    return "\n\n".join(f"`{network}`: {setting_of(network).title}, Adam\n\n{text}" for network, text in tables.items())


def convolution(rows: Rows) -> str:
    """Return a table for every network of images, and our share of the limit."""
    rows = select(rows, part="convolution")
    trained = select(rows, kind="train")
    parts = []
    for network in names(trained, "network"):
        text = peer_table(select(trained, network=network), TRAINING)
        parts.append(f"`{network}`: {setting_of(network).title}, Adam\n\n{text}")
    return "\n\n".join([*parts, *filter(None, [_share_of_limit(rows)])])


def optimizers(rows: Rows) -> str:
    """Return a table for every other optimizer."""
    rows = select(rows, part="optimizers")
    tables = {name: peer_table(select(rows, optimizer=name), TRAINING) for name in names(rows, "optimizer")}
    network = setting_of(rows[0]["network"]).title if rows else ""
    return "\n\n".join(f"{name}: {network}\n\n{text}" for name, text in tables.items())


def target(rows: Rows) -> str:
    """Return the seconds from the start of the process to the target accuracy."""
    return peer_table(select(rows, part="target"), TARGET)


def prediction(rows: Rows) -> str:
    """Return one image's latency and many images' time."""
    return peer_table(select(rows, part="prediction", kind="predict"), PREDICTION)


def share_of_limit(rows: Rows) -> str:
    """Return the time of the matrix products at BLAS's best rate, and its share of our time."""
    return _share_of_limit(select(rows, part="training"))


def _share_of_limit(rows: Rows) -> str:
    """Return the same for the rows of a part."""
    rates = [row["flops_per_second"] for row in select(rows, peer="limit")]
    ours = select(rows, peer=OURS)
    if not rates or not ours:
        return ""
    lines = [_limit_line(select(ours, network=network), max(rates)) for network in names(ours, "network")]
    note = (
        f"The limit is the time of an epoch's matrix products (forward and dW of every layer, dX of all but the first) "
        f"at {max(rates) / 1e9:.0f} GFLOP/s, the best rate that this BLAS reached on a 2048-cube in {len(rates)} "
        f"processes (the slowest of them: {min(rates) / 1e9:.0f})."
    )
    return markdown(["network", "GFLOP per epoch", "limit, s", "ours, s", "share"], lines) + f"\n\n{note}"


def _limit_line(ours: Rows, rate: float) -> list[str]:
    """Return a network's line."""
    setting, seconds = setting_of(ours[0]["network"]), measured(ours, epoch_seconds)
    assert seconds is not None  # a training always has seconds
    flops = setting.flops_per_image * IMAGES
    numbers = (
        f"{flops / 1e9:.0f}",
        f"{flops / rate:.3f}",
        f"{seconds.median:.3f}",
        f"{flops / rate / seconds.median:.0%}",
    )
    return [f"`{setting.network}`: {setting.title}", *numbers]


def threads(rows: Rows) -> str:
    """Return the thread settings of a peer, and how many cores it used."""
    rows = select(rows, kind="train")
    lines = []
    for peer in in_order(rows):
        own = select(rows, peer=peer)
        cells = ", ".join(own[0]["pools"]), own[0]["threads"], median(lambda row: row["cores_busy"], ".1f")(own, own)
        lines.append([PEERS[peer].title, *cells])
    return (
        markdown(["", "pools: library, version, kernels, threads", "its own word", "cores busy"], lines)
        if lines
        else ""
    )


def peer_table(rows: Rows, columns: Mapping[str, Cell]) -> str:
    """Return a table with one line per peer; empty if there are no rows."""
    ours = select(rows, peer=OURS)
    lines = []
    for peer in in_order(rows):
        own = select(rows, peer=peer)
        lines.append(_line(peer, [cell(own, ours) for cell in columns.values()]))
    return markdown(["", *columns], lines) if lines else ""


def in_order(rows: Iterable[Row]) -> list[str]:
    """Return the peers among the rows, in the registry's order."""
    found = {row["peer"] for row in rows}
    return [name for name in PEERS if name in found]


def _line(peer: str, cells: Sequence[str]) -> list[str]:
    """Return a peer's line, ours in bold."""
    line = [PEERS[peer].title, *cells]
    return [f"**{cell}**" if cell != NOTHING else cell for cell in line] if peer == OURS else line


def markdown(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table.

    Examples
    --------
    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    rule = "|" + "---|" * len(columns)
    return "\n".join([f"| {' | '.join(columns)} |", rule, *(f"| {' | '.join(line)} |" for line in lines)])


def median(value: Value, form: str) -> Cell:
    """Return a column of medians."""

    def cell(own: Rows, _: Rows) -> str:
        found = measured(own, value)
        return NOTHING if found is None else f"{found.median:{form}}"

    return cell


def spread(value: Value, form: str) -> Cell:
    """Return a column of medians with the lowest and the highest."""

    def cell(own: Rows, _: Rows) -> str:
        found = measured(own, value)
        return NOTHING if found is None else f"{found:{form}}"

    return cell


def times_ours(value: Value, form: str = ".2f") -> Cell:
    """Return a column of ratios."""

    def cell(own: Rows, ours: Rows) -> str:
        found = ratio(own, ours, value)
        return NOTHING if found is None or own[0]["peer"] == OURS else f"{found:{form}}"

    return cell


def _reached(own: Rows, _: Rows) -> str:
    return f"{sum(row['target_seconds'] is not None for row in own)} of {len(own)}"


TRAINING: dict[str, Cell] = {
    "images/s": median(images_per_second, ",.0f"),
    "seconds per epoch": spread(epoch_seconds, ".3f"),
    "ratio": times_ours(epoch_seconds),
    "compiling, s": median(lambda row: row["compile_seconds"] or None, ".2f"),
    "first epoch, s": median(lambda row: row["seconds"][0], ".2f"),
    "peak MB": median(lambda row: row["peak_mb"], ".0f"),
    "cores busy": median(lambda row: row["cores_busy"], ".1f"),
    "test accuracy at the end": median(lambda row: row["accuracies"][-1], ".2%"),
}
TARGET: dict[str, Cell] = {
    "seconds": spread(lambda row: row["target_seconds"], ".1f"),
    "ratio": times_ours(lambda row: row["target_seconds"]),
    "runs that reached it": _reached,
    "epochs": median(lambda row: len(row["seconds"]), ".0f"),
    "start and imports, s": median(lambda row: row["import_seconds"], ".2f"),
    "data, s": median(lambda row: row["load_seconds"], ".2f"),
    "compiling and first epoch, s": median(lambda row: row["compile_seconds"] + row["seconds"][0], ".2f"),
    "peak MB": median(lambda row: row["peak_mb"], ".0f"),
}
PREDICTION: dict[str, Cell] = {
    "one image, µs": spread(lambda row: row["one_us"], ".1f"),
    "one image, ratio": times_ours(lambda row: row["one_us"]),
    "99th percentile, µs": median(lambda row: row["one_p99_us"], ".1f"),
    "all test images, ms": spread(lambda row: row["many_ms"], ".2f"),
    "all, ratio": times_ours(lambda row: row["many_ms"]),
    "peak MB": median(lambda row: row["peak_mb"], ".0f"),
    "different classes": median(lambda row: row["differing"], ".0f"),
}
SECTIONS: dict[str, Callable[[Rows], str]] = {
    "Seconds per epoch, and the ratio to this project": overview,
    "Share of the limit": share_of_limit,
    "Training, network by network": training,
    "Convolution": convolution,
    "Other optimizers": optimizers,
    "From the start of the process to the target accuracy": target,
    "Prediction": prediction,
    "Threads": threads,
}
