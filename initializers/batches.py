"""Batches: images gathered, scaled and handed out in buffers that are used again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from backend import Backend
from backend.team import Team


class Batch(NamedTuple):
    """One step's data, valid until the next step.

    Attributes
    ----------
    x : array (n, I)
        Scaled images in the network's dtype.
    y : array (n,)
        Class numbers.
    images : int
        Rows of the whole batch, where `x` and `y` are one process's share of it.
    """

    x: Any
    y: Any
    images: int


@dataclass(frozen=True)
class InputScaling:
    """The map ``x = (pixel / 255 - mean) / deviation`` from uint8 to the network's inputs.

    Examples
    --------
    >>> INPUT_SCALINGS["unit"].factor, INPUT_SCALINGS["standard"].offset
    (0.00392156862745098, -0.424212917883804)
    """

    mean: float
    deviation: float

    @property
    def factor(self) -> float:
        """What a pixel is multiplied by: ``1 / (255 deviation)``."""
        return 1.0 / (255.0 * self.deviation)

    @property
    def offset(self) -> float:
        """What is added then: ``-mean / deviation``."""
        return -self.mean / self.deviation

    def apply(self, xp: Any, pixels: Any, out: Any) -> None:
        """Write scaled `pixels` into `out`; pixels that are floats already are taken as they are."""
        xp.copyto(out, pixels)
        if pixels.dtype == "uint8":
            out *= self.factor
            if self.mean:
                out += self.offset


class Batches:
    """Images and labels in batches, in order or, with a generator, shuffled anew at each pass.

    The last batch of a pass is short where the batch size does not divide the number of images.

    Parameters
    ----------
    X : ndarray (N, I), uint8 or float
        Images. uint8 stays uint8 until its batch comes.
    y : ndarray (N,)
        Class numbers.
    batch_size : int
        Rows of a batch.
    backend : Backend
        Where the batches are wanted; all images go there at once, as they are.
    dtype : str
        "float32" or "float64".
    scaling : InputScaling
        For uint8 images; float images are taken as they are.
    generator : numpy.random.Generator, optional
        Draws the order; on the host, so that every device sees the same.

    Examples
    --------
    >>> from backend import NumpyBackend
    >>> X, y = np.full((5, 2), 255, dtype="uint8"), np.arange(5)
    >>> batches = Batches(X, y, 2, backend=NumpyBackend(), dtype="float32", scaling=INPUT_SCALINGS["unit"])
    >>> [(batch.x.shape, batch.y.tolist()) for batch in batches]
    [((2, 2), [0, 1]), ((2, 2), [2, 3]), ((1, 2), [4])]
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        *,
        backend: Backend,
        dtype: str,
        scaling: InputScaling,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.backend, self.scaling, self.generator = backend, scaling, generator
        self.team = Team(1)  # those who share every shuffled batch
        self.X, self.y = backend.from_host(X), backend.from_host(y)
        self.images = len(X)
        self.batch_size = min(batch_size, self.images)
        self._x = backend.xp.empty((self.batch_size, X.shape[1]), dtype=dtype)
        if generator is not None:
            self._pixels = backend.xp.empty((self.batch_size, X.shape[1]), dtype=X.dtype)
            self._labels = backend.xp.empty(self.batch_size, dtype=y.dtype)

    def __len__(self) -> int:
        return -(-self.images // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        return self._in_order() if self.generator is None else self._shuffled(self.generator)

    def _in_order(self) -> Iterator[Batch]:
        for start in range(0, self.images, self.batch_size):
            pixels = self.X[start : start + self.batch_size]
            x = self._x[: len(pixels)]
            self.scaling.apply(self.backend.xp, pixels, x)
            yield Batch(x, self.y[start : start + self.batch_size], len(x))

    def _shuffled(self, generator: np.random.Generator) -> Iterator[Batch]:
        order = self.backend.from_host(generator.permutation(self.images))
        for start in range(0, self.images, self.batch_size):
            batch = order[start : start + self.batch_size]
            rows = batch[self.team.share(len(batch))]
            n = len(rows)
            pixels, labels, x = self._pixels[:n], self._labels[:n], self._x[:n]
            self.backend.take_rows(self.X, rows, pixels)
            self.backend.take_rows(self.y, rows, labels)
            self.scaling.apply(self.backend.xp, pixels, x)
            yield Batch(x, labels, len(batch))


# MNIST's own mean and standard deviation over the 60,000 training images, pixels in [0, 1].
INPUT_SCALINGS: dict[str, InputScaling] = {
    "unit": InputScaling(mean=0.0, deviation=1.0),
    "standard": InputScaling(mean=0.1307, deviation=0.3081),
}
