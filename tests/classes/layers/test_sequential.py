"""The stack of layers against reference implementations, finite differences, and a manual computation."""

import numpy as np
import pytest

from backend import InputError, NumpyBackend
from classes.activations import ACTIVATIONS
from classes.layers import LAYERS, Dense, Dropout
from classes.layers.sequential import Sequential, declare_all
from classes.losses import LOSSES
from tests.helpers import reference

RNG = np.random.default_rng(11)
X, Y = RNG.standard_normal((5, 3)), np.array([0, 1, 2, 1, 0])
# A layer of every kind; a new kind must be added here to be checked against differences.
MAKERS = {"dense": lambda activation: Dense(4, activation), "dropout": lambda activation: Dropout(0.4)}


class SameNoise:
    """A generator that draws the same numbers each time, so that dropout's mask stays fixed."""

    def random(self, size, dtype, out):
        np.random.default_rng(8).random(size=size, dtype=dtype, out=out)


def built(layers, *, dtype="float64", capacity=5, seed=3):
    model = Sequential(layers, (3,), NumpyBackend(), dtype)
    model.initialize(np.random.default_rng(seed))
    model.parameters.values[...] += 0.1 * np.random.default_rng(seed).standard_normal(model.parameters.size)
    model.bind(capacity, SameNoise())
    return model


def pairs_of(model):
    places = sorted({int(name.split(".")[0]) for name in model.parameters.shapes})
    view = model.parameters.view
    return [(view(f"{place}.W").copy(), view(f"{place}.b").copy()) for place in places]


def mean_gradient(loss):
    dz = loss.backward()
    dz /= len(dz)
    return dz


