"""Prediction with networks of images in several threads."""

import threading

import numpy as np
import pytest

from classes import NeuralNetwork, threads
from classes.layers import MaxPool2D

X = np.random.default_rng(0).integers(256, size=(50, 64), dtype="uint8")


@pytest.fixture
def network(monkeypatch):
    monkeypatch.setattr(threads, "usable_cores", lambda: 3)
    monkeypatch.setattr(threads, "blas_threads", lambda: 3)
    net = NeuralNetwork(64, layers="4C3-BN-MP2-6", output_size=3, input_scaling="standard", seed=1)
    net.evaluation_batch = 4
    return net


def test_results_do_not_depend_on_the_number_of_threads(network, monkeypatch):
    expected = [network.predict_proba(X) for _ in range(3)]
    monkeypatch.setattr(threads, "usable_cores", lambda: 1)
    for found in expected:
        np.testing.assert_array_equal(found, network.predict_proba(X))
    alone = np.concatenate([network.predict_proba(X[start : start + 4]) for start in range(0, 50, 4)])
    np.testing.assert_array_equal(alone, expected[0])


def test_several_threads_take_part(network, monkeypatch):
    seen, forward, meeting = set(), MaxPool2D.forward, threading.Barrier(2)

    def watched(self, x, *, training):
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            meeting.wait(10)  # only two threads at once get past here
        return forward(self, x, training=training)

    monkeypatch.setattr(threads, "usable_cores", lambda: 2)
    monkeypatch.setattr(MaxPool2D, "forward", watched)
    network.predict(X[:16])
    assert len(seen) == 2


def test_floats_are_taken_as_they_are(network):
    x = np.random.default_rng(1).random((50, 64), dtype="float32")
    np.testing.assert_array_equal(network.predict(x)[:4], network.predict(x[:4]))


def test_an_error_in_a_thread_reaches_the_caller(network, monkeypatch):
    monkeypatch.setattr(MaxPool2D, "forward", lambda self, x, *, training: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        network.predict(X)


def test_the_networks_own_buffers_stay_as_they_are(network):
    network.predict(X[:4])
    kept = network.stack.layers[-1].y
    before = kept.copy()
    network.predict(X)
    np.testing.assert_array_equal(kept, before)
