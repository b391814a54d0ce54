"""Data parallelism: processes that run the same steps on shared memory, each with its share of the rows.

Threads do not serve: each of a step's sixty calls takes some microseconds, and would have to wait for the interpreter's
lock. docs/performance.md has the numbers.
"""

import math
import mmap
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np

from backend.errors import InputError
from backend.ranks import Ranks

PLACE = 8  # 64-bit numbers per counter, so that each counter has its own cache line
GLANCES = 2000  # polls of a counter, about 60 microseconds, before the core is released to other processes
YIELDING = 0.001  # seconds during which the core is released between polls, before sleeping starts
SHORTEST_NAP = 0.0001  # seconds of the first sleep between two polls; the sleeps grow with the time waited
LONGEST_NAP = 0.01  # seconds of the longest sleep
PATIENCE = 60.0  # seconds after which a process that has not arrived counts as lost
GOODBYE = 2.0  # seconds that the copies have to end by themselves before they are killed
MESSAGE = 2000  # bytes reserved for the text of an error


class TeamError(InputError):
    """A process has ended or failed."""


class _Dismissed(BaseException):
    """The caller is through with the team: leave."""


def can_share() -> bool:
    """Return whether processes can work on one memory here.

    Copies of a process are safe to make on Linux; and other than x86-64, processors may show one process's writes to
    another in another order.
    """
    return sys.platform == "linux" and os.uname().machine == "x86_64"


class Team:
    """Processes numbered from 0, of which the first is the caller itself; the others are copies of it.

    What a copy writes is private, except in arrays that `zeros` made before the start. All run the same code, each with
    its own rank, and meet in `wait`.

    Parameters
    ----------
    local_size : int
        Number of processes on this machine, including the caller; with 1 there is no overhead.
    ranks : Ranks, optional
        Copies of the program, each of which has a team of this size; the processes of all of them are one team, which
        shares batches, but no memory.

    Attributes
    ----------
    size, rank : int
        Number of all processes, and the number of this one.
    local_size, local_rank : int
        Number of processes that share memory with this one, and the number of this one among them.

    Examples
    --------
    >>> team = Team(2 if can_share() else 1)
    >>> done = team.zeros(np, (team.size,), "int64")
    >>> def work():
    ...     done[team.rank] += 1
    ...     team.wait()
    >>> with team.started(work):
    ...     work()
    >>> set(done.tolist())
    {1}
    """

    def __init__(self, local_size: int, ranks: Ranks | None = None) -> None:
        self.ranks = ranks or Ranks()
        self.local_size = size = local_size
        self.size = local_size * self.ranks.count
        self._number(0)
        self._caller = os.getpid()
        self._pids: list[int] = []
        self._meetings = 0
        self._counters = memoryview(mmap.mmap(-1, (size + 1) * PLACE * 8)).cast("q")
        self._others: Sequence[int] = ()  # positions of the counters that this process waits for
        self._end = size * PLACE  # position of the flag that ends the team
        self._message = mmap.mmap(-1, MESSAGE)

    def _number(self, local_rank: int) -> None:
        """Give this process its number."""
        self.local_rank = local_rank
        self.rank = self.ranks.number * self.local_size + local_rank

    def zeros(self, xp: Any, shape: tuple[int, ...], dtype: str) -> Any:
        """Return an array of zeros that all processes of this machine see."""
        if self.local_size == 1:
            return xp.zeros(shape, dtype=dtype)
        numbers = math.prod(shape)
        memory = mmap.mmap(-1, max(1, numbers * np.dtype(dtype).itemsize))
        return np.frombuffer(memory, dtype, numbers).reshape(shape)

    def share(self, total: int, rank: int | None = None) -> slice:
        """Return this or another process's slice of `total` items.

        Examples
        --------
        >>> team = Team(3)
        >>> [team.share(10, rank) for rank in range(3)]
        [slice(0, 3, None), slice(3, 6, None), slice(6, 10, None)]
        """
        rank = self.rank if rank is None else rank
        return slice(total * rank // self.size, total * (rank + 1) // self.size)

    def started(self, task: Callable[[], None]) -> Self:
        """Begin `task` in every process but this one; the block that this opens ends them.

        Raises
        ------
        TeamError
            If the system has no room for another process.
        """
        try:
            for rank in range(1, self.local_size):
                pid = _fork()
                if pid == 0:
                    self._work(rank, task)
                self._pids.append(pid)
        except OSError as error:
            self.dismiss()
            raise _team_error(f"it could not be started: {error}") from error
        self._others = self._all_but(0)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()

    def wait(self) -> None:
        """Wait until every process of this machine has reached this barrier.

        Raises
        ------
        TeamError
            If a process has ended or does not arrive in time.
        """
        self._meetings += 1
        counters, meeting = self._counters, self._meetings
        counters[PLACE * self.local_rank] = meeting
        for place in self._others:
            for _ in range(GLANCES):
                if counters[place] >= meeting:
                    break
            else:
                self._wait_long(place)

    def _all_but(self, rank: int) -> Sequence[int]:
        """Return the places of all counters but one."""
        return [PLACE * other for other in range(self.local_size) if other != rank]

    def _wait_long(self, place: int) -> None:
        """Wait for a process that takes its time, without keeping the core from others."""
        began = time.monotonic()
        while self._counters[place] < self._meetings:
            if self._counters[self._end]:
                self._leave()
            waited = time.monotonic() - began
            if waited < YIELDING:
                os.sched_yield()
            else:
                self._look_after_others(waited)
                time.sleep(min(max(waited / 50, SHORTEST_NAP), LONGEST_NAP))

    def _leave(self) -> NoReturn:
        """Raise an error with the reason for the failure."""
        if self.local_rank:
            raise _Dismissed
        text = self._message[:].rstrip(b"\0").decode(errors="replace")
        raise _team_error(f"it failed: {text}")

    def _look_after_others(self, waited: float) -> None:
        """Notice that the caller is gone, or one of its copies, or that it hangs."""
        if self.local_rank:
            if os.getppid() != self._caller:
                raise _Dismissed
            return
        for pid in list(self._pids):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._pids.remove(pid)
                if not self._counters[self._end]:
                    raise _team_error(f"it ended with status {os.waitstatus_to_exitcode(status)}")
        if waited > PATIENCE:
            raise _team_error(f"no progress for {PATIENCE:.0f} seconds")

    def _work(self, rank: int, task: Callable[[], None]) -> NoReturn:
        """Run as a copy until the end; never return to the caller's code."""
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller handles interrupts
            self._number(rank)
            self._others, self._pids = self._all_but(rank), []
            task()
        except _Dismissed:
            pass
        except BaseException as error:
            text = f"{type(error).__name__}: {error}".encode()[:MESSAGE]
            self._message[: len(text)] = text
            self._counters[self._end] = 1
        finally:
            os._exit(0)

    def dismiss(self) -> None:
        """End all copies and wait for them; calling it again has no effect."""
        self._counters[self._end] = 1
        deadline = time.monotonic() + GOODBYE
        for pid in self._pids:
            while not (ended := os.waitpid(pid, os.WNOHANG)[0]) and time.monotonic() < deadline:
                time.sleep(SHORTEST_NAP)
            if not ended:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._pids = []


def _fork() -> int:
    """Return 0 in the copy, its number in the caller."""
    with warnings.catch_warnings():  # about other threads: the copy does not use them or their locks
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _team_error(found: str) -> TeamError:
    """Return the error for a lost process."""
    return TeamError(
        "a process that shares the training",
        expected="it to take part in every step",
        found=found,
        advice="Train with workers=1, which needs no other processes.",
    )
