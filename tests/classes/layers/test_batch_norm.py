"""Batch normalisation: the textbook, running averages, numerical range, finite differences, memory and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import InputError, array_backend
from classes.layers import BatchNorm
from tests.helpers import reference
from tests.helpers.gpu import assert_same, gpu_backend
from tests.helpers.layers import Alone, assert_gradients_are_slopes

RNG = np.random.default_rng(5)
SHAPES = pytest.mark.parametrize("shape", [(7,), (4, 5, 3)], ids=["rows", "images"])


def alone(shape, activation="identity", capacity=6, dtype="float64", **options):
    """Return the layer with random gamma, beta and running averages."""
    own = Alone(BatchNorm(activation=activation, **options.pop("settings", {})), shape, capacity, dtype, **options)
    channels = shape[-1]
    own.set(gamma=RNG.standard_normal(channels), beta=RNG.standard_normal(channels))
    own.set(mean=RNG.standard_normal(channels), variance=RNG.uniform(0.5, 2.0, channels))
    return own


def test_a_batch_by_hand():
    own = Alone(BatchNorm(momentum=0.75, epsilon=1e-12), (1,))
    own.set(gamma=[2.0], beta=[1.0])
    np.testing.assert_allclose(own.forward(np.array([[1.0], [3.0]])), [[-1.0], [3.0]])  # mean 2, deviation 1
    assert own.values["mean"] == pytest.approx(0.25 * 2.0)
    assert own.values["variance"] == pytest.approx(0.75 * 1.0 + 0.25 * 1.0)


@SHAPES
@pytest.mark.parametrize("cache", [1, 2**30], ids=["a sample at a time", "all at once"])
def test_it_does_what_the_textbook_does(shape, cache, monkeypatch):
    monkeypatch.setattr(array_backend, "CACHE", cache)
    own, x = alone(shape), RNG.standard_normal((6, *shape)) * 3.0 + 2.0
    gamma, beta = own.values["gamma"], own.values["beta"]
    y = own.forward(x)
    np.testing.assert_allclose(y, reference.batch_norm(x, gamma, beta, 1e-5)[0], atol=1e-10)
    dy = RNG.standard_normal(y.shape)
    dx, grads = own.backward(dy)
    expected = reference.batch_norm_gradients(x, gamma, 1e-5, dy)
    for found, wanted in zip((dx, grads["gamma"], grads["beta"]), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert not grads["mean"].any()
    assert not grads["variance"].any()


@SHAPES
def test_after_training_it_uses_the_running_averages(shape):
    own, x = alone(shape, "tanh"), RNG.standard_normal((4, *shape))
    values = {name: value.copy() for name, value in own.values.items()}
    deviation = np.sqrt(values["variance"] + 1e-5)
    expected = np.tanh(values["gamma"] * (x - values["mean"]) / deviation + values["beta"])
    np.testing.assert_allclose(own.forward(x, training=False), expected, rtol=1e-12)
    for name, value in values.items():
        np.testing.assert_array_equal(own.values[name], value)


@SHAPES
def test_the_running_averages_follow_the_batches(shape):
    own = alone(shape, settings={"momentum": 0.6})
    mean, variance = own.values["mean"].copy(), own.values["variance"].copy()
    for _ in range(3):
        x = RNG.standard_normal((6, *shape)) + 4.0
        own.forward(x)
        _, batch_mean, batch_variance = reference.batch_norm(x, 1.0, 0.0, 1e-5)
        mean, variance = 0.6 * mean + 0.4 * batch_mean, 0.6 * variance + 0.4 * batch_variance
    np.testing.assert_allclose(own.values["mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(own.values["variance"], variance, rtol=1e-12)


def test_a_process_that_does_not_keep_the_state_leaves_it_alone():
    own = alone((3,), keeps_state=False)
    before = own.values["mean"].copy()
    own.forward(RNG.standard_normal((6, 3)))
    np.testing.assert_array_equal(own.values["mean"], before)


@SHAPES
@pytest.mark.parametrize("training", [True, False], ids=["training", "afterwards"])
@pytest.mark.parametrize("activation", ["identity", "tanh", "silu"])
def test_gradients_are_slopes(shape, training, activation):
    own = alone(shape, activation)
    own.layer.slot.keeps_state = False
    assert_gradients_are_slopes(own, RNG.standard_normal((5, *shape)), training=training, tolerance=1e-5)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(shape=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)), images=st.integers(2, 6))
def test_gradients_are_slopes_for_every_shape(shape, images):
    own = alone(shape, "tanh", images)
    own.layer.slot.keeps_state = False
    assert_gradients_are_slopes(own, RNG.standard_normal((images, *shape)), tolerance=1e-4)


def test_a_channel_that_never_changes_gives_its_beta():
    own = Alone(BatchNorm(), (2,), dtype="float32")
    own.set(beta=[3.0, 0.0])
    y = own.forward(np.array([[7.0, 1.0], [7.0, 2.0]], dtype="float32"))
    np.testing.assert_allclose(y[:, 0], 3.0, atol=1e-3)  # the rounding of 7 in float32, over the square root of epsilon
    dx, grads = own.backward(np.ones((2, 2), dtype="float32"))
    assert np.isfinite(dx).all()
    assert np.isfinite(grads["gamma"]).all()


def test_far_from_zero_the_first_batch_is_normalised_exactly():
    x = (1e4 + RNG.standard_normal((512, 3))).astype("float32")
    own = Alone(BatchNorm(), (3,), 512, "float32")
    y = own.forward(x)
    np.testing.assert_allclose(y, (x - x.mean(axis=0, dtype="float64")) / x.std(axis=0, dtype="float64"), atol=2e-3)


@SHAPES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_a_gpu_the_results_are_the_same(shape, dtype):
    x, found = RNG.standard_normal((6, *shape)).astype(dtype), []
    for backend in (None, gpu_backend()):
        own = Alone(BatchNorm(activation="relu"), shape, 6, dtype, backend)
        y = own.forward(x)
        dx, grads = own.backward(y)
        arrays = y, dx, *grads.values(), *(own.backend.to_host(value) for value in own.values.values())
        found.append(arrays)
        assert {each.dtype for each in arrays} == {np.dtype(dtype)}
    for host, device in zip(*found, strict=True):
        assert_same(device, host)


@SHAPES
def test_a_warm_step_allocates_next_to_nothing(shape, peak_of):
    shape = tuple(8 * extent for extent in shape)
    own, x = Alone(BatchNorm(), shape, 64, "float32"), RNG.standard_normal((64, *shape)).astype("float32")

    def step():
        own.layer.backward(own.layer.forward(x, training=True))

    step()
    assert peak_of(step) < 64 * 1024


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentum": 1.0}, "momentum: expected a number from 0 up to, not including, 1, found 1.0"),
        ({"epsilon": 0.0}, "epsilon: expected a positive number, found 0.0"),
        ({"activation": "x"}, "activation: expected one of"),
    ],
)
def test_bad_arguments_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        BatchNorm(**settings)
