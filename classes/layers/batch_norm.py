"""Batch normalisation, over the samples of a batch and the pixels of its images."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from backend.registry import look_up
from classes.activations import ACTIVATIONS
from classes.checks import checked_number
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape


class BatchNorm(Layer):
    """Batch normalisation with its activation, ``Y = phi(gamma (X - mu) / sqrt(var + eps) + beta)``, equation (30).

    ``mu`` and ``var`` are those of each channel (of each number, where rows are no images): while training those of
    the batch, otherwise the running averages of them, which are kept with the parameters.

    Parameters
    ----------
    momentum : float
        Weight in [0, 1) of the old running average at each step: 0.9 averages over some ten batches.
    epsilon : float
        Added to the variance, so that a channel that never changes does no harm.
    activation : str
        A key of `ACTIVATIONS`.

    Raises
    ------
    InputError
        If a number lies outside its range or the activation is not in its registry.

    Notes
    -----
    Where several processes share a batch, its mean and variance are those of the whole batch: each process adds up its
    samples, and two short vectors are exchanged. So the number of processes makes no other difference than rounding.

    References
    ----------
    Ioffe and Szegedy (2015), "Batch normalization: accelerating deep network training by reducing internal covariate
    shift"; Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance", for the shifted sums.
    """

    kind = "batch_norm"
    samples_are_independent = True
    state = ("mean", "variance")

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5, activation: str = "identity") -> None:
        self.momentum = checked_number(
            momentum, "momentum", "a number from 0 up to, not including, 1", lambda m: 0.0 <= m < 1.0, "0.9 is usual."
        )
        self.epsilon = checked_number(
            epsilon, "epsilon", "a positive number", lambda e: 0.0 < e < math.inf, "1e-5 is usual."
        )
        self.activation = activation
        self.phi = look_up(ACTIVATIONS, activation, "activation")

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the same shape, and (C,) for gamma, beta and the running mean and variance."""
        self.shape = shape
        return shape, dict.fromkeys(("gamma", "beta", "mean", "variance"), shape[-1:])

    def first_values(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Return ones for gamma and the running variance; beta and the running mean begin at 0."""
        ones = np.ones(self.shape[-1])
        return {"gamma": ones, "variance": ones}

    def bind(self, slot: Slot) -> None:
        """Take the parameters; allocate Y and what a block of samples needs."""
        self.xp, self.slot = slot.backend.xp, slot
        self.gamma, self.beta = slot.values["gamma"], slot.values["beta"]
        self.dgamma, self.dbeta = slot.grads["gamma"], slot.grads["beta"]
        self.mean, self.variance = slot.values["mean"], slot.values["variance"]
        self.size, self.channels = math.prod(self.shape), self.shape[-1]
        self.line = math.prod(self.shape[-2:])  # numbers of a line of pixels: NumPy's loops run along it
        self.block = slot.samples_in_cache(self.size)
        lines = (self.block * self.size // self.line, self.line)
        self._y = slot.buffer(self.shape)
        self._z = self._y if self.phi.in_place else slot.buffer(self.shape)
        self._t, self._s = slot.scratch(lines), slot.scratch(lines, self.phi.scratch)
        self._ones = slot.scratch((self.block * self.size // self.channels,))
        self._ones.fill(1.0)
        self._sum = slot.scratch((self.channels,))
        self._tiles = [slot.scratch((self.line // self.channels, self.channels)) for _ in range(3)]
        self._totals = self.xp.zeros(2 * self.channels + 1, dtype="float64")

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = phi(a X + c)`` with ``a = gamma / sqrt(var + eps)`` and ``c = beta - a mu``, equation (30)."""
        self.x, self.training = x, training
        self.z, self.y = self._z[: len(x)], self._y[: len(x)]
        self.mu, variance = self._batch_statistics(x) if training else (self.mean, self.variance)
        self.inverse = 1.0 / self.xp.sqrt(variance + self.epsilon)
        scale = self.gamma * self.inverse
        a, c = self._tiled(scale, self.beta - scale * self.mu)
        for x_lines, z, y in self._lines(x, self.z, self.y):
            self.xp.multiply(x_lines, a, out=z)  # Z = a X
            z += c  #     + c
            self.phi.forward(self.xp, z, y)  # Y = phi(Z)
        return self.y

    def _batch_statistics(self, x: Any) -> tuple[Any, Any]:
        """Return mean and variance (C,) of a batch, and let the running averages follow them.

        Sums are those of ``X - shift``. The shift is the mean of the first sample, which is near that of the batch from
        the first step on, so that no difference of large numbers is taken in the network's precision. All processes
        exchange sums of ``X - s`` with the running mean `s`, of which they have the same.
        """
        start, shift = self.mean + 0.0, self._first_mean(x)
        (shifts,) = self._tiled(shift)
        sums, squares = self._empty_totals(len(x))
        for (lines,) in self._lines(x):
            t = self._t[: len(lines)]
            self.xp.subtract(lines, shifts, out=t)
            self._add_channels(t, sums)
            t *= t
            self._add_channels(t, squares)
        self._move_sums(sums, squares, shift, start)
        sums, squares, count = self._of_all_processes()
        offset = sums / count
        mu = start + offset  # mu  = s + 1/N sum (x - s)
        variance = self.xp.maximum(squares / count - offset * offset, 0.0)  # var = 1/N sum (x - s)^2 - (mu - s)^2
        if self.slot.keeps_state:
            self.mean[...] = self.momentum * self.mean + (1.0 - self.momentum) * mu
            self.variance[...] = self.momentum * self.variance + (1.0 - self.momentum) * variance
        return mu, variance

    def _first_mean(self, x: Any) -> Any:
        """Return the mean (C,) of each channel over the first sample; 0 if there is none."""
        total = self.xp.zeros(self.channels, dtype=self._sum.dtype)
        for (lines,) in self._lines(x[:1]):
            self._add_channels(lines, total)
        return total * (self.channels / self.size)

    def _move_sums(self, sums: Any, squares: Any, old: Any, new: Any) -> None:
        """Turn sums of ``X - old`` and of its square into those of ``X - new``, in float64."""
        step = old.astype("float64") - new  # d = old - new
        count = self._totals[-1]
        squares += step * (2.0 * sums + count * step)  # sum (x - old)^2 + 2 d sum (x - old) + N d^2
        sums += count * step  # sum (x - old)   + N d

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Assign dgamma and dbeta, return dX: equation (31)."""
        (mu,) = self._tiled(self.mu + 0.0)
        sums, products = self._empty_totals(len(dy))
        for x, z, y, dz in self._lines(self.x, self.z, self.y, dy):
            t = self._t[: len(x)]
            self.phi.backward(self.xp, dz, z, y, self._s[: len(x)])  # dZ = dY * phi'(Z)
            self._add_channels(dz, sums)  # sum dZ
            self.xp.subtract(x, mu, out=t)
            t *= dz
            self._add_channels(t, products)  # sum dZ (X - mu)
        for name in self.state:
            self.slot.grads[name].fill(0.0)  # not trained
        self.dbeta[...] = sums
        self.dgamma[...] = products * self.inverse
        sums, products, count = self._of_all_processes()
        if propagate:
            self._write_input_gradient(dy, sums / count, products / count)
        return dy if propagate else None

    def _write_input_gradient(self, dz: Any, mean_dz: Any, mean_product: Any) -> None:
        """Turn dZ into ``dX = a (dZ - mean dZ - (X - mu) mean(dZ (X - mu)) / (var + eps))``.

        Outside training, mean and variance do not depend on X, and ``dX = a dZ``.
        """
        scale = self.gamma * self.inverse
        slope = -scale * self.inverse * self.inverse * mean_product
        a, p, q = self._tiled(scale, slope, -scale * mean_dz - slope * self.mu)
        for x_lines, lines in self._lines(self.x, dz):
            lines *= a  # dX = a dZ
            if self.training:
                t = self._t[: len(lines)]
                self.xp.multiply(x_lines, p, out=t)
                lines += t  #      + p X
                lines += q  #      + q

    def _lines(self, *arrays: Any) -> Iterator[tuple[Any, ...]]:
        """Yield arrays (n, ...) as lines of pixels (lines, line), a block of samples at a time."""
        for start in range(0, len(arrays[0]), self.block):
            yield tuple(array[start : start + self.block].reshape(-1, self.line) for array in arrays)

    def _tiled(self, *vectors: Any) -> list[Any]:
        """Return vectors (C,) repeated to a line of pixels, in storage that the next call uses again."""
        for tile, vector in zip(self._tiles, vectors, strict=False):
            tile[...] = vector
        return [tile.reshape(-1) for tile in self._tiles[: len(vectors)]]

    def _empty_totals(self, n: int) -> tuple[Any, Any]:
        """Return two vectors (C,) of zeros to add up in; the number of what is added up is noted beside them."""
        self._totals.fill(0.0)
        self._totals[2 * self.channels :].fill(n * self.size // self.channels)
        return self._totals[: self.channels], self._totals[self.channels : 2 * self.channels]

    def _add_channels(self, lines: Any, total: Any) -> None:
        """Add the sum of every channel to a total (C,) in float64."""
        pixels = lines.reshape(-1, self.channels)
        self.xp.matmul(self._ones[: len(pixels)], pixels, out=self._sum)
        total += self._sum

    def _of_all_processes(self) -> tuple[Any, Any, Any]:
        """Return both totals and their number, over all processes that share the batch."""
        totals = self.slot.add_up(self._totals)
        return totals[: self.channels], totals[self.channels : -1], totals[-1]

    def settings(self) -> dict[str, Any]:
        """Return momentum, epsilon and activation."""
        return {"momentum": self.momentum, "epsilon": self.epsilon, "activation": self.activation}
