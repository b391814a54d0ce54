"""Layers against reference implementations, and the contract of their buffers."""

import numpy as np
import pytest

from backend import InputError, NumpyBackend
from classes.activations import ACTIVATIONS
from classes.layers import (
    LAYERS,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    MaxPool2D,
    Reshape,
    Slot,
    SpatialDropout,
)  # fmt: skip
from classes.layers.sequential import Sequential
from initializers.weights import INITIALIZERS
from tests.helpers import reference

RNG = np.random.default_rng(5)
X, W, B, DY = (RNG.standard_normal(shape) for shape in ((6, 3), (3, 4), (4,), (6, 4)))
EVERY_ACTIVATION = pytest.mark.parametrize("activation", ACTIVATIONS)


def slot(capacity=6, values=None, dtype="float64", seed=0):
    values = values or {}
    grads = {name: np.full_like(value, np.nan) for name, value in values.items()}
    backend = NumpyBackend()
    return Slot(backend, dtype, capacity, backend.generator(seed), values, grads)


def bound_dense(activation="relu", capacity=6):
    layer, own = Dense(4, activation), slot(capacity, {"W": W.copy(), "b": B.copy()})
    layer.declare((3,))
    layer.bind(own)
    return layer, own


def bound_dropout(rate, shape=(4,), capacity=6, dtype="float64"):
    layer = Dropout(rate)
    layer.declare(shape)
    layer.bind(slot(capacity, dtype=dtype))
    return layer


@EVERY_ACTIVATION
def test_dense_forward_equals_the_textbook(activation):
    y = bound_dense(activation)[0].forward(X, training=True)
    np.testing.assert_allclose(y, reference.dense(X, W, B, activation), rtol=1e-12, atol=1e-14)


@EVERY_ACTIVATION
@pytest.mark.parametrize("rows", [6, 4, 1])
def test_dense_backward_equals_the_textbook_for_whole_and_short_batches(activation, rows):
    layer, own = bound_dense(activation)
    layer.forward(X, training=True)  # a whole batch first: a short one must not see its rows
    layer.forward(X[:rows], training=True)
    dx = layer.backward(DY[:rows].copy())
    expected = reference.dense_gradients(X[:rows], W, B, activation, DY[:rows])
    for found, wanted in zip((dx, own.grads["W"], own.grads["b"]), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-13)


@EVERY_ACTIVATION
def test_dense_gradients_are_assigned_not_added(activation):
    layer, own = bound_dense(activation)
    for _ in range(2):
        layer.forward(X, training=True)
        layer.backward(DY.copy())
    np.testing.assert_allclose(own.grads["W"], reference.dense_gradients(X, W, B, activation, DY)[1], rtol=1e-11)


@EVERY_ACTIVATION
def test_dense_leaves_its_input_and_its_parameters_alone(activation):
    layer, own = bound_dense(activation)
    x = X.copy()
    x.setflags(write=False)
    layer.forward(x, training=True)
    layer.backward(DY.copy())
    np.testing.assert_array_equal(own.values["W"], W)
    np.testing.assert_array_equal(own.values["b"], B)


def test_dense_without_propagation_gives_gradients_and_passes_nothing_on():
    layer, own = bound_dense()
    layer.forward(X, training=True)
    assert layer.backward(DY.copy(), propagate=False) is None
    np.testing.assert_allclose(own.grads["W"], reference.dense_gradients(X, W, B, "relu", DY)[1], rtol=1e-11)


def test_dense_uses_the_same_storage_for_every_batch():
    layer, _ = bound_dense()
    first = layer.forward(X, training=True)
    again = layer.forward(X[:2], training=True)
    assert np.shares_memory(first, again)
    assert again.shape == (2, 4)
    dx = layer.backward(DY[:2].copy())
    layer.forward(X, training=True)
    assert np.shares_memory(dx, layer.backward(DY.copy()))


def test_dense_output_is_not_its_input():
    layer, _ = bound_dense("identity")
    assert not np.shares_memory(layer.forward(X, training=True), X)


def test_dense_declares_the_shapes_of_what_it_learns():
    assert Dense(4).declare((3,)) == ((4,), {"W": (3, 4), "b": (4,)})


@EVERY_ACTIVATION
def test_dense_takes_the_weights_that_suit_its_activation_and_zero_biases(activation):
    layer = Dense(4, activation)
    layer.declare((3,))
    drawn = layer.first_values(np.random.default_rng(1))
    expected = INITIALIZERS[ACTIVATIONS[activation].initializer](np.random.default_rng(1), (3, 4))
    assert list(drawn) == ["W"]  # what is left out stays 0
    np.testing.assert_array_equal(drawn["W"], expected)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_dense_uses_the_given_weight_initialisation(initializer):
    layer = Dense(4, "relu", initializer)
    layer.declare((3,))
    expected = INITIALIZERS[initializer](np.random.default_rng(1), (3, 4))
    np.testing.assert_array_equal(layer.first_values(np.random.default_rng(1))["W"], expected)


@pytest.mark.parametrize("units", [0, -3, 2.0, "8", True, None])
def test_dense_refuses_units_that_are_no_whole_number_above_0(units):
    with pytest.raises(InputError, match=r"units.*expected.*found.*\."):
        Dense(units)


