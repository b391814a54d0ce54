"""Training on streams of batches: files, generators, data sets that do not fit into memory."""

import operator
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from backend import InputError
from classes.checks import checked_count, checked_images, checked_labels, warn_of_unscaled
from classes.network import Network
from initializers.batches import Batch, checked_weights

END = object()  # marks the end of a stream; None may be an item


class StreamedBatches:
    """Batches of any size from a stream; only the batches of one step are kept at a time.

    With `accumulate`, a stream must therefore not reuse the memory of its last batch for the next.

    Parameters
    ----------
    network : Network
        The network to train.
    source : iterable or callable
        Yields ``(x, y)`` or ``(x, y, weights)``. An iterable that can be iterated again, or a function that returns an
        iterator, starts again when it ends; a generator can be used only once.
    steps : int, optional
        Number of steps per epoch. None uses the length of the source; the last step may then have fewer batches.
    accumulate : int
        Number of batches per step.

    Attributes
    ----------
    images : int
        Estimated number of images per epoch: those of the first batch times the number of batches.

    Raises
    ------
    InputError
        If the source is not iterable, or neither has a length nor is `steps` given.

    Examples
    --------
    >>> from classes import NeuralNetwork
    >>> source = [(np.zeros((2, 4), "uint8"), [0, 1]), (np.ones((3, 4), "uint8"), [1, 1, 0])]
    >>> batches = StreamedBatches(NeuralNetwork(4, (3,), 2), source, None, 1)
    >>> len(batches), [batch.images for batch in batches]
    (2, [2, 3])
    """

    def __init__(self, network: Network, source: Any, steps: int | None, accumulate: int) -> None:
        if not callable(source) and not hasattr(source, "__iter__"):
            raise InputError(
                "labels",
                expected="y_train, or a stream of (x, y) in place of X_train",
                found="neither",
                advice="Pass the class numbers of the images.",
            )
        if steps is None and not hasattr(source, "__len__"):
            raise InputError(
                "steps_per_epoch",
                expected="a number, since the stream has no length",
                found="none",
                advice="Set the number of steps per epoch.",
            )
        self.network, self.source, self.accumulate = network, source, accumulate
        self.batches = len(source) if steps is None else checked_count(steps, "steps_per_epoch") * accumulate
        self._items = self._begin()
        self._first: tuple[Any, ...] | None = self._next()
        warn_of_unscaled(self._first[0])
        self.images = len(self._first[0]) * self.batches
        network._bind(len(self._first[0]))
        self.first_digest = zlib.crc32(self._first[0].tobytes())
        self.first_step = 0  # step at which the next epoch begins; 0 unless a training run is resumed within an epoch
        self.y = network.backend.from_host(np.zeros(0))

    def __len__(self) -> int:
        return -(-self.batches // self.accumulate)

    def __iter__(self) -> Iterator[Batch]:
        start, self.first_step = self.first_step * self.accumulate, 0
        self._skip(start)
        for first in range(start, self.batches, self.accumulate):
            yield from self._step(min(self.accumulate, self.batches - first))

    def _step(self, batches: int) -> Iterator[Batch]:
        """Yield the batches of one step, after adding up their weights."""
        parts = [self._taken() for _ in range(batches)]
        total = sum(self._total(part) for part in parts)
        for number, part in enumerate(parts, start=1):
            yield self._batch(part, total, last=number == len(parts))

    def _begin(self) -> Iterator[Any]:
        """Return an iterator over the stream from its beginning."""
        self._taken_before = 0
        stream = self.source() if callable(self.source) else self.source
        if not hasattr(stream, "__iter__"):
            found, advice = type(stream).__name__, "Pass a function that returns an iterator of (x, y)."
            raise InputError("the stream of batches", expected="an iterable", found=found, advice=advice)
        return iter(stream)

    def _taken(self) -> tuple[Any, ...]:
        """Return the next item; the first one has been read already."""
        item, self._first = self._first or self._next(), None
        self._taken_before += 1
        return item

    def _next(self) -> tuple[Any, ...]:
        """Return the next item of the stream, checked; start the stream again when it ends."""
        item = next(self._items, END)
        if item is END:
            self._items = self._begin()
            item = next(self._items, END)
        if item is END:
            advice = "Pass an iterable that can be iterated again, or a function that returns a new iterator."
            raise InputError("the stream of batches", expected="another batch", found="its end", advice=advice)
        if not isinstance(item, (tuple, list)) or len(item) not in (2, 3):
            found = f"{type(item).__name__}" + (f" of {len(item)}" if hasattr(item, "__len__") else "")
            raise InputError(
                "the stream of batches", expected="(x, y) or (x, y, weights)", found=found, advice="Pair them."
            )
        x = checked_images(item[0], self.network.input_size)
        weights = [checked_weights(given, len(x), "weights in the stream") for given in item[2:]]
        return (x, checked_labels(item[1], len(x), self.network.output_size), *weights)

    def _total(self, item: tuple[Any, ...]) -> float:
        """Return the sum of the weights of an item."""
        return float(np.sum(item[2])) if len(item) == 3 else float(len(item[0]))

    def _batch(self, item: tuple[Any, ...], total: float, *, last: bool) -> Batch:
        """Return an item as a batch."""
        pixels, labels = item[0], item[1]
        backend = self.network.backend
        self.network._bind(len(pixels))
        x = self.network._x[: len(pixels)]
        self.network._scaling.apply(backend.xp, backend.from_host(pixels), x)
        weights = None
        if len(item) == 3:
            weights = backend.from_host(item[2].astype(self.network.dtype).reshape(len(pixels), 1))
        return Batch(x, backend.from_host(labels), weights, len(pixels), total, last)

    @property
    def can_resume(self) -> bool:
        """Whether the stream can be read from its beginning again, which a single iterator cannot."""
        return callable(self.source) or iter(self.source) is not self.source

    def order_state(self) -> dict[str, Any]:
        """Return the number of batches used since the stream began, or began again."""
        return {"taken": self._taken_before}

    def set_order_state(self, state: dict[str, Any]) -> None:
        """Read the stream from its beginning up to where another one was when `order_state` was called."""
        self._items, self._first = self._begin(), None
        self._skip(operator.index(state["taken"]))

    def _skip(self, batches: int) -> None:
        """Skip batches that have been used already."""
        for _ in range(batches):
            self._taken()
