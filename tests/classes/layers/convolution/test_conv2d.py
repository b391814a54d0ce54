"""The convolution: hand-worked numbers, the textbook's loops, finite differences, memory and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend import InputError, array_backend
from classes.activations import ACTIVATIONS
from classes.layers import Conv2D
from tests.helpers import reference
from tests.helpers.gpu import assert_same, gpu_backend
from tests.helpers.layers import Alone, assert_gradients_are_slopes

RNG = np.random.default_rng(3)
CASES = [
    ((8, 9, 3), 4, (3, 3), (1, 1), "valid"),
    ((8, 9, 3), 4, (3, 2), (1, 1), "same"),
    ((9, 7, 2), 3, (5, 5), (2, 2), "valid"),
    ((9, 8, 2), 3, (5, 3), (2, 3), "same"),
    ((7, 7, 1), 2, (1, 1), (2, 2), "valid"),  # a stride larger than the kernel: some pixels are never used
    ((6, 6, 2), 3, (2, 2), (3, 3), "valid"),
    ((10, 11, 2), 3, (3, 4), (2, 1), "same"),
    ((3, 2, 1), 1, (3, 2), (1, 1), "valid"),  # one window, as large as the image
]
EVERY_CASE = pytest.mark.parametrize(("shape", "filters", "kernel", "stride", "padding"), CASES)


def alone(shape, filters, kernel, stride, padding, capacity=5, activation="identity", **options):
    """Return the convolution, with biases that are not 0."""
    own = Alone(Conv2D(filters, kernel, stride, padding, activation), shape, capacity, **options)
    own.set(b=RNG.standard_normal(filters))
    return own


@pytest.fixture(params=[1, 10_000, None], ids=["an image at a time", "some images at a time", "all at once"])
def block(request, monkeypatch):
    """Bytes of scratch storage that decide how many images are processed at a time."""
    monkeypatch.setattr(array_backend, "CACHE", request.param or 2**30)


def test_a_convolution_by_hand():
    own = Alone(Conv2D(1, 2), (2, 3, 1))
    own.set(W=np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1), b=[0.5])
    x = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]).reshape(1, 2, 3, 1)
    np.testing.assert_array_equal(own.forward(x).ravel(), [1 + 4 + 0.5, 4 + 3 + 4 + 0.5])
    dx, grads = own.backward(np.array([1.0, 10.0]).reshape(1, 1, 2, 1))
    np.testing.assert_array_equal(dx[0, :, :, 0], [[1, 2 + 10, 20], [3, 4 + 30, 40]])
    np.testing.assert_array_equal(grads["W"][:, :, 0, 0], [[1 + 0, 0 + 20], [0 + 10, 1 + 10]])
    assert grads["b"] == [11]


@EVERY_CASE
def test_it_does_what_the_textbook_does(shape, filters, kernel, stride, padding, block):
    own = alone(shape, filters, kernel, stride, padding)
    x = RNG.standard_normal((5, *shape))
    y = own.forward(x)
    assert y.shape[1:] == own.output
    W, b = own.values["W"], own.values["b"]
    np.testing.assert_allclose(y, reference.conv2d(x, W, b, stride, padding), atol=1e-12)
    dy = RNG.standard_normal(y.shape)
    dx, grads = own.backward(dy)
    expected = reference.conv2d_gradients(x, W, dy, stride, padding)
    for found, wanted in zip((dx, grads["W"], grads["b"]), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-11)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_follows_the_sum(activation):
    own = alone((5, 5, 2), 3, 3, 1, "valid", activation=activation)
    x = RNG.standard_normal((2, 5, 5, 2))
    z = reference.conv2d(x, own.values["W"], own.values["b"])
    phi, slope = reference.ACTIVATIONS[activation]
    np.testing.assert_allclose(own.forward(x), phi(z), rtol=1e-9, atol=1e-12)
    dy = RNG.standard_normal(z.shape)
    np.testing.assert_allclose(own.backward(dy)[1]["b"], (dy * slope(z)).sum(axis=(0, 1, 2)), rtol=1e-8)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 3)),
    filters=st.integers(1, 3),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["valid", "same"]),
    images=st.integers(1, 3),
)
def test_gradients_are_slopes(shape, filters, kernel, stride, padding, images):
    if padding == "valid":
        kernel = tuple(min(pair) for pair in zip(kernel, shape, strict=False))
    own = alone(shape, filters, kernel, stride, padding, images, activation="tanh")
    assert_gradients_are_slopes(own, RNG.standard_normal((images, *shape)))


def test_a_short_batch_does_not_see_the_images_of_the_last_one():
    own = alone((6, 6, 2), 3, 3, 1, "same")
    own.forward(RNG.standard_normal((5, 6, 6, 2)))
    x = RNG.standard_normal((2, 6, 6, 2))
    np.testing.assert_allclose(
        own.forward(x), reference.conv2d(x, own.values["W"], own.values["b"], padding="same"), atol=1e-12
    )


def test_without_a_bias_there_is_none():
    own = Alone(Conv2D(3, bias=False), (4, 4, 1))
    assert set(own.values) == {"W"}
    x = RNG.standard_normal((2, 4, 4, 1))
    y = own.forward(x)
    np.testing.assert_allclose(y, reference.conv2d(x, own.values["W"], 0.0), atol=1e-12)
    assert set(own.backward(y)[1]) == {"W"}


def test_the_first_layer_needs_no_gradient_of_its_input():
    own = alone((5, 5, 1), 2, 3, 1, "valid")
    y = own.forward(RNG.standard_normal((3, 5, 5, 1)))
    with_dx, without = own.backward(y)[1], own.backward(y, propagate=False)
    assert without[0] is None
    np.testing.assert_array_equal(without[1]["W"], with_dx["W"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@EVERY_CASE
def test_on_a_gpu_the_results_are_the_same(shape, filters, kernel, stride, padding, dtype):
    x = RNG.standard_normal((5, *shape)).astype(dtype)
    found = []
    for backend in (None, gpu_backend()):
        own = Alone(Conv2D(filters, kernel, stride, padding, "relu"), shape, dtype=dtype, backend=backend)
        y = own.forward(x)
        dx, grads = own.backward(y)
        found.append((y, dx, *grads.values()))
        assert {each.dtype for each in found[-1]} == {np.dtype(dtype)}
    for host, device in zip(*found, strict=True):
        assert_same(device, host)


def test_a_warm_step_allocates_next_to_nothing(peak_of):
    own = alone((26, 26, 8), 16, 3, 1, "valid", 32, dtype="float32", activation="relu")
    x = RNG.standard_normal((32, 26, 26, 8)).astype("float32")

    def step():
        own.layer.backward(own.layer.forward(x, training=True))

    step()
    assert peak_of(step) < 64 * 1024


def test_cost_and_number_of_parameters():
    layer = Conv2D(32, 3)
    output, shapes = layer.declare((28, 28, 1))
    assert (output, shapes) == ((26, 26, 32), {"W": (3, 3, 1, 32), "b": (32,)})
    assert layer.multiply_adds() == 26 * 26 * 9 * 32


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": 0}, "filters: expected an integer of at least 1, found 0"),
        ({"kernel": (3, 3, 3)}, "kernel: expected one number or a pair, found 3 numbers"),
        ({"kernel": 0}, "kernel: expected an integer of at least 1, found 0"),
        ({"stride": 1.5}, "stride: expected an integer of at least 1, found 1.5"),
        ({"padding": "full"}, "padding: expected one of same, valid, found 'full'"),
        ({"activation": "relo"}, "activation: .*Did you mean"),
        ({"initializer": "zeros"}, "initializer: expected one of"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        Conv2D(**{"filters": 4} | options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((784,), "the input of a convolution: expected images.*found rows of shape"),
        ((2, 9, 1), "3 x 3 pixels: expected images at least as large as a window, found images of 2 x 9 pixels"),
    ],
)
def test_samples_that_do_not_suit_it_are_refused(shape, message):
    with pytest.raises(InputError, match=message):
        Conv2D(4).declare(shape)
