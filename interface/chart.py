"""Charts of loss and accuracy as text, drawn during training."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderResult
from rich.segment import Segment

from interface.text import fitting

_MOST_POINTS = 128  # a longer curve is thinned out, as a screen cannot show more
_LABEL = 7  # columns of "99.95% ", the longest label of an axis
_GAP = 2  # columns between the charts
_NARROWEST, _WIDEST = 27, 60  # columns of a chart
_LOWEST, _HIGHEST = 3, 8  # rows of a chart
_SHORTEST_SCREEN = 12  # rows, below which there is no chart
_LEAST_LOSS, _MOST_LOSS, _LEAST_ERROR = 1e-6, 1e6, 1e-4  # limits of logarithmic axes; values beyond are clipped
_BRAILLE = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # bits of a sign's dots, by column and row
_NO_DOTS = 0x2800
_SPACE = (" " * _GAP, "quiet")

Row = list[tuple[str, str]]  # texts, each with its style


class Point(NamedTuple):
    """A value, its position in epochs since the start of training, and its weight."""

    place: float
    value: float
    weight: float = 1.0


class Curve:
    """Values in the order they were seen; older ones are averaged, so that there are never many.

    Examples
    --------
    >>> curve = Curve()
    >>> for n in range(1000):
    ...     curve.add(n / 1000, 0.5)
    >>> len(curve.points) <= 128, sum(point.weight for point in curve.points)
    (True, 1000.0)
    """

    def __init__(self) -> None:
        self.points: list[Point] = []

    def add(self, place: float, value: float, weight: float = 1.0) -> None:
        """Add a value; one that is not finite, or has no weight, leaves a gap."""
        if not math.isfinite(value) or weight <= 0:
            return
        self.points.append(Point(place, value, weight))
        if len(self.points) > _MOST_POINTS:
            self.points = list(_pairs(self.points))


class Axis(NamedTuple):
    """A logarithmic axis between two values out of 1, 2, 5, 10, 20 ... and their tenths.

    Examples
    --------
    >>> axis = Axis.around([0.07, 0.6])
    >>> axis.ticks, round(axis.height(0.05), 3), round(axis.height(0.5), 3)
    ((0.05, 0.1, 0.2, 0.5, 1.0), 0.0, 0.769)
    """

    ticks: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float]) -> "Axis":
        """Return the shortest axis that holds all values, which are positive."""
        first, last = _step_below(min(values)), _step_below(max(values))
        if _tick(last) < max(values) or last == first:
            last += 1
        return cls(tuple(_tick(step) for step in range(first, last + 1)))

    def height(self, value: float) -> float:
        """Return the height of a value: 0 at the bottom, 1 at the top."""
        low, high = self.ticks[0], self.ticks[-1]
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))


class Panel(NamedTuple):
    """One chart: what was seen in training and in validation, and how it is shown.

    Attributes
    ----------
    title : str
        Stands above.
    training, validation : Curve
        What to draw: a line, and marks.
    quantity : callable
        Maps a value to the quantity on a logarithmic axis: itself, or its distance from 1.
    label : callable
        Text of a tick of that axis.
    is_flipped : bool
        Whether small quantities are at the top.
    """

    title: str
    training: Curve
    validation: Curve
    quantity: Callable[[float], float]
    label: Callable[[float], str]
    is_flipped: bool = False


def loss_panel() -> Panel:
    """Return an empty chart of losses."""
    return Panel("Loss", Curve(), Curve(), lambda loss: min(max(loss, _LEAST_LOSS), _MOST_LOSS), "{:g}".format)


def accuracy_panel() -> Panel:
    """Return an empty chart of accuracies: errors on a logarithmic axis, as the last tenths are the hardest."""
    return Panel("Accuracy", Curve(), Curve(), lambda right: max(1.0 - right, _LEAST_ERROR), _as_accuracy, True)


class TrainingChart:
    r"""Two charts side by side, or one or none if there is no room; redrawn for every screen size.

    Parameters
    ----------
    epochs : int
        How many are planned.

    Examples
    --------
    >>> chart = TrainingChart(epochs=4)
    >>> chart.train(0.1, loss=2.0, accuracy=0.25)
    >>> chart.validate(1, loss=0.5, accuracy=0.9)
    >>> print("\n".join("".join(text for text, _ in row).rstrip() for row in chart.rows(30, 3, unicode=False)))
    Loss
         2   *
         1
       0.5                       o
    * training  o validation
    """

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._loss, self._accuracy = loss_panel(), accuracy_panel()

    def train(self, place: float, loss: float, accuracy: float, weight: float = 1.0) -> None:
        """Add the metrics of a stretch of training; `place` is in epochs since the start of training."""
        self._loss.training.add(place, loss, weight)
        self._accuracy.training.add(place, accuracy, weight)

    def validate(self, place: float, loss: float, accuracy: float) -> None:
        """Add the validation metrics after `place` epochs."""
        self._loss.validation.add(place, loss)
        self._accuracy.validation.add(place, accuracy)

    def __rich_console__(self, console: RichConsole, options: ConsoleOptions) -> RenderResult:
        """Yield the rows that suit the screen's size at this moment.

        As segments: texts would be measured and wrapped again, which takes longer than everything else.
        """
        if options.size.height < _SHORTEST_SCREEN:
            return
        height = min(max(options.size.height // 4, _LOWEST), _HIGHEST)
        styles = {name: console.get_style(name) for name in ("strong", "quiet", "bar.complete", "warn")}
        for row in self.rows(options.max_width - 1, height, unicode=not options.ascii_only):
            yield from (Segment(text, styles[style]) for text, style in row)
            yield Segment.line()

    def rows(self, width: int, height: int, *, unicode: bool) -> Iterator[Row]:
        """Yield the charts and a caption; nothing if there is no room or nothing to show.

        Parameters
        ----------
        width : int
            Columns that there are.
        height : int
            Rows of a chart, without title and legend.
        unicode : bool
            Whether to draw with the dots of braille, eight a sign; else with one star a sign.

        Yields
        ------
        list of (str, str)
            Pieces of a row, each with its style.
        """
        panels = [self._loss, self._accuracy][: (width + _GAP) // (_NARROWEST + _GAP)]
        if not panels or not self._loss.training.points:
            return
        each = min((width + _GAP) // len(panels) - _GAP, _WIDEST)
        span = _span(max(self._seen(), 1e-9), self._epochs)
        for rows in zip(*(_drawn(panel, span, each, height, unicode=unicode) for panel in panels), strict=True):
            yield [piece for row in rows for piece in (*row, _SPACE)][:-1]
        yield [(self._legend(span, width, unicode=unicode), "quiet")]

    def _seen(self) -> float:
        """Return how many epochs the charts show."""
        curves = (self._loss.training, self._loss.validation)
        return max(curve.points[-1].place for curve in curves if curve.points)

    def _legend(self, span: float, width: int, *, unicode: bool) -> str:
        last = f"{span:g}"
        epochs = f"epochs 0 to {last}" if len(last) < 6 else f"epochs 0 to {span:.3g}"
        marks = "o validation" if self._loss.validation.points else ""
        line = "⠤⠤ training" if unicode else "* training"
        return fitting([(0, line), (1, marks), (2, epochs), (3, "log scales")], width)


def _span(seen: float, epochs: int) -> float:
    """Return how many epochs the charts' width represents: it doubles when it is full, up to all of them.

    So that the curves neither creep with every redraw nor hide in a corner at the beginning of a long training.
    """
    return min(float(epochs), 2.0 ** max(math.ceil(math.log2(seen)), -2))


def _drawn(panel: Panel, span: float, width: int, height: int, *, unicode: bool) -> Iterator[Row]:
    """Yield a panel's title and its rows, all `width` columns wide."""
    yield [(panel.title.ljust(width), "strong")]
    columns, dots, signs = width - _LABEL, 2 if unicode else 1, 4 if unicode else 1
    line = _by_column(panel.training, panel.quantity, span, columns * dots)
    marks = _by_column(panel.validation, panel.quantity, span, columns)
    axis = Axis.around([*line.values(), *marks.values()])
    raised = {column: _row(axis, value, height * signs, panel.is_flipped) for column, value in line.items()}
    rows = (_braille if unicode else _stars)(_joined(raised), columns, height)
    ends_last = (*axis.ticks[1:-1], axis.ticks[0], axis.ticks[-1])  # a row has one label, and the ends go first
    labels = {_row(axis, tick, height, panel.is_flipped): panel.label(tick) for tick in ends_last}
    circles = [(_row(axis, value, height, panel.is_flipped), column) for column, value in marks.items()]
    for row, text in enumerate(rows):
        yield [(labels.get(row, "").rjust(_LABEL - 1) + " ", "quiet"), *_marked(text, circles, row)]


