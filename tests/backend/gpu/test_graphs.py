"""Functions that are recorded and replayed, on the substitute for CuPy."""

import numpy as np
import pytest

from backend import CupyBackend, NumpyBackend
from backend.gpu.graphs import MOST_GRAPHS, WARM_UP, Replayed
from tests.helpers.gpu import cp

pytestmark = pytest.mark.filterwarnings("error")


class Doubler:
    """A function that counts its calls, and a buffer for its result."""

    def __init__(self):
        self.calls, self.out = 0, cp.empty(3, "float32")

    def __call__(self, x, *_):
        self.calls += 1
        cp.multiply(x, 2.0, out=self.out)
        return self.out


def array(*numbers):
    return cp.asarray(np.array(numbers, dtype="float32"))


def test_it_is_recorded_at_the_third_call_and_not_called_after():
    function, x = Doubler(), array(1, 2, 3)
    replayed = Replayed(cp, function)
    for k in range(6):
        x[...] = array(k, k + 1, k + 2)
        assert replayed(x).tolist() == [2.0 * k, 2.0 * k + 2.0, 2.0 * k + 4.0]
    assert function.calls == WARM_UP + 1


def test_nothing_is_replayed_for_other_arrays_shapes_or_values():
    function, x = Doubler(), array(1, 2, 3, 4)
    replayed = Replayed(cp, function)
    for _ in range(5):
        replayed(x[:3], 1.0)
    calls = function.calls
    assert replayed(array(5, 6, 7), 1.0).tolist() == [10.0, 12.0, 14.0]
    assert replayed(x[1:], 1.0).tolist() == [4.0, 6.0, 8.0]
    assert replayed(x[:3], 2.0).tolist() == [2.0, 4.0, 6.0]
    assert function.calls == calls + 3


@pytest.mark.parametrize("refused", ["a copy from main memory", "a copy to main memory", "CuPy's own matrix product"])
def test_what_cannot_be_recorded_runs_as_usual(refused):
    host, W = np.ones(3, "float32"), cp.ones((3, 3), "float32")
    attempts = {
        "a copy from main memory": lambda x: x + cp.asarray(host),
        "a copy to main memory": lambda x: x + float(x[0]),
        "CuPy's own matrix product": lambda x: cp.matmul(x, W),
    }
    x = array(1, 1, 1)
    replayed = Replayed(cp, attempts[refused])
    for k in range(5):
        x[...] = array(k, k, k)
        expected = attempts[refused](x).tolist()
        assert replayed(x).tolist() == expected


def test_there_are_at_most_so_many_graphs():
    function = Doubler()
    replayed, arrays = Replayed(cp, function), [array(k, k, k) for k in range(MOST_GRAPHS + 2)]
    for _ in range(WARM_UP + 3):
        for k, x in enumerate(arrays):
            assert replayed(x).tolist() == [2.0 * k] * 3
    assert len(replayed._graphs) == MOST_GRAPHS


def test_new_arrays_of_a_recording_are_its_own_at_every_replay():
    x = array(1, 2, 3)
    replayed = Replayed(cp, lambda x: (x + 1.0).sum() * cp.ones(2, "float32"))
    for k in range(5):
        x[...] = array(k, k, k)
        assert replayed(x).tolist() == [3.0 * k + 3.0] * 2


def test_numpy_replays_nothing_and_cupy_needs_cublas(monkeypatch):
    function = Doubler()
    assert NumpyBackend().replayed(function) is function
    assert isinstance(CupyBackend(cp).replayed(function), Replayed)
    monkeypatch.delattr(cp, "cublas_library", raising=False)
    monkeypatch.setattr(cp.cuda.runtime, "runtimeGetVersion", lambda: 1000)  # a version whose library nobody has
    assert CupyBackend(cp).replayed(function) is function