def test_dense_takes_one_unit_and_numpy_integers():
    assert Dense(1).units == 1
    assert type(Dense(np.int64(3)).settings()["units"]) is int


@pytest.mark.parametrize("arguments", [{"activation": "rulu"}, {"initializer": "glorot"}, {"activation": 3}])
def test_dense_refuses_names_that_it_does_not_know(arguments):
    with pytest.raises(InputError, match="expected one of"):
        Dense(4, **arguments)


def test_dense_refuses_rows_that_are_pictures():
    with pytest.raises(InputError, match="Flatten"):
        Dense(4).declare((28, 28))


# --- dropout --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_drops_the_right_share_and_scales_up_the_rest(rate):
    layer = bound_dropout(rate, (500,), 200)
    y = layer.forward(np.ones((200, 500)), training=True)
    dropped = y == 0.0
    np.testing.assert_allclose(y[~dropped], 1.0 / (1.0 - rate), rtol=1e-12)
    error = 5.0 * np.sqrt(rate * (1.0 - rate) / y.size)  # five standard deviations of a share
    assert abs(dropped.mean() - rate) < error
    assert abs(y.mean() - 1.0) < error / (1.0 - rate)


def test_dropout_forward_and_backward_use_one_mask():
    layer = bound_dropout(0.5)
    x, dy = RNG.standard_normal((6, 4)) + 9.0, RNG.standard_normal((6, 4))
    kept = (layer.forward(x, training=True) != 0.0).astype(float)
    assert 0.0 < kept.mean() < 1.0
    np.testing.assert_allclose(layer.forward(x, training=False), x)
    y = layer.forward(x, training=True)
    kept = (y != 0.0).astype(float)
    np.testing.assert_allclose(y, reference.dropout(x, kept, 0.5), rtol=1e-12)
    np.testing.assert_allclose(layer.backward(dy.copy()), reference.dropout(dy, kept, 0.5), rtol=1e-12)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True), (0.0, False)])
def test_dropout_does_nothing_in_prediction_or_at_rate_0(rate, training):
    layer = bound_dropout(rate)
    layer.forward(X @ W, training=True)
    x = X @ W
    assert layer.forward(x, training=training) is x
    np.testing.assert_array_equal(layer.backward(DY.copy()), DY)


def test_dropout_leaves_its_input_alone_and_draws_again_each_time():
    layer = bound_dropout(0.5, (100,))
    x = np.ones((6, 100))
    x.setflags(write=False)
    first = layer.forward(x, training=True).copy()
    assert not np.array_equal(first, layer.forward(x, training=True))


def test_dropout_takes_short_batches_and_passes_nothing_on_unless_asked():
    layer = bound_dropout(0.5)
    layer.forward(np.ones((6, 4)), training=True)
    y = layer.forward(np.ones((2, 4)), training=True)
    assert y.shape == (2, 4)
    np.testing.assert_array_equal(layer.backward(np.ones((2, 4))), y)
    assert layer.backward(np.ones((2, 4)), propagate=False) is None


def test_dropout_in_single_precision_never_keeps_a_sliver():
    layer = bound_dropout(0.3, (1000,), 100, "float32")
    values = np.unique(layer.forward(np.ones((100, 1000), dtype="float32"), training=True))
    np.testing.assert_allclose(values, [0.0, 1.0 / 0.7], rtol=1e-6)


def test_dropout_keeps_the_shape_and_learns_nothing():
    layer = Dropout(0.5)
    assert layer.declare((28, 28, 1)) == ((28, 28, 1), {})
    assert layer.first_values(np.random.default_rng(0)) == {}


@pytest.mark.parametrize("rate", [1.0, -0.1, 1.5, float("nan"), float("inf")])
def test_dropout_refuses_rates_outside_0_to_1(rate):
    with pytest.raises(InputError, match=r"dropout rate.*expected.*found.*usual"):
        Dropout(rate)


@pytest.mark.parametrize(
    "layer",
    [
        Dense(4, "tanh", "he_uniform"), Dropout(0.25), SpatialDropout(0.25),
        Conv2D(4, (3, 2), 2, "same", "tanh", bias=False),
        MaxPool2D(3, 2), AveragePool2D((1, 2)), GlobalAveragePool(), BatchNorm(0.8, 1e-3, "silu"), Reshape((2, 3, 1)),
        Flatten(),
    ],
    ids=lambda layer: layer.kind,
)  # fmt: skip
def test_settings_make_the_same_layer_again(layer):
    again = LAYERS[layer.kind](**layer.settings())
    assert type(again) is type(layer)
    assert again.settings() == layer.settings()
    assert all(type(value) in (int, float, str, bool, list) for value in layer.settings().values())


def test_settings_of_every_kind_are_tried():
    (mark,) = test_settings_make_the_same_layer_again.pytestmark
    assert {layer.kind for layer in mark.args[1]} == set(LAYERS)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_buffers_have_the_networks_dtype_and_the_activations_scratch_its_own(activation, dtype):
    model = Sequential([Dense(3, activation)], (2,), NumpyBackend(), dtype)
    model.bind(4, None)
    layer = model.layers[0]
    layer.forward(np.zeros((4, 2), dtype=dtype), training=True)
    assert {array.dtype for array in (layer.z, layer.y, layer.dx, layer.ones)} == {np.dtype(dtype)}
    assert layer.s.dtype == (layer.phi.scratch or dtype)
