"""The Dask engine on a real cluster of two worker processes."""

import os

import numpy as np
import pytest

from backend import InputError
from backend.blas import blas_threads
from backend.engines.parallel import completed
from tests.helpers.cluster import dask_cluster

pytest.importorskip("distributed", reason="Dask is not installed: pip install distributed")


class Heavy:
    """Counts, in each process, how often it arrives there."""

    arrivals = 0

    def __init__(self, numbers):
        self.numbers = numbers

    def __setstate__(self, state):
        self.__dict__.update(state)
        Heavy.arrivals += 1


def look(task, shared):
    return task, float(shared.numbers[task]), os.getpid(), blas_threads(), Heavy.arrivals


def die(task, shared):
    os._exit(1)


def fail(task, shared):
    raise ZeroDivisionError(task)


@pytest.fixture(scope="module")
def engine():
    with dask_cluster() as address:
        yield f"dask://{address}"


def test_two_processes_share_the_tasks_and_receive_what_all_share_before_them(engine):
    done = list(completed(look, list(range(12)), Heavy(np.arange(12.0)), engine=engine))
    assert sorted((task, number) for task, number, *_ in done) == [(n, float(n)) for n in range(12)]
    assert os.getpid() not in {pid for _, _, pid, _, _ in done}
    assert len({pid for _, _, pid, _, _ in done}) == 2
    assert {threads for _, _, _, threads, _ in done} == {1}
    assert {arrivals for *_, arrivals in done} <= {
        1,
        2,
    }  # on a busy machine a process may fetch it once more, never per task


def test_an_error_keeps_its_kind(engine):
    with pytest.raises(ZeroDivisionError, match="3"):
        list(completed(fail, [3], None, engine=engine))


def test_what_is_not_wanted_any_more_is_given_up(engine):
    results = completed(look, list(range(12)), Heavy(np.arange(12.0)), engine=engine)
    next(results)
    results.close()


def test_a_killed_worker_is_reported_and_not_waited_for():
    """The cluster is its own, since the other tests need all of their workers, in any order."""
    with dask_cluster() as address, pytest.raises(InputError, match="killed from outside"):
        list(completed(die, [1, 2], None, engine=f"dask://{address}"))


def test_no_one_at_the_address_is_reported(monkeypatch):
    monkeypatch.setattr("backend.engines.dask_engine.PATIENCE", 0.3)
    with pytest.raises(InputError, match="expected a Dask scheduler"):
        list(completed(look, [1], None, engine="dask://127.0.0.1:9"))


@pytest.mark.parametrize("engine", ["dask", "dask://", "dask://nowhere"])
def test_what_is_no_address_is_refused(engine, monkeypatch):
    monkeypatch.setattr("backend.engines.dask_engine.PATIENCE", 0.3)
    with pytest.raises(InputError, match="dask://"):
        list(completed(look, [1], None, engine=engine))


def test_a_cluster_without_workers_is_reported(monkeypatch):
    monkeypatch.setattr("backend.engines.dask_engine.PATIENCE", 0.3)
    with dask_cluster(workers=0) as address, pytest.raises(InputError, match="at least one worker"):
        list(completed(look, [1], None, engine=f"dask://{address}"))
