"""Progress of several trainings at the same time."""

import time
from typing import Self

from interface.console import Console
from interface.progress import Clock, _Bar
from interface.text import duration


class TrialBar(_Bar):
    """Show how many trainings are done, and the best so far: a live line in a terminal, else one line per training.

    Parameters
    ----------
    console : Console
        Where to show it.
    trials : int
        How many there are in all.
    done : int
        How many of them were finished earlier.
    clock : callable
        Seconds, from any start.

    Examples
    --------
    >>> with TrialBar(Console(width=120), trials=12, done=4) as bar:
    ...     bar.on_trial("classic, seed 2", 0.9525, 12.3)
    5/12  classic, seed 2: validation accuracy 95.25%, 12.3 s
    """

    def __init__(self, console: Console, trials: int, done: int = 0, *, clock: Clock = time.perf_counter) -> None:
        super().__init__(console, clock)
        self._trials, self._done, self._before = trials, done, done
        self._best: tuple[float, str] | None = None
        self._begun = clock()

    def __enter__(self) -> Self:
        super().__enter__()
        self._show()
        return self

    def on_trial(self, name: str, accuracy: float | None, seconds: float) -> None:
        """Take in a training that is done.

        Parameters
        ----------
        name : str
            What it is called.
        accuracy : float, optional
            On the validation images, a fraction; None if there is none.
        seconds : float
            What it took.
        """
        self._done += 1
        if accuracy is not None and (self._best is None or accuracy > self._best[0]):
            self._best = (accuracy, name)
        if self._draw is None:
            shown = "no validation accuracy" if accuracy is None else f"validation accuracy {accuracy:.2%}"
            self._console.say(f"{self._done}/{self._trials}  {name}: {shown}, {seconds:.1f} s")
        self._show()

    def _show(self) -> None:
        """Redraw; once a training is seldom enough to need no clock."""
        best = f"best {self._best[0]:.2%}: {self._best[1]}" if self._best else ""
        parts = [(0, f"{self._done} of {self._trials}"), (1, best), (2, self._time_left())]
        self._redraw(self._line("Trainings", self._done / self._trials, parts))

    def _time_left(self) -> str:
        """Return an estimate of the time left, assuming that all trainings take equally long."""
        finished = self._done - self._before
        if not finished:
            return ""
        return f"{duration((self._clock() - self._begun) / finished * (self._trials - self._done))} left"
