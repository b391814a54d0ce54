"""Batches: images gathered, scaled and handed out in buffers that are used again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from backend import Backend


class Batch(NamedTuple):
    """One step's data, valid until the next step.

    Attributes
    ----------
    x : array (n, I)
        Scaled images in the network's dtype.
    y : array (n,) or None
        Class numbers, where there are any.
    """

    x: Any
    y: Any


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


class Reader:
    """Buffers into which rows of a data set are gathered and scaled; each reading overwrites the last.

    Parameters
    ----------
    batches : Batches
        Whose rows are read.
    capacity : int
        Rows that are read at once, at most.
    """

    def __init__(self, batches: "Batches", capacity: int) -> None:
        xp, X, y = batches.backend.xp, batches.X, batches.y
        self.batches = batches
        self._x = xp.empty((capacity, X.shape[1]), dtype=batches.dtype)
        self._pixels = xp.empty((capacity, X.shape[1]), dtype=X.dtype)
        self._labels = None if y is None else xp.empty(capacity, dtype=y.dtype)

    def read(self, rows: Any) -> Batch:
        """Return the batch of these rows: a slice, or an array of row numbers."""
        batches = self.batches
        if isinstance(rows, slice):
            pixels, y = batches.X[rows], None if batches.y is None else batches.y[rows]
        else:
            pixels, y = self._pixels[: len(rows)], None if self._labels is None else self._labels[: len(rows)]
            batches.backend.take_rows(batches.X, rows, pixels)
            if y is not None:
                batches.backend.take_rows(batches.y, rows, y)
        x = self._x[: len(pixels)]
        batches.scaling.apply(batches.backend.xp, pixels, x)
        return Batch(x, y)


class Batches:
    """Images and labels in batches, in order or, with a generator, shuffled anew at each pass.

    The last batch of a pass is short where the batch size does not divide the number of images.

    Parameters
    ----------
    X : ndarray (N, I), uint8 or float
        Images. uint8 stays uint8 until its batch comes.
    y : ndarray (N,), optional
        Class numbers; not for batches to predict.
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
        y: np.ndarray | None,
        batch_size: int,
        *,
        backend: Backend,
        dtype: str,
        scaling: InputScaling,
        generator: np.random.Generator | None = None,
    ) -> None:
        self.backend, self.dtype, self.scaling, self.generator = backend, dtype, scaling, generator
        self.X = backend.from_host(X)
        self.y = None if y is None else backend.from_host(y)
        self.images = len(X)
        self.batch_size = min(batch_size, self.images)

    def __len__(self) -> int:
        return -(-self.images // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for _, (rows,) in self.shares(1):
            yield self._reader.read(rows)

    @cached_property
    def _reader(self) -> Reader:
        """The buffers of all passes."""
        return Reader(self, self.batch_size)

    def shares(self, count: int) -> Iterator[tuple[int, list[Any]]]:
        """Yield, for every batch of a pass, its number of images, and `count` shares of its rows for a `Reader`.

        Shares are slices, or arrays of row numbers where there is a generator. They differ by one row at most; those
        of a batch with fewer than `count` rows may be empty.
        """
        order = None
        if self.generator is not None:
            order = self.backend.from_host(self.generator.permutation(self.images))
        for start in range(0, self.images, self.batch_size):
            n = min(self.batch_size, self.images - start)
            cuts = [slice(start + n * k // count, start + n * (k + 1) // count) for k in range(count)]
            yield n, cuts if order is None else [order[cut] for cut in cuts]


# MNIST's own mean and standard deviation over the 60,000 training images, pixels in [0, 1].
INPUT_SCALINGS: dict[str, InputScaling] = {
    "unit": InputScaling(mean=0.0, deviation=1.0),
    "standard": InputScaling(mean=0.1307, deviation=0.3081),
}
