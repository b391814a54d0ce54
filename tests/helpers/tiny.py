"""A tiny network in float64 and data to train it with, to compare with reference implementations."""

import numpy as np

from classes import NeuralNetwork
from tests.helpers import reference

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((26, 4)), RNG.choice(3, 26, p=(0.5, 0.3, 0.2))
X_VAL, Y_VAL = RNG.standard_normal((11, 4)), RNG.integers(3, size=11)
COUNTS = RNG.integers(4, size=26)  # how often each image shall count
ACTIVATIONS = ["tanh", "identity"]


def tiny(**options):
    """Return a network 4-6-3."""
    return NeuralNetwork(4, (6,), 3, **{"activation": "tanh", "dtype": "float64", "seed": 1, **options})


def trained(*data, net=None, **options):
    """Return a network, a new one by default, after a training, by default of two epochs in whole batches."""
    net = net or tiny()
    net.train(*(data or (X, Y)), **{"epochs": 2, "batch_size": 1000, "verbose": False, **options})
    return net


def values(net):
    return net.stack.parameters.values.copy()


def assert_same_bits(net, other):
    np.testing.assert_array_equal(net.stack.parameters.values, other.stack.parameters.values)


def assert_close(net, other):
    """Compare weights and losses to rounding."""
    np.testing.assert_allclose(net.stack.parameters.values, other.stack.parameters.values, rtol=1e-9, atol=1e-12)
    losses = [each.history.column("train_loss") for each in (net, other)]
    np.testing.assert_allclose(*losses, rtol=1e-10)


def pairs_of(net):
    """Return (W, b) of both layers, as the textbook twin has them."""
    view = net.stack.parameters.view
    return [(view(f"{place}.W").copy(), view(f"{place}.b").copy()) for place in range(2)]


def weighted_gradients(pairs, x, y, w):
    """Return the weighted mean loss and its gradients by the textbook, from every row's own; zeros without weight."""
    rows = [reference.loss_and_gradients(pairs, ACTIVATIONS, x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    total = w.sum() or 1.0
    loss = sum(wi * loss for wi, (loss, _) in zip(w, rows, strict=True)) / total
    gradients = []
    for place in range(len(pairs)):
        parts = [[g[place][part] for _, g in rows] for part in (0, 1)]
        gradients.append(tuple(sum(wi * g for wi, g in zip(w, part, strict=True)) / total for part in parts))
    return loss, gradients


def textbook(net, x, y, w, optimizer, rates, batch_size, clip=None):
    """Return (W, b) after an epoch in order for every rate of `rates`, and each epoch's weighted mean loss."""
    pairs, descent = pairs_of(net), reference.Descent(optimizer, net.optimizer.weight_decay)
    losses = []
    for rate in rates:
        loss = 0.0
        for start in range(0, len(x), batch_size):
            part = slice(start, start + batch_size)
            mean, gradients = weighted_gradients(pairs, x[part], y[part], w[part])
            loss += mean * w[part].sum()
            if clip is not None:
                gradients = reference.clipped(gradients, clip)
            pairs = descent.step(pairs, gradients, rate)
        losses.append(loss / w.sum())
    return pairs, losses


def assert_textbook(net, pairs, losses):
    """Compare a network with what `textbook` returned."""
    for found, wanted in zip(pairs_of(net), pairs, strict=True):
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(found[1], wanted[1], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(net.history.column("train_loss"), losses, rtol=1e-10)
