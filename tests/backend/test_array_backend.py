"""Both array backends behave alike."""

import sys

import numpy as np
import pytest

from backend import CupyBackend, NumpyBackend
from backend.array_backend import usable_cores
from backend.blas import blas_kernels
from backend.versions import library_versions
from tests.helpers.gpu import ON_SUBSTITUTE, cp

BOTH = pytest.mark.parametrize("backend", [NumpyBackend(), CupyBackend(cp)], ids=["numpy", "cupy"])


@BOTH
def test_arrays_go_to_the_device_and_back(backend):
    host = np.arange(12, dtype="float32").reshape(3, 4)
    there = backend.from_host(host)
    assert isinstance(there, backend.xp.ndarray)
    back = backend.to_host(there)
    assert type(back) is np.ndarray
    np.testing.assert_array_equal(back, host)
    assert (back.dtype, back.shape) == (host.dtype, host.shape)


@BOTH
def test_arrays_that_are_not_contiguous_arrive_right(backend):
    host = np.arange(12.0).reshape(3, 4).T
    np.testing.assert_array_equal(backend.to_host(backend.from_host(host)), host)


def test_numpy_copies_nothing_and_sheds_memory_maps(tmp_path):
    backend, host = NumpyBackend(), np.arange(4)
    assert backend.from_host(host) is host
    assert backend.to_host(host) is host
    np.save(tmp_path / "a.npy", host)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert type(backend.from_host(mapped)) is np.ndarray
    assert np.shares_memory(backend.from_host(mapped), mapped)


def test_cupy_copies_so_that_host_and_device_live_apart():
    backend, host = CupyBackend(cp), np.zeros(2)
    there = backend.from_host(host)
    there += 1.0
    assert host.tolist() == [0.0, 0.0]


@BOTH
@pytest.mark.parametrize("shape", [(5,), (5, 3)])
def test_rows_are_taken_into_a_buffer(backend, shape):
    source = np.arange(np.prod(shape), dtype="uint8").reshape(shape)
    out = backend.xp.empty((3, *shape[1:]), dtype="uint8")
    backend.take_rows(backend.from_host(source), backend.from_host(np.array([4, 0, 4])), out)
    np.testing.assert_array_equal(backend.to_host(out), source[[4, 0, 4]])


@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_fill_the_buffer_from_the_seed(backend, dtype):
    outs = []
    for seed in (7, 7, 8):
        out = backend.xp.empty((50, 40), dtype=dtype)
        backend.fill_uniform(backend.generator(seed), out)
        outs.append(backend.to_host(out))
    np.testing.assert_array_equal(outs[0], outs[1])
    assert not np.array_equal(outs[0], outs[2])
    assert outs[0].min() >= 0.0
    assert outs[0].max() < 1.0
    assert abs(outs[0].mean() - 0.5) < 0.05
    assert outs[0].dtype == dtype


@BOTH
def test_successive_numbers_differ(backend):
    generator, first, second = backend.generator(0), backend.xp.empty(9), backend.xp.empty(9)
    backend.fill_uniform(generator, first)
    backend.fill_uniform(generator, second)
    assert not (backend.to_host(first) == backend.to_host(second)).any()


def test_descriptions_name_library_and_device():
    assert NumpyBackend().describe().startswith(f"CPU, NumPy {np.__version__}, {usable_cores()} cores")
    assert NumpyBackend().describe().endswith(blas_kernels())
    assert CupyBackend(cp).describe().startswith("GPU, ")
    assert CupyBackend(cp).describe().endswith(f", CuPy {cp.__version__}")


def test_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0: {2, 5, 7}}[pid], raising=False)
    assert usable_cores() == 3
    monkeypatch.delattr("os.sched_getaffinity")  # not every system has it
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert usable_cores() == 6
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert usable_cores() == 1


@ON_SUBSTITUTE
def test_synchronizing_waits_for_the_stream_and_costs_numpy_nothing():
    stream = cp.cuda.get_current_stream()
    before = stream.synchronized
    NumpyBackend().synchronize()
    assert stream.synchronized == before
    CupyBackend(cp).synchronize()
    assert stream.synchronized == before + 1


def test_only_numpy_is_on_the_host():
    assert (NumpyBackend.on_host, CupyBackend.on_host) == (True, False)
    assert (NumpyBackend.name, CupyBackend.name) == ("numpy", "cupy")


def test_versions_are_those_that_run():
    assert library_versions() == {"python": sys.version.split()[0], "numpy": np.__version__}
