"""Divergence is reported and undone."""

import numpy as np
import pytest

from classes import OPTIMIZERS, NeuralNetwork
from classes.training.progress import DivergenceError


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_divergence_is_reported_and_undone_and_no_warning_leaks(optimizer, digits_small):
    net = NeuralNetwork(64, (16,), 10, optimizer=optimizer, learning_rate=1e30, weight_decay=0.0)
    before = net.stack.parameters.values.copy()
    with pytest.raises(DivergenceError, match=r"loss in epoch 1, batch [1-9]: expected a finite number.*Lower"):
        net.train(*digits_small, epochs=3, batch_size=50, verbose=False)
    np.testing.assert_array_equal(net.stack.parameters.values, before)


def test_plain_descent_at_a_rate_of_a_million_diverges(digits_small):
    net = NeuralNetwork(64, (16, 16), 10, optimizer="sgd", learning_rate=1e6)
    before = net.stack.parameters.values.copy()
    with pytest.raises(DivergenceError, match=r"epoch \d, batch \d+: .*it was 1e\+06"):
        net.train(*digits_small, epochs=50, batch_size=50, verbose=False)
    assert np.isfinite(net.stack.parameters.values).all()
    assert len(net.history) or np.array_equal(net.stack.parameters.values, before)


def test_the_callers_own_error_settings_hold_between_epochs(blobs):
    records = NeuralNetwork(2, (8,), 3).train_epochs(*blobs, epochs=2)
    before = np.geterr()
    next(records)
    during = np.geterr()
    records.close()
    assert during == before


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_after_divergence_training_at_a_sane_rate_works(optimizer, digits_small):
    net = NeuralNetwork(64, (16,), 10, optimizer=optimizer, learning_rate=1e30, weight_decay=0.0)
    with pytest.raises(DivergenceError):
        net.train(*digits_small, epochs=1, batch_size=50, verbose=False)
    net.learning_rate = 0.001
    net.train(*digits_small, epochs=1, batch_size=50, verbose=False)