def _by_column(curve: Curve, quantity: Callable[[float], float], span: float, columns: int) -> dict[int, float]:
    """Return the mean quantity of every column that has a point, from the left to the right."""
    found: dict[int, tuple[float, float]] = {}
    for place, value, weight in curve.points:
        column = min(int(place / span * columns), columns - 1)
        total, count = found.get(column, (0.0, 0.0))
        found[column] = total + value * weight, count + weight
    return {column: quantity(total / count) for column, (total, count) in found.items()}


def _pairs(points: Sequence[Point]) -> Iterator[Point]:
    """Yield the mean of every two points at the position of the second; a single last one is unchanged."""
    for one, other in zip(points[0::2], points[1::2], strict=False):
        weight = one.weight + other.weight
        yield Point(other.place, (one.value * one.weight + other.value * other.weight) / weight, weight)
    if len(points) % 2:
        yield points[-1]


def _row(axis: Axis, value: float, rows: int, is_flipped: bool) -> int:
    """Return the row, from the top, that a value falls in."""
    height = axis.height(value)
    return min(int((height if is_flipped else 1.0 - height) * rows), rows - 1)


def _joined(raised: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the dots, as (column, row), of a line through one row in each of some columns."""
    before: tuple[int, int] | None = None
    for column, row in raised.items():
        if before is None:
            yield column, row
        else:
            yield from _stretch(before, (column, row))
        before = column, row


def _stretch(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the dots of a straight line without gaps, its first dot left out."""
    across, down = end[0] - start[0], end[1] - start[1]
    steps = max(across, abs(down))
    for step in range(1, steps + 1):
        yield start[0] + round(across * step / steps), start[1] + round(down * step / steps)


def _braille(dots: Iterator[tuple[int, int]], columns: int, rows: int) -> list[str]:
    """Return rows of signs with two columns and four rows of dots each."""
    signs = [[0] * columns for _ in range(rows)]
    for column, row in dots:
        signs[row // 4][column // 2] |= _BRAILLE[column % 2][row % 4]
    return ["".join(chr(_NO_DOTS + bits) if bits else " " for bits in line) for line in signs]


def _stars(dots: Iterator[tuple[int, int]], columns: int, rows: int) -> list[str]:
    """Return rows of stars and blanks."""
    signs = [[" "] * columns for _ in range(rows)]
    for column, row in dots:
        signs[row][column] = "*"
    return ["".join(line) for line in signs]


def _marked(text: str, circles: Sequence[tuple[int, int]], row: int) -> Row:
    """Return one row of a curve, with circles where its number and the columns match."""
    pieces, end = [], 0
    for _, column in sorted(circle for circle in circles if circle[0] == row):
        pieces += [(text[end:column], "bar.complete"), ("o", "warn")]
        end = column + 1
    return [piece for piece in [*pieces, (text[end:], "bar.complete")] if piece[0]]


def _step_below(value: float) -> int:
    """Return the number of the last tick that is not above a value: 0 for 1, 1 for 2, 2 for 5, 3 for 10."""
    step = 3 * math.floor(math.log10(value))
    while _tick(step + 1) <= value:
        step += 1
    return step


def _tick(step: int) -> float:
    """Return the tick of a number."""
    power, place = divmod(step, 3)
    return (1, 2, 5)[place] * 10.0**power if power >= 0 else (1, 2, 5)[place] / 10.0**-power


def _as_accuracy(error: float) -> str:
    """Return the accuracy that corresponds to an error rate."""
    return "100%" if error <= _LEAST_ERROR else f"{100 * (1 - error):g}%"
