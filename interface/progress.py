"""Progress of training and downloads, and the table of epochs."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from types import TracebackType
from typing import NamedTuple, Self

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table

from classes.training.progress import EpochProgress
from classes.training.records import EpochRecord, History
from interface.chart import TrainingChart
from interface.console import Console
from interface.text import duration, fitting, size

Clock = Callable[[], float]

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0  # seconds between two redraws
_LARGEST_SHARE = 0.01  # largest share of the time for redrawing; slow drawing makes the pauses longer
_SETTLED_SECONDS = 1.0  # an earlier estimate of the time left would reflect only the start
_SHORTEST_BAR, _LONGEST_BAR = 8, 40
_SHORTEST_STRETCH = 0.01  # part of an epoch; over fewer images the metrics are noise


class _Bar:
    """Common to both bars: a live display in a terminal, a redraw schedule, and a clean end."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._stack = ExitStack()
        self._draw: Callable[[RenderableType], None] | None = None
        self._due = math.inf

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._draw = self._stack.enter_context(self._console.live())
            self._due = -math.inf
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draw, self._due = None, math.inf
        self._stack.close()

    def _redraw(self, content: RenderableType, begun: float | None = None) -> None:
        """Draw on a terminal, and schedule the next redraw; `begun` is the start time of this one."""
        if self._draw is not None:
            begun = self._clock() if begun is None else begun
            self._draw(content)
            now = self._clock()
            self._due = now + min(max(_SHORTEST_PAUSE, (now - begun) / _LARGEST_SHARE), _LONGEST_PAUSE)

    def _line(self, head: str, fraction: float | None, parts: Sequence[tuple[int, str]]) -> Table:
        """Return name, bar and figures in one line that the terminal can hold."""
        width = self._console.width - 1  # a full last column makes some terminals wrap
        tail = fitting(parts, width - len(head) - _SHORTEST_BAR - 3)
        bar = min(max(width - len(head) - len(tail) - 3, _SHORTEST_BAR), _LONGEST_BAR)
        row = Table.grid()
        row.add_row(
            self._console.text(f"{head} ", "strong"),
            ProgressBar(total=None if fraction is None else 1.0, completed=fraction or 0.0, width=bar),
            self._console.text(f"  {tail}"),
        )
        return row


class _Sums(NamedTuple):
    """The sums of an epoch: read once per redraw, since that may wait for the device."""

    epoch: int = 0
    images: int = 0
    weight: float = 0.0
    mean_loss: float = 0.0
    accuracy: float = 0.0

    @classmethod
    def of(cls, step: EpochProgress) -> "_Sums":
        """Return the sums by now."""
        return cls(step.epoch, step.images, step.weight, step.mean_loss(), step.accuracy())

    @property
    def loss(self) -> float:
        """Loss of all images seen, each by its weight."""
        return self.mean_loss * self.weight

    @property
    def hits(self) -> float:
        """Images that were right."""
        return self.accuracy * self.images


