"""Activations, dropout and initializers per layer."""

import numpy as np
import pytest

from backend import InputError
from classes import NeuralNetwork
from classes.layers import Dropout
from initializers.weights import INITIALIZERS
from tests.helpers import reference
from tests.helpers.tiny import X, Y

SEQUENCES = [tuple, list, np.array]


def deep(sequence=tuple, **options):
    return NeuralNetwork(4, (7, 6, 5), 3, dtype="float64", seed=1, **{n: sequence(v) for n, v in options.items()})


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_every_layer_has_its_own_activation(sequence):
    names = ["tanh", "gelu", "sigmoid"]
    net = deep(sequence, activation=names)
    view = net.stack.parameters.view
    pairs = [(view(f"{k}.W"), view(f"{k}.b")) for k in range(4)]
    z = reference.predict_logits(pairs, [*names, "identity"], X)
    np.testing.assert_allclose(net.predict_proba(X), reference.softmax(z), rtol=1e-11)
    loss, gradients = reference.loss_and_gradients(pairs, [*names, "identity"], X, Y)
    assert net.evaluate(X, Y)[0] == pytest.approx(loss, rel=1e-11)
    for k, (dW, db) in enumerate(gradients):
        np.testing.assert_allclose(net.backward(X, Y)[f"{k}.W"], dW, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(net.backward(X, Y)[f"{k}.b"], db, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_every_layer_has_its_own_initializer_that_of_the_logits_included(sequence):
    names = ["he_normal", "xavier_uniform", "lecun_normal", "lecun_uniform"]
    weights, *_ = np.random.default_rng(1).spawn(3)
    net = deep(sequence, initializer=names)
    for k, (name, shape) in enumerate(zip(names, [(4, 7), (7, 6), (6, 5), (5, 3)], strict=True)):
        np.testing.assert_array_equal(net.stack.parameters.view(f"{k}.W"), INITIALIZERS[name](weights, shape))


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_every_layer_drops_at_its_own_rate(sequence):
    rates = [0.5, 0.0, 0.2]
    net = NeuralNetwork(4, (300, 200, 100), 3, dropout=sequence(rates), activation="sigmoid")
    layers = net.stack.layers
    assert [type(layer).__name__ for layer in layers] == ["Dense", "Dropout", "Dense", "Dense", "Dropout", "Dense"]
    net._bind(64)
    net.stack.forward(np.ones((64, 4), dtype="float32"), training=True)
    for layer, rate in zip((layers[1], layers[4]), (0.5, 0.2), strict=True):
        assert (layer.m == 0.0).mean() == pytest.approx(rate, abs=0.03)
    assert not any(isinstance(layer, Dropout) for layer in deep(dropout=[0.0, 0.0, 0.0]).stack.layers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"activation": ["relu"] * 4}, r"^activation: expected one value, or one for each of 3 layers, found 4 values"),
        ({"dropout": [0.1] * 2}, r"^dropout: .*one for each of 3 layers, found 2"),
        ({"initializer": ["he_normal"] * 3}, r"^initializer: .*one for each of 4 layers, found 3"),
        ({"activation": ["relu", "rulu", "relu"]}, r"^activation: expected one of .*found 'rulu'"),
        ({"initializer": ["he_normal", "he", "he_normal", "he_normal"]}, r"^initializer: .*found 'he'"),
        ({"dropout": [0.1, 1.0, 0.1]}, r"^dropout rate: .*found 1"),
    ],
    ids=str,
)
def test_too_many_too_few_and_unknown_ones_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        deep(**options)
