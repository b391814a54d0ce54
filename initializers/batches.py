"""Batches: images are gathered and scaled in buffers that are reused for each batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from backend import Backend, InputError
from backend.team import Team
from initializers.augmentation.mixing import LabelledAugmenter


class Batch(NamedTuple):
    """The data of one forward and backward pass, valid until the next batch.

    Attributes
    ----------
    x : array (n, I)
        Scaled images in the network's dtype.
    y : array (n,)
        Class numbers; -1 for an unlabelled image.
    weights : array (n, 1) or None
        Sample weights; None if all are 1.
    images : int
        Number of images in the batch of all processes, of which `x` and `y` may be one process's share.
    total : float
        Sum of the sample weights of the step, by which its loss is divided.
    last : bool
        Whether this batch is the last of its step.
    targets : array (n, C) or None
        Target distributions, whose rows sum to 1; None for class numbers.
    """

    x: Any
    y: Any
    weights: Any
    images: int
    total: float
    last: bool
    targets: Any = None


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
        """Factor of a pixel: ``1 / (255 deviation)``."""
        return 1.0 / (255.0 * self.deviation)

    @property
    def offset(self) -> float:
        """Offset after multiplication: ``-mean / deviation``."""
        return -self.mean / self.deviation

    def apply(self, xp: Any, pixels: Any, out: Any) -> None:
        """Write scaled `pixels` into `out`; floats are copied unchanged."""
        xp.copyto(out, pixels)
        if pixels.dtype == "uint8":
            out *= self.factor
            if self.mean:
                out += self.offset


class Batches:
    """Images and labels in batches, in order or, with a generator, shuffled in each pass.

    The last batch of a pass has fewer images if the batch size does not divide their number.

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
        Applied to uint8 images; float images are used unchanged.
    generator : numpy.random.Generator, optional
        Draws the order, on the host, so that it is the same for all devices.
    weights : ndarray (N,), optional
        Sample weights.
    accumulate : int
        Number of batches per step.
    augmenter : LabelledAugmenter, optional
        Augments the images of `X` and their targets before scaling, on the host, where the images are kept then.

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
        weights: np.ndarray | None = None,
        accumulate: int = 1,
        augmenter: LabelledAugmenter | None = None,
    ) -> None:
        self.backend, self.scaling, self.generator, self.augmenter = backend, scaling, generator, augmenter
        self.team = Team(1)  # the processes that share each batch
        self.X, self.y = backend.from_host(X) if augmenter is None else X, backend.from_host(y)
        self.weights = weights
        self.images = len(X)
        self.batch_size, self.accumulate = min(batch_size, self.images), accumulate
        self.first_step = 0  # step at which the next pass begins; 0 unless training is resumed within an epoch
        self._x, self._pixels, self._labels, self._weights, self._rows = (
            backend.xp.empty((self.batch_size, *shape), dtype=kind)
            for shape, kind in (
                (X.shape[1:], dtype), (X.shape[1:], X.dtype), ((), y.dtype), ((1,), dtype), ((), "int64"),
            )
        )  # fmt: skip
        self._views: dict[int, tuple[Any, ...]] = {}
        self._gather = backend.replayed(self._taken)

    def __len__(self) -> int:
        return -(-self.images // (self.batch_size * self.accumulate))

    def __iter__(self) -> Iterator[Batch]:
        order = None if self.generator is None else self.generator.permutation(self.images)
        self._places = None if order is None or self.augmenter else self.backend.from_host(order)
        rows = self.batch_size * self.accumulate
        first, self.first_step = self.first_step * rows, 0
        for start in range(first, self.images, rows):
            yield from self._step(order, start, min(start + rows, self.images))

    def order_state(self) -> dict[str, Any]:
        """Return the state from which the order of the next pass is drawn; empty if batches are not shuffled."""
        return {} if self.generator is None else dict(self.generator.bit_generator.state)

    def set_order_state(self, state: dict[str, Any]) -> None:
        """Restore a state that `order_state` returned."""
        if self.generator is not None:
            self.generator.bit_generator.state = state

    def _step(self, order: np.ndarray | None, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of the step with the samples from `start` to `stop` of the order."""
        total = float(stop - start)
        if self.weights is not None:
            total = float((self.weights[start:stop] if order is None else self.weights[order[start:stop]]).sum())
        for first in range(start, stop, self.batch_size):
            images = min(self.batch_size, stop - first)
            share = self.team.share(images)
            places = slice(first + share.start, first + share.stop)
            rows = places if order is None else order[places]
            x, *_ = self._buffers(share.stop - share.start)
            augmenter = self.augmenter
            labels, targets = self._plain(places, x) if augmenter is None else self._augmented(rows, x, augmenter)
            yield Batch(x, labels, self._weights_of(rows, len(x)), images, total, first + images == stop, targets)

    def _plain(self, part: slice, x: Any) -> tuple[Any, None]:
        """Write the scaled images of a part of the order into `x`; return their labels."""
        if self._places is None:
            self.scaling.apply(self.backend.xp, self.X[part], x)
            return self.y[part], None
        _, pixels, labels, rows = self._buffers(len(x))
        self.backend.xp.copyto(rows, self._places[part])
        self._gather(rows, pixels, labels, x)
        return labels, None

    def _buffers(self, n: int) -> tuple[Any, ...]:
        """Return the buffers of `n` scaled images, their pixels, labels and numbers; always the same objects."""
        if n not in self._views:
            self._views[n] = tuple(buffer[:n] for buffer in (self._x, self._pixels, self._labels, self._rows))
        return self._views[n]

    def _taken(self, rows: Any, pixels: Any, labels: Any, x: Any) -> None:
        """Write the samples with these numbers into buffers: images, labels, and scaled images."""
        self.backend.take_rows(self.X, rows, pixels)
        self.backend.take_rows(self.y, rows, labels)
        self.scaling.apply(self.backend.xp, pixels, x)

    def _augmented(self, rows: Any, x: Any, augmenter: LabelledAugmenter) -> tuple[Any, Any]:
        """Write the augmented, scaled images of some samples into `x`; return labels, and targets if there are any."""
        images, labels, targets = augmenter.take(rows)
        from_host = self.backend.from_host
        self.scaling.apply(self.backend.xp, from_host(images), x)
        return from_host(labels), None if targets is None else from_host(targets)

    def _weights_of(self, rows: Any, n: int) -> Any:
        """Return the weights of some samples, if there are any."""
        if self.weights is None:
            return None
        w = self._weights[:n]
        w[:, 0] = self.backend.from_host(self.weights[rows])
        return w


def checked_weights(given: Any, images: int, name: str = "sample_weight") -> np.ndarray:
    """Return sample weights as an array.

    Parameters
    ----------
    given : array_like (N,)
        Finite numbers of at least 0.
    images : int
        N.
    name : str
        Name of the argument in errors.

    Returns
    -------
    ndarray (N,) of float64

    Raises
    ------
    InputError
        If they have another shape or type, or one is negative, NaN or infinite.

    Examples
    --------
    >>> checked_weights([2, 0, 1], images=3).tolist()
    [2.0, 0.0, 1.0]
    """
    try:
        weights = np.asarray(given)
    except ValueError:  # rows of unequal length
        weights = np.empty((), dtype=object)
    if weights.shape != (images,) or weights.dtype.kind not in "uifb":
        found = f"shape {weights.shape} of {weights.dtype}"
        raise InputError(name, expected=f"{images} numbers", found=found, advice="Pass one weight per image.")
    weights = weights.astype("float64")
    bad = weights[~(np.isfinite(weights) & (weights >= 0.0))]
    if len(bad):
        advice = "0 ignores an image."
        raise InputError(name, expected="finite numbers of at least 0", found=str(bad[0]), advice=advice)
    return weights


# The mean and standard deviation are those of MNIST's 60,000 training images, with pixels in [0, 1].
INPUT_SCALINGS: dict[str, InputScaling] = {
    "unit": InputScaling(mean=0.0, deviation=1.0),
    "standard": InputScaling(mean=0.1307, deviation=0.3081),
}