class TrainingBar(_Bar):
    """Show the progress of training: a bar and two charts in a terminal, one line per epoch elsewhere.

    Use it in a ``with`` statement; the terminal is restored however the block ends. `on_step` costs one reading
    of the clock; at most ten times a second it reads the loss, which may wait for a device, and redraws: more
    seldom where that would take more than a hundredth of the time. The charts' line shows the loss and the
    accuracy since the last redraw, not the means since the epoch's beginning.

    Parameters
    ----------
    console : Console
        Where to show it.
    epochs : int
        How many are planned.
    clock : callable
        Seconds, from any start.

    Examples
    --------
    >>> record = EpochRecord(1, 5, 0.25, 0.925, 0.21, 0.94, 0.001, 2.0, 27000.0)
    >>> with TrainingBar(Console(width=120), epochs=5) as bar:
    ...     bar.on_epoch(record)
    epoch 1/5: loss 0.2500, accuracy 92.50%, validation loss 0.2100, accuracy 94.00%, 2.00 s, 27,000 images/s
    """

    def __init__(self, console: Console, epochs: int, *, clock: Clock = time.perf_counter) -> None:
        super().__init__(console, clock)
        self._epochs = epochs
        self._last: EpochRecord | None = None
        self._best: EpochRecord | None = None
        self._start: tuple[float, float] | None = None  # time, and fraction done by then
        self._chart = TrainingChart(epochs)
        self._drawn = _Sums()

    def on_step(self, step: EpochProgress) -> None:
        """Redraw if it is time to; called after every batch."""
        now = self._clock()
        if now >= self._due:
            sums = _Sums.of(step)
            self._chart_stretch(step, sums)
            self._redraw(Group(*self._lines(step, sums), self._chart), now)

    def on_epoch(self, record: EpochRecord) -> None:
        """Process a finished epoch; print its line if there is no live bar."""
        if self._draw is None:
            self._console.say(record)
        elif self._drawn.epoch != record.epoch:  # too short for a redraw, or trained before
            self._chart.train(record.epoch - 0.5, record.train_loss, record.train_accuracy)
        if record.val_accuracy is None or record.val_loss is None:
            return
        self._chart.validate(record.epoch, record.val_loss, record.val_accuracy)
        self._last = record
        if self._best is None or record.val_accuracy > (self._best.val_accuracy or 0.0):
            self._best = record

    def _chart_stretch(self, step: EpochProgress, sums: "_Sums") -> None:
        """Pass the metrics since the last redraw to the chart."""
        before = self._drawn if self._drawn.epoch == sums.epoch else _Sums()
        images, weight = sums.images - before.images, sums.weight - before.weight
        if weight > 0 and images >= _SHORTEST_STRETCH * step.images_total:
            place = step.epoch - 1 + step.images / step.images_total
            loss, accuracy = (sums.loss - before.loss) / weight, (sums.hits - before.hits) / images
            self._chart.train(place, loss, accuracy, images)
            self._drawn = sums

    def _lines(self, step: EpochProgress, sums: "_Sums") -> Iterator[Table]:
        done = (step.epoch - 1 + step.images / step.images_total) / self._epochs
        head = f"Epoch {step.epoch:>{len(str(self._epochs))}}/{self._epochs}"
        parts = [
            (0, f"loss {sums.mean_loss:.4f}"),
            (1, f"accuracy {sums.accuracy:.2%}"),
            (3, f"{step.images / step.seconds:,.0f} images/s"),
            (2, self._time_left(done)),
        ]
        yield self._line(head, done, parts)
        if self._last is not None and self._best is not None:
            yield self._validation(self._last, self._best)

    def _validation(self, last: EpochRecord, best: EpochRecord) -> Table:
        """Return a line about the last epoch that was validated, and the best."""
        parts = [
            (0, f"Validation: loss {last.val_loss:.4f}"),
            (1, f"accuracy {last.val_accuracy:.2%}"),
            (2, f"best {best.val_accuracy:.2%} in epoch {best.epoch}"),
        ]
        row = Table.grid()
        row.add_row(self._console.text(fitting(parts, self._console.width - 1), "quiet"))
        return row

    def _time_left(self, done: float) -> str:
        """Return an estimate of the time left, or nothing while it is too early for one."""
        now = self._clock()
        if self._start is None:
            self._start = (now, done)
        begun, first = self._start
        if now - begun < _SETTLED_SECONDS or done <= first:
            return ""
        return f"{duration((now - begun) * (1 - done) / (done - first))} left"


