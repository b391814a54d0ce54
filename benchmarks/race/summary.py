"""Medians, spreads and ratios over rounds. A row is the measurement of one process in one round."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.race.setting import IMAGES

Row = dict[str, Any]
Value = Callable[[Row], float | None]


@dataclass(frozen=True)
class Spread:
    """Median, lowest and highest of several rounds.

    Examples
    --------
    >>> print(f"{Spread(0.5, 0.4, 0.75):.2f}")
    0.50 (0.40 to 0.75)
    """

    median: float
    low: float
    high: float

    def __format__(self, form: str) -> str:
        if self.low == self.high:
            return format(self.median, form)
        return f"{self.median:{form}} ({self.low:{form}} to {self.high:{form}})"


def spread(values: Iterable[float]) -> Spread:
    """Return the values' spread; there must be one at least.

    Examples
    --------
    >>> spread([3.0, 1.0, 2.0])
    Spread(median=2.0, low=1.0, high=3.0)
    """
    values = sorted(values)
    return Spread(statistics.median(values), values[0], values[-1])


def select(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Return the rows whose fields are as wanted.

    Examples
    --------
    >>> select([{"peer": "a", "round": 0}, {"peer": "b", "round": 0}], peer="b")
    [{'peer': 'b', 'round': 0}]
    """
    return [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]


def names(rows: Iterable[Row], field: str) -> list[Any]:
    """Return the different values of a field, in the order of their first appearance."""
    return list(dict.fromkeys(row[field] for row in rows))


def epoch_seconds(row: Row) -> float:
    """Return the median seconds of a row's epochs after the first, which warms up, for 60,000 images.

    If an epoch omits images, as a scan over complete batches does, it is scaled up to all of them.

    Examples
    --------
    >>> epoch_seconds({"seconds": [9.0, 1.0, 2.0, 3.0], "images": 30_000})
    4.0
    """
    return statistics.median(row["seconds"][1:]) * IMAGES / row["images"]


def images_per_second(row: Row) -> float:
    """Return the rate that corresponds to `epoch_seconds`."""
    return IMAGES / epoch_seconds(row)


def measured(rows: Sequence[Row], value: Value) -> Spread | None:
    """Return the spread of a value over the rounds; None if there are none, or the value is missing in one."""
    values = [value(row) for row in rows]
    found = [value for value in values if value is not None]
    return spread(found) if found and len(found) == len(values) else None


def ratio(theirs: Sequence[Row], ours: Sequence[Row], value: Value) -> Spread | None:
    """Return the ratio of their value to ours, round by round, since other load in a round slows both.

    Examples
    --------
    >>> ours = [{"round": 0, "s": 1.0}, {"round": 1, "s": 2.0}]
    >>> ratio([{"round": 0, "s": 3.0}, {"round": 1, "s": 6.0}], ours, lambda row: row["s"])
    Spread(median=3.0, low=3.0, high=3.0)
    """
    mine = {row["round"]: value(row) for row in ours}
    pairs = [(value(row), mine.get(row["round"])) for row in theirs]
    quotients = [their / my for their, my in pairs if their is not None and my is not None]
    return spread(quotients) if quotients and len(quotients) == len(pairs) else None


def seconds_of(row: Row) -> float:
    """Return the seconds of an epoch of 60,000 images, or of all images where their number varies."""
    return epoch_seconds(row) * (row["images"] / IMAGES if row["part"] == "images" else 1.0)
