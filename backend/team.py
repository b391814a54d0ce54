"""A few threads that do their shares of one task at the same time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

import numpy as np

Task = Callable[[int], None]
UFUNC_BUFFER = 2048  # numbers; with NumPy's own 8192, adding a row to a matrix is a tenth slower and takes 32 KiB


@contextmanager
def at_full_speed() -> Iterator[None]:
    """Inside the block, NumPy warns of no overflow and takes small buffers; both settings are this thread's own.

    Whoever works in here looks at what comes out.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # which restores the size of buffers too
        np.setbufsize(UFUNC_BUFFER)
        yield


class Team:
    """Workers, numbered from 0, of which the first is the caller itself.

    NumPy lets go of the interpreter's lock inside its larger operations, so workers that spend their time there run
    side by side. Handing a task over and collecting it costs about 6 microseconds a worker.

    Parameters
    ----------
    size : int
        Workers, the caller among them; with 1 there are no threads.

    Examples
    --------
    >>> done = [0, 0]
    >>> with Team(2) as team:
    ...     team.run(lambda worker: done.__setitem__(worker, worker + 1))
    >>> done
    [1, 2]
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._inboxes: list[SimpleQueue[Task | None]] = [SimpleQueue() for _ in range(1, size)]
        self._outbox: SimpleQueue[BaseException | None] = SimpleQueue()

    def __enter__(self) -> Self:
        for worker, inbox in enumerate(self._inboxes, start=1):
            Thread(target=self._work, args=(worker, inbox), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for inbox in self._inboxes:
            inbox.put(None)

    def run(self, task: Task) -> None:
        """Run ``task(worker)`` for every worker at once; return, or raise the first error, when all are done."""
        for inbox in self._inboxes:
            inbox.put(task)
        try:
            task(0)
        finally:
            errors = [self._outbox.get() for _ in self._inboxes]  # whatever happened here: nobody may still be at work
        for error in errors:
            if error is not None:
                raise error

    def _work(self, worker: int, inbox: "SimpleQueue[Task | None]") -> None:
        """Do what comes until None comes."""
        with at_full_speed():
            while (task := inbox.get()) is not None:
                try:
                    task(worker)
                except BaseException as error:  # handed over to the caller, who raises it
                    self._outbox.put(error)
                else:
                    self._outbox.put(None)


ALONE = Team(1)  # the caller without any help