class DownloadBar(_Bar):
    """Show files coming in: a live bar in a terminal, and everywhere a line for each file that is complete.

    Called with a file's name, its bytes so far and its size in bytes, or None where that is not known. Inside
    ``with`` there is a live bar and a clean end; without, there are only the lines. Anything else that is counted
    needs another `unit`, which returns a number of them as text.

    Examples
    --------
    >>> with DownloadBar(Console()) as bar:
    ...     bar("images.gz", 500, 1000)
    ...     bar("images.gz", 1000, 1000)
    images.gz: 1.0 kB
    """

    def __init__(
        self, console: Console, *, clock: Clock = time.perf_counter, unit: Callable[[float], str] = size
    ) -> None:
        super().__init__(console, clock)
        self._unit = unit
        self._state: tuple[str, int, int | None] = ("", 0, 0)
        self._begun = 0.0

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Record the progress of a file."""
        if (name, done, total) == self._state:
            return
        if name != self._state[0] or done < self._state[1]:
            self._end_unsized(name)
            self._begun = self._clock()
        self._state = (name, done, total)
        if total is not None and done >= total:
            self._console.say(f"{name}: {self._unit(done)}")
        elif self._clock() >= self._due:
            self._redraw(self._line(name, done / total if total else None, self._figures(done, total)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._end_unsized("")
        super().__exit__(kind, error, trace)

    def _end_unsized(self, following: str) -> None:
        """Print the line of a file whose size was not known: it is complete when another one follows."""
        name, done, total = self._state
        if name != following and total is None:
            self._console.say(f"{name}: {self._unit(done)}")

    def _figures(self, done: int, total: int | None) -> list[tuple[int, str]]:
        unit = self._unit
        amount = unit(done) if total is None else f"{unit(done)} of {unit(total)}"
        seconds = self._clock() - self._begun
        return [(0, amount), (1, f"{unit(done / seconds)}/s" if seconds > 0 else "")]


_MOST_ROWS = 25  # rows of the table of epochs; longer histories are thinned out
_COLUMNS: dict[str, Callable[[EpochRecord], str | None]] = {
    "Epoch": lambda r: str(r.epoch),
    "Train loss": lambda r: f"{r.train_loss:.4f}",
    "Train accuracy": lambda r: f"{r.train_accuracy:.2%}",
    "Val loss": lambda r: None if r.val_loss is None else f"{r.val_loss:.4f}",
    "Val accuracy": lambda r: None if r.val_accuracy is None else f"{r.val_accuracy:.2%}",
    "Learning rate": lambda r: f"{r.learning_rate:.3g}",
    "Seconds": lambda r: f"{r.seconds:.1f}",
    "Images/s": lambda r: f"{r.images_per_second:,.0f}",
}  # on narrow screens, columns are dropped from the end
_FEWEST_COLUMNS = 5  # columns that are always shown


def epoch_table(console: Console, history: History) -> None:
    """Print a table of epochs, the one whose weights were kept marked.

    Long histories are thinned out to every k-th epoch plus the first, the last and the best; narrow screens
    lose the speed columns first. A note below says what was omitted.
    """
    if not len(history):
        console.say("No epoch has been trained.", "quiet")
        return
    records, note = _thinned(history)
    names = list(_COLUMNS)
    rows = [[_COLUMNS[name](record) for name in names] for record in records]
    while len(names) > _FEWEST_COLUMNS and not console.fits(names, rows):
        names.pop()
    chosen = next((row for row, record in enumerate(records) if record.epoch == history.chosen_epoch), None)
    console.table(names, rows, highlight_row=chosen)
    if chosen is not None:
        console.say(f"▸ epoch {history.chosen_epoch}: its weights were kept", "quiet")
    if note:
        console.say(note, "quiet")


def _thinned(history: History) -> tuple[list[EpochRecord], str]:
    """Return the epochs to show, and a line on those left out."""
    if len(history) <= _MOST_ROWS:
        return history.records, ""
    strides = (leading * power for power, leading in product((10**n for n in range(18)), (1, 2, 5)))
    every = next(stride for stride in strides if len(history) / stride <= _MOST_ROWS - 4)
    best = max(history, key=lambda record: (record.val_accuracy or 0.0, record.train_accuracy))
    wanted = {history.records[0].epoch, history.last.epoch, best.epoch, history.chosen_epoch}
    kept = [record for record in history if record.epoch in wanted or record.epoch % every == 0]
    return kept, f"{len(kept)} of {len(history)} epochs: one in {every}, and the first, the last and the best"
