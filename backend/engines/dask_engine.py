"""Dask as joblib's backend: the workers of a cluster run the tasks."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import distributed
from joblib import parallel_config
from joblib._dask import DaskDistributedBackend

from backend.engines.errors import worker_killed
from backend.errors import InputError

Shared = TypeVar("Shared")

PATIENCE = 10  # seconds to wait for a cluster and its first worker
ADVICE = "Start each part in the project's folder: PYTHONPATH=. dask scheduler; PYTHONPATH=. dask worker HOST:PORT"


class DaskBackend(DaskDistributedBackend):
    """joblib's Dask backend, which also reports tasks that fail outside of their function.

    joblib 1.6 waits for ever for a task whose worker was killed, or could not read what it was sent.
    """

    def submit(self, func: Any, callback: Callable[[Any], None] | None = None) -> "Future[Any]":
        """Send a batch of calls to the cluster; `callback` receives their results, or the error."""

        def hand_on(done: "Future[Any]") -> None:
            error = None if done.cancelled() else done.exception()
            if error is not None and callback is not None:
                callback(error)

        future: Future[Any] = super().submit(func, callback)
        future.add_done_callback(hand_on)
        return future

    def retrieve_result_callback(self, out: Any) -> Any:
        """Return the results that a callback received, or raise the error."""
        if isinstance(out, BaseException):
            raise out
        return super().retrieve_result_callback(out)


@contextmanager
def dask_cluster(address: str, shared: Shared) -> Iterator[Shared]:
    """Use a Dask cluster in joblib inside the block; send the shared value to each of its workers once.

    Parameters
    ----------
    address : str
        ``HOST:PORT`` of the scheduler.
    shared : object
        Sent to all workers once; calls refer to it there.

    Raises
    ------
    InputError
        If there is no scheduler, no worker, or one that cannot import the project; or if a worker is killed.
    """
    engine = f"--parallel dask://{address}"
    if not address:
        raise InputError(
            engine, expected="dask://HOST:PORT", found="no address", advice="Example: dask://127.0.0.1:8786."
        )
    try:
        client = distributed.Client(f"tcp://{address}", timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(engine, expected="a Dask scheduler", found=str(error), advice=ADVICE) from error
    with client:
        _check(client, engine)
        try:
            with parallel_config(DaskBackend(client=client, scatter=[shared])):
                yield shared
        except distributed.KilledWorker as error:
            raise worker_killed() from error


def _check(client: Any, engine: str) -> None:
    """Wait for a first worker, and see whether all parts of the cluster can import what they will be sent."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise InputError(engine, expected="at least one worker", found="none", advice=ADVICE) from error
    try:
        answers = [client.run_on_scheduler(_ready), *client.run(_ready, on_error="return").values()]
    except ImportError as error:
        answers = [error]
    wrong = next((answer for answer in answers if answer is not True), None)
    if wrong is not None:
        expected = "a scheduler and workers that can import the project"
        raise InputError(engine, expected=expected, found=str(wrong), advice=ADVICE)


def _ready() -> bool:
    """Return True, if this module can be imported by a worker."""
    return True
