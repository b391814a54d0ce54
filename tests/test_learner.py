"""Shares of a batch: together they learn what one learner learns from all of it."""

import numpy as np
import pytest

from backend import NumpyBackend
from classes.layers import Dense, Dropout
from classes.learner import count_hits, team_of_learners
from classes.losses import LOSSES
from classes.sequential import Sequential
from initializers.batches import INPUT_SCALINGS, Batches

GENERATOR = np.random.default_rng(5)
X, Y = GENERATOR.standard_normal((11, 4)), GENERATOR.integers(3, size=11)


def learners(workers, layers=None):
    backend = NumpyBackend()
    model = Sequential(layers or [Dense(6, "tanh"), Dense(3)], (4,), backend, "float64")
    model.initialize(np.random.default_rng(0))
    model.bind(11, np.random.default_rng(1))
    loss = LOSSES["cross_entropy"]()
    loss.bind(backend, 3, 11, "float64")
    batches = Batches(X, Y, 11, backend=backend, dtype="float64", scaling=INPUT_SCALINGS["unit"])
    return batches, team_of_learners(model, loss, batches, [np.random.default_rng(k) for k in range(2, workers + 1)])


@pytest.mark.parametrize("workers", [2, 3, 11, 12])
def test_gradients_losses_and_hits_of_all_shares_add_up(workers):
    batches, (alone,) = learners(1)
    alone.learn(slice(0, 11), 11)
    batches, team = learners(workers)
    for images, shares in batches.shares(workers):
        for learner, rows in zip(team, shares, strict=True):
            learner.learn(rows, images)
    total = sum(learner.model.parameters.grads for learner in team)
    np.testing.assert_allclose(total, alone.model.parameters.grads, rtol=1e-10, atol=1e-14)
    assert sum(learner.result[0] for learner in team) == pytest.approx(alone.result[0])
    assert sum(learner.result[1] for learner in team) == alone.result[1]


def test_replicas_share_values_and_nothing_else():
    _, (first, second) = learners(2)
    first.model.parameters.values[...] = 0.5
    assert (second.model.layers[0].W == 0.5).all()
    assert not np.shares_memory(first.model.parameters.grads, second.model.parameters.grads)
    first.learn(slice(0, 5), 11)
    before = first.model.parameters.grads.copy()
    second.learn(slice(5, 11), 11)
    np.testing.assert_array_equal(first.model.parameters.grads, before)
    assert not np.shares_memory(first.model.layers[0].z, second.model.layers[0].z)


def test_every_replica_drops_other_units():
    _, (first, second) = learners(2, [Dense(6, "tanh"), Dropout(0.5), Dense(3)])
    first.learn(slice(0, 5), 11)
    second.learn(slice(0, 5), 11)
    assert not np.array_equal(first.model.layers[1].m, second.model.layers[1].m)


def test_hits_are_counted_row_by_row():
    z = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert count_hits(z, np.array([1, 1, 1])) == 2
