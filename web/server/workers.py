"""Workers that compute beside the event loop: processes, or threads of this process."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

from web.server.errors import Refusal

T = TypeVar("T")

_MOMENT = 2.0  # seconds that workers have at the end of the server


class Workers:
    """A pool that survives what its workers do not: a call that takes too long, and a process that dies.

    Python computes in one thread at a time, so that threads would share one core, and a defect in a decoder of pictures
    would end them all.

    Parameters
    ----------
    processes : int
        Number of processes; 0 for two threads of this process.
    seconds : float
        Longest time that a call may take, with the time that it waits for a worker.
    """

    def __init__(self, processes: int, seconds: float) -> None:
        self.processes, self.seconds = processes, seconds
        self._pool = self._new_pool()

    async def warm_up(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function in about every worker, so that the first requests need not wait for imports and models."""
        calls = [self._pool.submit(function, *arguments) for _ in range(2 * max(self.processes, 1))]
        await asyncio.wait([asyncio.wrap_future(call) for call in calls])

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return the result of a function in a worker.

        Raises
        ------
        Refusal
            With status 503 if it takes too long, or the worker has died.
        """
        pool = self._pool
        try:
            running: Future[T] = pool.submit(function, *arguments)
            return await asyncio.wait_for(asyncio.wrap_future(running), self.seconds)
        except TimeoutError:
            if not running.cancelled():
                self._replace(pool)
            expected, advice = f"at most {self.seconds:g} s of computing", "Send a smaller or simpler picture."
            raise Refusal(503, "the picture", expected=expected, found="more", advice=advice) from None
        except BrokenExecutor:
            self._replace(pool)
            advice = "Try again, or send another picture."
            raise Refusal(503, "the server", expected="an answer", found="a worker that ended", advice=advice) from None

    def close(self) -> None:
        """End all workers: those that are idle by themselves, the others are killed after a moment."""
        killer = threading.Timer(_MOMENT, _kill, [_processes(self._pool)])
        killer.start()
        self._pool.shutdown(wait=True, cancel_futures=True)
        killer.cancel()

    def _replace(self, pool: Executor) -> None:
        """End a pool and start a new one, unless another call has done so."""
        if pool is self._pool:
            self._pool = self._new_pool()
            _end(pool)

    def _new_pool(self) -> Executor:
        if not self.processes:
            return ThreadPoolExecutor(2, "reader")
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.processes, context, _begin)


def _end(pool: Executor) -> None:
    """End a pool without waiting for its calls; processes are killed."""
    processes = _processes(pool)
    pool.shutdown(wait=False, cancel_futures=True)
    _kill(processes)


def _processes(pool: Executor) -> list[Any]:
    """Return the processes of a pool; none for threads."""
    return list((getattr(pool, "_processes", None) or {}).values())


def _kill(processes: list[Any]) -> None:
    for process in processes:
        with contextlib.suppress(OSError, ValueError):
            process.kill()


def _begin() -> None:
    """Prepare a worker process: one BLAS thread, no Ctrl-C, and an end when the server ends."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
