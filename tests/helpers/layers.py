"""A layer by itself: bound to storage of its own, run forward and backward, and compared with finite differences."""

import numpy as np

from backend import NumpyBackend
from classes.layers import Slot

STEP = 1e-6


class Alone:
    """A layer with its parameters, for samples of a shape."""

    def __init__(self, layer, shape, capacity=5, dtype="float64", backend=None, seed=0, **options):
        self.layer, self.backend = layer, backend or NumpyBackend()
        self.output, shapes = layer.declare(shape)
        xp = self.backend.xp
        self.values = {name: xp.zeros(each, dtype=dtype) for name, each in shapes.items()}
        self.grads = {name: xp.zeros(each, dtype=dtype) for name, each in shapes.items()}
        for each in self.grads.values():
            each.fill(float("nan"))
        for name, each in layer.first_values(np.random.default_rng(seed)).items():
            self.values[name][...] = self.backend.from_host(np.asarray(each, dtype=dtype))
        generator = self.backend.generator(seed)
        layer.bind(Slot(self.backend, dtype, capacity, generator, self.values, self.grads, **options))

    def set(self, **values):
        """Write values of parameters."""
        for name, value in values.items():
            self.values[name][...] = self.backend.from_host(np.asarray(value, dtype=self.values[name].dtype))

    def forward(self, x, *, training=True):
        """Return a copy of the output, on the host."""
        y = self.layer.forward(self.backend.from_host(x), training=training)
        return self.backend.to_host(y).copy()

    def backward(self, dy, **options):
        """Return copies of dL/dx and of the gradients by name, on the host."""
        dx = self.layer.backward(self.backend.from_host(dy.copy()), **options)
        grads = {name: self.backend.to_host(each).copy() for name, each in self.grads.items()}
        return (None if dx is None else self.backend.to_host(dx).copy()), grads


def assert_gradients_are_slopes(alone, x, *, training=True, tolerance=1e-6):
    """Compare the gradients of ``sum(y * d)``, for a random `d`, with central differences along random directions."""
    rng = np.random.default_rng(1)
    d = rng.standard_normal(alone.forward(x, training=training).shape)
    dx, grads = alone.backward(d)

    def loss(x):
        return float((alone.forward(x, training=training) * d).sum())

    kept = {name: value.copy() for name, value in alone.values.items()}
    where = rng.standard_normal(x.shape)
    slope = (loss(x + STEP * where) - loss(x - STEP * where)) / (2 * STEP)
    np.testing.assert_allclose((dx * where).sum(), slope, rtol=tolerance, atol=tolerance)
    for name in kept.keys() - set(alone.layer.state):
        where = rng.standard_normal(kept[name].shape)
        ends = []
        for sign in (1, -1):
            alone.set(**{**kept, name: kept[name] + sign * STEP * where})
            ends.append(loss(x))
        alone.set(**kept)
        slope = (ends[0] - ends[1]) / (2 * STEP)
        np.testing.assert_allclose((grads[name] * where).sum(), slope, rtol=tolerance, atol=tolerance)
