"""Convergence of every optimizer and activation on a simple task."""

import pytest

from classes import ACTIVATIONS, OPTIMIZERS, NeuralNetwork

# Highest rates that are safe here; those not named take the optimizer's usual one.
RATES = {"sgd": 0.5, "momentum": 0.1, "nesterov": 0.1, "adagrad": 0.05, "rmsprop": 0.003, "adam": 0.005, "adamw": 0.005}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_xor(optimizer, xor):
    net = NeuralNetwork(2, (16,), 2, RATES[optimizer] * 4, "tanh", optimizer=optimizer, weight_decay=0.0)
    net.train(*xor, epochs=300, batch_size=4, verbose=False)
    loss, accuracy = net.evaluate(*xor)
    assert accuracy == 1.0
    assert loss < 0.1


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"identity"}))
def test_every_curved_activation_learns_xor(activation, xor):
    net = NeuralNetwork(2, (16,), 2, 0.05, activation, optimizer="adam")
    net.train(*xor, epochs=200, batch_size=4, verbose=False)
    assert net.evaluate(*xor)[1] == 1.0


def test_a_straight_line_cannot_learn_xor(xor):
    net = NeuralNetwork(2, (16,), 2, 0.05, "identity", optimizer="adam")
    net.train(*xor, epochs=200, batch_size=4, verbose=False)
    assert net.evaluate(*xor)[1] < 1.0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_parts_the_blobs(optimizer, blobs):
    net = NeuralNetwork(2, (16,), 3, RATES[optimizer], optimizer=optimizer)
    net.train(*blobs, epochs=60, batch_size=16, verbose=False)
    assert net.evaluate(*blobs)[1] == 1.0


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns_three_hundred_digits_by_heart(optimizer, digits_small):
    net = NeuralNetwork(64, (64, 32), 10, RATES[optimizer], optimizer=optimizer, weight_decay=0.0)
    history = net.train(*digits_small, epochs=60, batch_size=25, schedule="cosine", verbose=False)
    assert net.evaluate(*digits_small)[1] == 1.0
    assert history.last.train_loss < 0.05 < history.records[0].train_loss


def test_dropout_smoothing_clipping_and_decay_still_learn_the_digits(digits_small):
    net = NeuralNetwork(
        64, (128, 64), 10, 0.005, "gelu", optimizer="adamw", dropout=0.2, label_smoothing=0.05, input_scaling="standard"
    )
    net.train(*digits_small, epochs=40, batch_size=25, schedule="one_cycle", clip_norm=1.0, verbose=False)
    assert net.evaluate(*digits_small)[1] == 1.0


def test_a_slice_of_real_mnist_is_learned(mnist):
    net = NeuralNetwork(784, (64,), 10, optimizer="adam", learning_rate=0.003)
    net.train(mnist.X_train[:5000], mnist.y_train[:5000], epochs=6, batch_size=64, verbose=False)
    assert net.evaluate(mnist.X_test, mnist.y_test)[1] > 0.91
