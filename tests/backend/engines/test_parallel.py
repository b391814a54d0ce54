"""Parallel tasks: every engine returns the results of a loop, or a clear error."""

import os

import numpy as np
import pytest

from backend import InputError
from backend.blas import blas_threads
from backend.engines import parallel
from backend.engines.parallel import ENGINES, completed


def product(task, shared):
    return task, int(shared[task]), os.getpid(), blas_threads()


def die(task, shared):
    os._exit(1)


def fail(task, shared):
    raise ZeroDivisionError(task)


@pytest.mark.parametrize(("engine", "jobs"), [("loky", 1), ("loky", 2), ("loky", None), ("threading", 2)])
def test_every_task_is_done_once_with_one_blas_thread(engine, jobs):
    shared = np.arange(300_000)  # large enough to be mapped into the processes' memory
    done = list(completed(product, list(range(6)), shared, engine=engine, jobs=jobs))
    assert sorted((task, value) for task, value, _, _ in done) == [(n, n) for n in range(6)]
    assert {threads for *_, threads in done} == {1}
    elsewhere = {pid for _, _, pid, _ in done} != {os.getpid()}
    assert elsewhere == (engine == "loky" and jobs == 2) or jobs is None


# joblib's thread can stumble over a task that was given up just then; what it was about is gone all the same.
@pytest.mark.filterwarnings("ignore:Exception in thread ExecutorManagerThread")
def test_results_come_before_all_are_done():
    results = completed(product, list(range(50)), np.arange(50), jobs=2)
    assert next(results)[0] in range(50)
    results.close()  # and what is not wanted any more is given up without a warning


def test_no_tasks_start_nothing():
    assert list(completed(product, [], None, engine="dask://127.0.0.1:9")) == []


def test_an_error_keeps_its_kind():
    with pytest.raises(ZeroDivisionError, match="3"):
        list(completed(fail, [3, 3], None, jobs=2))


def test_a_killed_process_is_reported_with_advice():
    with pytest.raises(InputError, match=r"killed from outside.*--jobs"):
        list(completed(die, [1, 2], None, jobs=2))


@pytest.mark.parametrize(
    ("engine", "jobs", "said"),
    [
        ("smoke", 2, "dask, loky, ray, threading"),
        ("loky://127.0.0.1:1", 2, "no address"),
        ("threading://x", 2, "no address"),
        ("loky", 0, "at least 1"),
    ],
)
def test_what_cannot_be_is_refused(engine, jobs, said):
    with pytest.raises(InputError, match=said):
        list(completed(product, [1], [1, 2], engine=engine, jobs=jobs))


@pytest.mark.parametrize(("engine", "library"), [("dask://127.0.0.1:8786", "distributed"), ("ray", "ray")])
def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch, engine, library):
    def import_module(name):
        raise ImportError(f"no {name}")

    monkeypatch.setattr(parallel.importlib, "import_module", import_module)
    with pytest.raises(InputError, match=f"pip install {library}"):
        list(completed(product, [1], [1, 2], engine=engine))


def test_ray_comes_to_the_same():
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        done = list(completed(product, [0, 1, 2], np.arange(3), engine="ray", jobs=2))
    finally:
        ray.shutdown()
    assert [(task, value) for task, value, _, _ in done] == [(n, n) for n in range(3)]


def test_every_engine_is_tried_here_or_in_test_dask_engine():
    assert set(ENGINES) == {"loky", "threading", "dask", "ray"}
