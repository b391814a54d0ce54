"""Pooling: hand-worked numbers, the textbook's loops, finite differences, memory and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import InputError, array_backend
from classes.layers import AveragePool2D, GlobalAveragePool, MaxPool2D
from tests.helpers import reference
from tests.helpers.gpu import assert_same, gpu_backend
from tests.helpers.layers import Alone, assert_gradients_are_slopes

RNG = np.random.default_rng(4)
LAYERS = {MaxPool2D: "max_pool2d", AveragePool2D: "average_pool2d"}
BOTH = pytest.mark.parametrize("kind", LAYERS)
CASES = pytest.mark.parametrize(
    ("size", "stride"), [((2, 2), (2, 2)), ((3, 2), (3, 2)), ((3, 3), (2, 2)), ((2, 1), (3, 3)), ((3, 3), (1, 1))]
)
X = np.array([[1.0, 2.0, 5.0], [4.0, 3.0, 5.0], [9.0, 9.0, 9.0]]).reshape(1, 3, 3, 1)


def test_the_maximum_by_hand():
    own = Alone(MaxPool2D(2, 1), (3, 3, 1))
    np.testing.assert_array_equal(own.forward(X)[0, :, :, 0], [[4, 5], [9, 9]])
    dx = own.backward(np.array([1.0, 10.0, 100.0, 1000.0]).reshape(1, 2, 2, 1))[0]
    np.testing.assert_array_equal(dx[0, :, :, 0], [[0, 0, 10], [1, 0, 0], [100, 1000, 0]])  # the first of equal ones


def test_the_mean_by_hand():
    own = Alone(AveragePool2D(2), (3, 3, 1))  # the last row and column fill no window
    np.testing.assert_array_equal(own.forward(X)[0, :, :, 0], [[2.5]])
    np.testing.assert_array_equal(
        own.backward(np.full((1, 1, 1, 1), 8.0))[0][0, :, :, 0], [[2, 2, 0], [2, 2, 0], [0] * 3]
    )


def test_the_mean_of_channels_by_hand():
    own = Alone(GlobalAveragePool(), (1, 2, 2))
    x = np.array([1.0, 10.0, 3.0, 30.0]).reshape(1, 1, 2, 2)
    np.testing.assert_array_equal(own.forward(x), [[2, 20]])
    np.testing.assert_array_equal(own.backward(np.array([[4.0, 6.0]]))[0].ravel(), [2, 3, 2, 3])


@BOTH
@CASES
@pytest.mark.parametrize("cache", [1, 2**30], ids=["an image at a time", "all at once"])
def test_they_do_what_the_textbook_does(kind, size, stride, cache, monkeypatch):
    monkeypatch.setattr(array_backend, "CACHE", cache)
    own = Alone(kind(size, stride), (9, 8, 3))
    x = np.maximum(RNG.standard_normal((5, 9, 8, 3)), 0.0)  # with many equal zeros, as after a ReLU
    y = own.forward(x)
    forward, backward = reference.LAYERS[LAYERS[kind]]
    np.testing.assert_allclose(y, forward(x, size, stride), atol=1e-12)
    dy = RNG.standard_normal(y.shape)
    np.testing.assert_allclose(own.backward(dy)[0], backward(x, size, stride, dy), atol=1e-12)


def test_the_mean_of_channels_is_the_textbooks():
    own, x = Alone(GlobalAveragePool(), (4, 3, 2)), RNG.standard_normal((5, 4, 3, 2))
    y = own.forward(x)
    np.testing.assert_allclose(y, reference.global_average_pool(x), atol=1e-12)
    np.testing.assert_allclose(own.backward(y)[0], reference.global_average_pool_gradients(x, y), atol=1e-12)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(list(LAYERS)),
    shape=st.tuples(st.integers(3, 8), st.integers(3, 8), st.integers(1, 3)),
    size=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_gradients_are_slopes(kind, shape, size, stride):
    assert_gradients_are_slopes(Alone(kind(size, stride), shape), RNG.standard_normal((2, *shape)))


@pytest.mark.parametrize("kind", [*LAYERS, GlobalAveragePool])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_a_gpu_the_results_are_the_same(kind, dtype):
    x, found = RNG.standard_normal((5, 6, 7, 3)).astype(dtype), []
    for backend in (None, gpu_backend()):
        own = Alone(kind(), (6, 7, 3), dtype=dtype, backend=backend)
        y = own.forward(x)
        found.append((y, own.backward(y)[0]))
    for host, device in zip(*found, strict=True):
        assert_same(device, host)
        assert host.dtype == dtype


@pytest.mark.parametrize("kind", [*LAYERS, GlobalAveragePool])
def test_a_warm_step_allocates_next_to_nothing(kind, peak_of):
    own, x = Alone(kind(), (24, 24, 16), 32, "float32"), RNG.standard_normal((32, 24, 24, 16)).astype("float32")

    def step():
        own.layer.backward(own.layer.forward(x, training=True))

    step()
    assert peak_of(step) < 64 * 1024


@pytest.mark.parametrize("kind", [*LAYERS, GlobalAveragePool])
def test_nothing_is_passed_on_unless_it_is_asked_for(kind):
    own = Alone(kind(), (4, 4, 1))
    assert own.backward(own.forward(np.ones((2, 4, 4, 1))), propagate=False)[0] is None


@BOTH
def test_bad_windows_are_refused(kind):
    with pytest.raises(InputError, match="size: expected an integer of at least 1, found 0"):
        kind(0)
    with pytest.raises(InputError, match="expected images at least as large as a window, found images of 2 x 2"):
        kind(3).declare((2, 2, 1))


@pytest.mark.parametrize("kind", [*LAYERS, GlobalAveragePool])
def test_rows_of_numbers_are_refused(kind):
    with pytest.raises(InputError, match="expected images, shape"):
        kind().declare((9,))
