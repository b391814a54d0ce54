"""The choice of the device, with and without CuPy."""

import sys
import types

import pytest

from backend import DEVICES, CupyBackend, InputError, NumpyBackend, choose_backend, select
from classes import NeuralNetwork
from tests.helpers.gpu import strict_cupy


@pytest.fixture(autouse=True)
def _looked_for_anew():
    select._cupy.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DEVICES, "auto", select._auto)
        yield
    select._cupy.cache_clear()


@pytest.fixture
def working(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", strict_cupy)


@pytest.fixture
def missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # what makes `import cupy` fail


@pytest.fixture
def driverless(monkeypatch):
    def arange(*_, **__):
        raise RuntimeError("cudaErrorInsufficientDriver")

    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(arange=arange))


@pytest.fixture
def miscalculating(monkeypatch):
    wrong = types.SimpleNamespace(arange=lambda *_, **__: strict_cupy.zeros(4))
    monkeypatch.setitem(sys.modules, "cupy", wrong)


def test_the_cpu_is_numpy_with_or_without_a_gpu(working):
    assert type(choose_backend("cpu")) is NumpyBackend


@pytest.mark.parametrize("device", ["gpu", "auto"])
def test_a_gpu_that_answers_is_taken(working, device):
    backend = choose_backend(device)
    assert type(backend) is CupyBackend
    assert backend.xp.ndarray is strict_cupy.ndarray
    assert select.why_no_gpu() == ""


def test_the_gpu_is_found_by_itself_where_nothing_else_is_asked_for(working):
    assert type(choose_backend()) is CupyBackend
    assert type(NeuralNetwork(4, (3,), 2).backend) is CupyBackend


def test_a_gpu_is_looked_for_once(monkeypatch, missing):
    choose_backend("auto")
    monkeypatch.setitem(sys.modules, "cupy", strict_cupy)
    assert type(choose_backend("auto")) is NumpyBackend


@pytest.mark.parametrize("condition", ["missing", "driverless", "miscalculating"])
def test_without_one_auto_takes_the_cpu_and_gpu_says_why(condition, request):
    request.getfixturevalue(condition)
    assert type(choose_backend("auto")) is NumpyBackend
    reason = {"missing": "CuPy is not installed", "driverless": "the driver is too old", "miscalculating": "arithmetic"}
    assert reason[condition] in select.why_no_gpu()
    with pytest.raises(InputError, match=rf"device gpu: expected CuPy.*found .*{reason[condition]}.*[Ii]nstall CuPy"):
        choose_backend("gpu")


@pytest.mark.parametrize("device", ["cuda", "", None, 0])
def test_another_device_is_refused(device):
    with pytest.raises(InputError, match="device: expected one of auto, cpu, gpu"):
        choose_backend(device)


def test_the_table_has_the_three():
    assert set(DEVICES) == {"cpu", "gpu", "auto"}
