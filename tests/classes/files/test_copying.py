"""Pickles and copies of networks are bitwise identical and independent."""

import copy
import pickle

import numpy as np
import pytest

from classes import OPTIMIZERS, NeuralNetwork
from classes.callbacks import ExponentialMovingAverage

RNG = np.random.default_rng(4)
X, Y = RNG.integers(256, size=(60, 12), dtype="uint8"), RNG.integers(3, size=60)


def trained(net, epochs=2, **options):
    net.train(X, Y, epochs=epochs, batch_size=16, verbose=False, **options)
    return net


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_it_predicts_and_continues_learning_to_the_same_bits(again, optimizer):
    net = trained(NeuralNetwork(12, (9,), 3, optimizer=optimizer, dropout=0.3, class_names="abc"))
    net.info["note"], net.temperature = "mine", 1.5
    twin = again(net)
    assert (twin.info, twin.temperature, twin.class_names) == (net.info, 1.5, net.class_names)
    assert twin.history.to_dict() == net.history.to_dict()
    np.testing.assert_array_equal(twin.predict_proba(X), net.predict_proba(X))
    trained(net), trained(twin)
    np.testing.assert_array_equal(twin.stack.parameters.values, net.stack.parameters.values)


def test_the_copy_is_one_of_its_own():
    net = trained(NeuralNetwork(12, (9,), 3, optimizer="adam"))
    before = net.stack.parameters.values.copy()
    trained(copy.deepcopy(net))
    np.testing.assert_array_equal(net.stack.parameters.values, before)


def test_a_moving_average_comes_along():
    net = trained(NeuralNetwork(12, (9,), 3), callbacks=[ExponentialMovingAverage(0.9)])
    twin = copy.deepcopy(net)
    for each in (net, twin):
        trained(each, callbacks=[ExponentialMovingAverage(0.9)])
    np.testing.assert_array_equal(twin.stack.parameters.values, net.stack.parameters.values)
