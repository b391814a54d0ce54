"""The public gradient check."""

import numpy as np
import pytest

from classes import NeuralNetwork
from classes.activations import ACTIVATIONS, Tanh

RNG = np.random.default_rng(4)
X, Y = RNG.standard_normal((6, 5)).astype("float32"), RNG.integers(3, size=6)


def network(activation="tanh", **options):
    return NeuralNetwork(5, (6, 4), 3, activation=activation, seed=1, **options)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("options", [{}, {"dropout": 0.5, "label_smoothing": 0.1, "dtype": "float64"}])
def test_every_activation_passes(activation, options):
    assert network(activation, **options).check_gradients(X, Y, directions=3) < 1e-5


class SlightlyWrong(Tanh):
    def backward(self, xp, dy, z, y, s):
        super().backward(xp, dy, z, y, s)
        dy *= 1.001


def test_a_derivative_that_is_off_by_a_thousandth_is_found(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", SlightlyWrong())
    assert network().check_gradients(X, Y, directions=3) > 5e-4


@pytest.mark.parametrize("place", ["0.W", "0.b", "1.W", "1.b", "2.W", "2.b"])
def test_an_error_in_any_one_parameter_is_found(monkeypatch, place):
    checked = network()
    whole = NeuralNetwork._gradients

    def spoilt(self, X, y):
        loss = whole(self, X, y)
        self.stack.parameters.gradient(place)[...] *= 1.01
        return loss

    monkeypatch.setattr(NeuralNetwork, "_gradients", spoilt)
    # One part in a hundred and one: each parameter is checked on its own too, undiluted by the others. (With this
    # seed, the direction through all of them sees less than that, for every place.)
    assert checked.check_gradients(X, Y, directions=1, seed=4) == pytest.approx(0.01 / 1.01, rel=1e-3)


def test_the_network_stays_as_it_is():
    checked = network(optimizer="adam")
    checked.train(X, Y, epochs=2, verbose=False)
    state = [checked.stack.parameters.values.copy(), *(v.copy() for v in checked.optimizer.state.values())]
    dtype = checked.dtype
    checked.check_gradients(X, Y)
    for before, after in zip(state, [checked.stack.parameters.values, *checked.optimizer.state.values()], strict=True):
        np.testing.assert_array_equal(before, after)
    assert (checked.dtype, len(checked.history)) == (dtype, 2)


def test_the_seed_draws_the_directions():
    checked = network()
    first, again, other = (checked.check_gradients(X, Y, directions=1, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