def mean_loss(model, loss, x, y, *, training=True):
    return float(loss.forward(model.forward(x, training=training), y).mean())


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rows", [5, 2])
def test_gradients_equal_central_differences_with_a_fixed_mask_and_smoothing(kind, activation, rows):
    model = built([Dense(4, activation), MAKERS[kind](activation), Dense(3)])
    loss = LOSSES["cross_entropy"](label_smoothing=0.1)
    loss.bind(NumpyBackend(), 3, 5, "float64")
    values = model.parameters.values.copy()

    def loss_at(w):
        model.parameters.values[...] = w
        return mean_loss(model, loss, X[:rows], Y[:rows])

    quotient = reference.difference_quotient(loss_at, values, h=1e-6)
    mean_loss(model, loss, X, Y)  # a whole batch first: the short one must not see its rows
    loss_at(values)
    model.backward(mean_gradient(loss))
    np.testing.assert_allclose(model.parameters.grads, quotient, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_loss_and_gradients_equal_the_textbook(activation):
    model = built([Dense(4, activation), Dense(4, activation), Dense(3)])
    loss = LOSSES["cross_entropy"](label_smoothing=0.1)
    loss.bind(NumpyBackend(), 3, 5, "float64")
    expected_loss, expected = reference.loss_and_gradients(
        pairs_of(model), [activation, activation, "identity"], X, Y, smoothing=0.1
    )
    assert mean_loss(model, loss, X, Y) == pytest.approx(expected_loss, rel=1e-12)
    model.backward(mean_gradient(loss))
    for place, (dW, db) in enumerate(expected):
        np.testing.assert_allclose(model.parameters.gradient(f"{place}.W"), dW, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(model.parameters.gradient(f"{place}.b"), db, rtol=1e-10, atol=1e-13)


def test_gradients_through_dropout_equal_the_textbook_with_its_mask():
    model = built([Dense(4, "tanh"), Dropout(0.4), Dense(3)])
    loss = LOSSES["cross_entropy"]()
    loss.bind(NumpyBackend(), 3, 5, "float64")
    found = mean_loss(model, loss, X, Y)
    model.backward(mean_gradient(loss))
    kept = (np.random.default_rng(8).random((5, 4)) >= 0.4).astype(float)
    assert 0.0 < kept.mean() < 1.0
    expected_loss, ((dW, _), _) = reference.loss_and_gradients(
        pairs_of(model), ["tanh", "identity"], X, Y, kept=[kept, None], rate=0.4
    )
    assert found == pytest.approx(expected_loss, rel=1e-12)
    np.testing.assert_allclose(model.parameters.gradient("0.W"), dW, rtol=1e-10, atol=1e-13)


# x = (1, 2), two ReLU units, two logits, true class 0:
#   W1 = [[1, -1], [0.5, 1]],  b1 = (0, -1.5):        z1 = (1 + 1, -1 + 2 - 1.5) = (2, -0.5),  h = (2, 0)
#   W2 = [[1.5, 0.5], [3, 4]], b2 = (ln 3 - 2, 0):    z2 = (3 + ln 3 - 2, 1) = (1 + ln 3, 1)
#   p = (3/4, 1/4),  L = ln 4/3,  dz2 = p - t = (-1/4, 1/4)
#   dW2 = h^T dz2 = [[-1/2, 1/2], [0, 0]],  db2 = dz2
#   dh = dz2 W2^T = (-3/8 + 1/8, -3/4 + 1) = (-1/4, 1/4);  the second unit is off:  dz1 = (-1/4, 0) = db1
#   dW1 = x^T dz1 = [[-1/4, 0], [-1/2, 0]]
def test_a_network_of_two_two_and_two_units_by_hand():
    model = Sequential([Dense(2, "relu"), Dense(2)], (2,), NumpyBackend(), "float64")
    model.bind(1, None)
    loss = LOSSES["cross_entropy"]()
    loss.bind(NumpyBackend(), 2, 1, "float64")
    for name, values in {
        "0.W": [[1.0, -1.0], [0.5, 1.0]], "0.b": [0.0, -1.5],
        "1.W": [[1.5, 0.5], [3.0, 4.0]], "1.b": [np.log(3.0) - 2.0, 0.0],
    }.items():  # fmt: skip
        model.parameters.view(name)[...] = values
    z = model.forward(np.array([[1.0, 2.0]]), training=True)
    np.testing.assert_allclose(z, [[1.0 + np.log(3.0), 1.0]], rtol=1e-15)
    assert float(loss.forward(z, np.array([0])).sum()) == pytest.approx(np.log(4.0 / 3.0), rel=1e-14)
    model.backward(mean_gradient(loss))
    for name, expected in {
        "0.W": [[-0.25, 0.0], [-0.5, 0.0]], "0.b": [-0.25, 0.0],
        "1.W": [[-0.5, 0.5], [0.0, 0.0]], "1.b": [-0.25, 0.25],
    }.items():  # fmt: skip
        np.testing.assert_allclose(model.parameters.gradient(name), expected, rtol=0.0, atol=1e-15)


def test_the_first_layer_alone_is_asked_not_to_pass_anything_on():
    model, asked = built([Dense(4, "tanh"), Dense(4, "tanh"), Dense(3)]), []
    for place, layer in enumerate(model.layers):
        layer.backward = lambda dy, propagate=True, place=place: asked.append((place, propagate)) or dy
    model.forward(X, training=True)
    model.backward(np.ones((5, 3)))
    assert asked == [(2, True), (1, True), (0, False)]


def test_dropout_may_come_first_or_last():
    model = built([Dropout(0.4), Dense(3), Dropout(0.4)])
    model.forward(X, training=True)
    model.backward(np.ones((5, 3)))
    assert np.isfinite(model.parameters.grads).all()
    np.testing.assert_array_equal(model.forward(X), model.forward(X, training=False))


def test_prediction_is_the_default_and_drops_nothing():
    model = built([Dense(4, "tanh"), Dropout(0.4), Dense(3)])
    expected = reference.predict_logits(pairs_of(model), ["tanh", "identity"], X)
    np.testing.assert_allclose(model.forward(X), expected, rtol=1e-12)
    assert not np.allclose(model.forward(X, training=True), expected)


def test_parameters_are_named_by_place_and_start_from_each_layers_draw():
    model = Sequential([Dense(4), Dropout(0.5), Dense(2, "relu")], (3,), NumpyBackend(), "float64")
    assert model.parameters.shapes == {"0.W": (3, 4), "0.b": (4,), "2.W": (4, 2), "2.b": (2,)}
    assert (model.output_shapes, model.output_shape) == ([(4,), (4,), (2,)], (2,))
    assert not model.parameters.values.any()
    model.initialize(np.random.default_rng(0))
    generator = np.random.default_rng(0)
    for place in (0, 2):
        drawn = model.layers[place].first_values(generator)["W"]
        np.testing.assert_array_equal(model.parameters.view(f"{place}.W"), drawn)
        assert not model.parameters.view(f"{place}.b").any()


def test_single_and_double_precision_start_alike():
    single, double = (
        Sequential([Dense(40, "relu"), Dense(3)], (3,), NumpyBackend(), dtype) for dtype in ("float32", "float64")
    )
    for model in (single, double):
        model.initialize(np.random.default_rng(0))
    np.testing.assert_array_equal(single.parameters.values, double.parameters.values.astype("float32"))


def test_binding_again_reallocates_and_keeps_the_parameters():
    model = built([Dense(4, "relu"), Dense(3)], capacity=2)
    before, small = model.parameters.values.copy(), model.forward(X[:2]).copy()
    model.bind(5, None)
    assert model.capacity == 5
    np.testing.assert_array_equal(model.parameters.values, before)
    np.testing.assert_allclose(model.forward(X)[:2], small, rtol=1e-13)


def test_layers_learn_through_views_of_the_one_vector():
    model = built([Dense(4, "relu"), Dense(3)])
    model.parameters.values[...] = 0.0
    assert not model.forward(X).any()


def test_more_than_ten_layers_keep_their_own_parameters():
    model = built([Dense(3, "tanh") for _ in range(12)])
    expected = reference.predict_logits(pairs_of(model), ["tanh"] * 12, X)
    np.testing.assert_allclose(model.forward(X), expected, rtol=1e-10)


def test_no_layers_are_refused_and_nothing_is_allocated_for_a_description():
    with pytest.raises(InputError, match=r"layers: expected at least one, found none"):
        declare_all([], (3,))
    assert declare_all([Dense(10**9)], (10**9,))[1]["0.W"] == (10**9, 10**9)
