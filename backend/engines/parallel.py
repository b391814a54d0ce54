"""Parallel tasks on this machine or on a cluster, through joblib and a choice of engines.

An engine is named as ``loky`` (processes here), ``threading``, ``dask://HOST:PORT``, ``ray`` or ``ray://HOST:PORT``.
A cluster runs what it is sent and answers in pickles, which can do anything when they are read: name only those that
you trust.
"""

import importlib
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from backend.blas import one_blas_thread
from backend.engines.errors import worker_killed
from backend.errors import InputError
from backend.registry import look_up

Task = TypeVar("Task")
Shared = TypeVar("Shared")
Result = TypeVar("Result")


def completed(
    function: Callable[[Task, Shared], Result],
    tasks: Sequence[Task],
    shared: Shared,
    *,
    engine: str = "loky",
    jobs: int | None = None,
) -> Generator[Result, None, None]:
    """Yield ``function(task, shared)`` of every task as soon as it is done, in any order.

    Every task has one BLAS thread, however many are at work, so that no result depends on how many that are.

    Parameters
    ----------
    function : callable
        A top-level function of a module that can be imported by the workers.
    tasks : sequence
        Its first arguments.
    shared : object
        Its second argument, always the same. It is not sent with every task: processes on this machine map its large
        arrays into their memory, and every worker of a cluster receives it once.
    engine : str
        See the module's description.
    jobs : int, optional
        Tasks at a time; None takes as many as there are cores.

    Raises
    ------
    InputError
        If there is no such engine, its library is missing, its cluster does not answer, or a process is killed.

    Examples
    --------
    >>> sorted(completed(pow, [2, 3], 2, jobs=1))
    [4, 9]
    """
    name, _, address = engine.partition("://")
    chosen = look_up(ENGINES, name, "--parallel")
    if jobs is not None and jobs < 1:
        raise InputError(
            "--jobs", expected="an integer of at least 1", found=str(jobs), advice="Choose another --jobs."
        )
    if not tasks:
        return
    with one_blas_thread(), chosen.opened(address, shared) as handle:  # here too: threads share one BLAS
        yield from chosen.run([delayed(_alone)(function, task, handle, chosen.fetch) for task in tasks], jobs)


def _alone(function: Callable[[Task, Any], Result], task: Task, handle: Any, fetch: Callable[[Any], Any]) -> Result:
    """Call the function in the worker, with BLAS limited to one thread."""
    with one_blas_thread():
        return function(task, fetch(handle))


def _itself(handle: Any) -> Any:
    return handle


@dataclass(frozen=True)
class Engine:
    """A way to run tasks.

    Attributes
    ----------
    opened : callable
        Called with the address and the shared value; returns a context manager within which joblib uses this backend,
        and which hands out what to send in the place of what is shared.
    fetch : callable
        Turns that back into what is shared.
    is_local : bool
        Whether it runs on this machine's cores.
    streams : bool
        Whether joblib returns single results from it; otherwise they are returned in rounds of one per job.
    """

    opened: Callable[[str, Any], AbstractContextManager[Any]]
    fetch: Callable[[Any], Any] = _itself
    is_local: bool = True
    streams: bool = True

    def run(self, calls: Sequence[Any], jobs: int | None) -> Iterator[Any]:
        """Yield the results of delayed calls."""
        if self.is_local:
            jobs = min(jobs or cpu_count(), len(calls))
        if self.streams:
            yield from _streamed(calls, jobs)
        else:
            yield from _in_rounds(calls, jobs or cpu_count())


def _streamed(calls: Sequence[Any], jobs: int | None) -> Iterator[Any]:
    """Yield each result when it arrives; stopping before the last one causes no warning."""
    settings: dict[str, Any] = {"batch_size": 1, "pre_dispatch": jobs or "all"}
    results = Parallel(jobs or -1, return_as="generator_unordered", **settings)(calls)
    try:
        for result in results:  # noqa: UP028  "yield from" would close the results out here, with a warning
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def _in_rounds(calls: Sequence[Any], jobs: int) -> Iterator[Any]:
    """Yield results whenever as many calls are done as run at a time."""
    with Parallel(jobs) as parallel:
        for start in range(0, len(calls), jobs):
            yield from parallel(calls[start : start + jobs])


@contextmanager
def _processes(address: str, shared: Shared) -> Iterator[Shared]:
    """Use processes of this machine, each with one BLAS thread."""
    _refuse_address("loky", address)
    with parallel_config("loky", inner_max_num_threads=1):
        try:
            yield shared
        except TerminatedWorkerError as error:
            raise worker_killed() from error


@contextmanager
def _threads(address: str, shared: Shared) -> Iterator[Shared]:
    """Use threads of this process: slow, but convenient for debugging."""
    _refuse_address("threading", address)
    with parallel_config("threading"):
        yield shared


@contextmanager
def _dask(address: str, shared: Shared) -> Iterator[Shared]:
    """Connect to a Dask cluster."""
    _library("distributed", "dask")
    from backend.engines.dask_engine import dask_cluster

    with dask_cluster(address, shared):
        yield shared


@contextmanager
def _ray(address: str, shared: Any) -> Iterator[Any]:
    """Connect to a Ray cluster, or start a local one, and put the shared value into its object store."""
    ray = _library("ray", "ray")
    _library("ray.util.joblib", "ray").register_ray()
    connected = ray.is_initialized()
    if not connected:
        ray.init(f"ray://{address}" if address else None, log_to_driver=False)
    try:
        with parallel_config("ray"):
            yield ray.put(shared)
    finally:
        if not connected:
            ray.shutdown()


def _from_ray(handle: Any) -> Any:
    """Return the value in Ray's object store."""
    return importlib.import_module("ray").get(handle)


def _library(module: str, engine: str) -> Any:
    """Return a library that only this engine needs."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise InputError(
            f"--parallel {engine}",
            expected=f"the library {name}",
            found=f"none ({error})",
            advice=f"Install it with: pip install {name}",
        ) from error


def _refuse_address(engine: str, address: str) -> None:
    """Raise an error for an address of the local engine."""
    if address:
        advice = "dask://HOST:PORT has an address."
        raise InputError(f"--parallel {engine}", expected="no address", found=repr(address), advice=advice)


ENGINES: dict[str, Engine] = {
    "loky": Engine(_processes),
    "threading": Engine(_threads),
    "dask": Engine(_dask, is_local=False),
    "ray": Engine(_ray, fetch=_from_ray, is_local=False, streams=False),
}
