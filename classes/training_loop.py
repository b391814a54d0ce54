"""The training loop: a generator of one record an epoch, which others wrap or consume."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend import Backend, InputError
from backend.team import Team, at_full_speed
from classes.checks import checked_number
from classes.losses import Loss
from classes.optimizers import Optimizer
from classes.records import EpochRecord
from classes.schedules import LearningRate
from classes.sequential import Sequential
from initializers.batches import Batch, Batches


class DivergenceError(InputError):
    """The loss is no finite number any more: weights are back as before the epoch, the optimizer begins anew."""


@dataclass
class EpochProgress:
    """How far an epoch has come; sums stay on the device until somebody asks.

    Attributes
    ----------
    epoch, epochs, step, steps : int
        Numbers of this epoch and this batch, from 1, and how many there are.
    images, images_total : int
        Images seen in this epoch, and all that it will see.
    learning_rate : float
        Rate of the last step.
    """

    backend: Backend
    epoch: int
    epochs: int
    steps: int
    images_total: int
    step: int = 0
    images: int = 0
    learning_rate: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        xp = self.backend.xp
        self._losses = xp.zeros(self.steps, dtype="float64")
        self._hits = xp.zeros(self.steps, dtype="int64")

    def add(self, loss: Any, hits: Any, images: int, learning_rate: float) -> None:
        """Take in one batch: its summed loss and number of right answers (on the device), its images and its rate."""
        self._losses[self.step] = loss
        self._hits[self.step] = hits
        self.step += 1
        self.images += images
        self.learning_rate = learning_rate

    @property
    def seconds(self) -> float:
        """Seconds since the epoch began."""
        return time.perf_counter() - self.started

    def mean_loss(self) -> float:
        """Return the mean loss of the images seen; waits for the device."""
        return float(self._losses[: self.step].sum()) / max(self.images, 1)

    def accuracy(self) -> float:
        """Return the fraction of the images seen that were right; waits for the device."""
        return int(self._hits[: self.step].sum()) / max(self.images, 1)

    def check_finite(self) -> None:
        """Raise DivergenceError, with the number of the first bad batch, if a loss is NaN or infinite."""
        losses = self.backend.to_host(self._losses[: self.step])
        bad = np.flatnonzero(~np.isfinite(losses))
        if len(bad):
            raise DivergenceError(
                f"loss in epoch {self.epoch}, batch {bad[0] + 1}",
                expected="a finite number",
                found=str(losses[bad[0]]),
                advice=f"Lower the learning rate (it was {self.learning_rate:g}) or clip the gradients.",
            )


OnStep = Callable[[EpochProgress], None]


@dataclass
class Trainer:
    """Everything that one training needs, put together.

    Attributes
    ----------
    model, loss, optimizer : Sequential, Loss, Optimizer
        Bound already.
    batches : Batches
        The training data, shuffled.
    validation : Batches or None
        In order.
    rate : LearningRate
        Of every step.
    epochs : int
        How many passes.
    clip_norm : float or None
        Highest Euclidean norm of the gradient; longer ones are shortened to it.
    on_step : callable, optional
        Called with the epoch's progress after every step.
    """

    model: Sequential
    loss: Loss
    optimizer: Optimizer
    batches: Batches
    validation: Batches | None
    rate: LearningRate
    epochs: int
    clip_norm: float | None = None
    on_step: OnStep | None = None

    def __post_init__(self) -> None:
        if self.clip_norm is not None:
            advice = "1 to 5 is usual; None does not clip."
            checked_number(self.clip_norm, "clip_norm", "a positive number", lambda c: 0.0 < c < math.inf, advice)

    def run(self) -> Iterator[EpochRecord]:
        """Train; yield the record of every epoch once it is done."""
        parameters = self.model.parameters
        before = parameters.values.copy()
        with Team(self.model.backend.usual_team(parameters.size)) as team:
            for epoch in range(1, self.epochs + 1):
                before[...] = parameters.values
                try:
                    with at_full_speed():
                        record = self._epoch(epoch, team)
                except DivergenceError:
                    parameters.values[...] = before
                    self.optimizer.reset()
                    raise
                yield record

    def _epoch(self, epoch: int, team: Team) -> EpochRecord:
        """Run one pass over the training data, then over the validation data."""
        steps, backend = len(self.batches), self.model.backend
        progress = EpochProgress(backend, epoch, self.epochs, steps, self.batches.images)
        for step, batch in enumerate(self.batches, start=(epoch - 1) * steps):
            rate = self.rate(step)
            loss, hits = self._step(batch, rate, team)
            progress.add(loss, hits, len(batch.x), rate)
            if self.on_step is not None:
                self.on_step(progress)
        backend.synchronize()
        seconds = progress.seconds
        progress.check_finite()
        val_loss, val_accuracy = evaluate(self.model, self.loss, self.validation) if self.validation else (None, None)
        return EpochRecord(
            epoch=epoch,
            epochs=self.epochs,
            train_loss=progress.mean_loss(),
            train_accuracy=progress.accuracy(),
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            learning_rate=progress.learning_rate,
            seconds=seconds,
            images_per_second=progress.images / seconds,
        )

    def _step(self, batch: Batch, rate: float, team: Team) -> tuple[Any, Any]:
        """Learn from one batch; return its summed loss and its right answers as they were before."""
        z = self.model.forward(batch.x, training=True)
        hits = count_hits(z, batch.y)
        loss = self.loss.forward(z, batch.y)
        self.model.backward(self.loss.backward())
        if self.clip_norm is not None:
            clip_gradients(self.model.backend.xp, self.model.parameters.grads, self.clip_norm)
        self.optimizer.step(rate, team)
        return loss, hits


def evaluate(model: Sequential, loss: Loss, batches: Batches) -> tuple[float, float]:
    """Return mean loss and accuracy over all batches, with dropout off.

    Parameters
    ----------
    model, loss : Sequential, Loss
        Bound for the batches' size.
    batches : Batches
        In order.

    Returns
    -------
    tuple of float
        Mean loss in nats, and the fraction of right answers in [0, 1].
    """
    total_loss, total_hits = 0.0, 0
    for batch in batches:
        z = model.forward(batch.x)
        total_hits += int(count_hits(z, batch.y))
        total_loss += float(loss.forward(z, batch.y))
    return total_loss / batches.images, total_hits / batches.images


def count_hits(z: Any, y: Any) -> Any:
    """Return how many rows of `z` (n, C) are largest at their class number `y` (n,), on the device."""
    return (z.argmax(axis=1) == y).sum()


def clip_gradients(xp: Any, g: Any, highest_norm: float) -> None:
    """Shorten `g` to `highest_norm` if it is longer: ``g *= c / max(|g|, c)`` (Pascanu et al. 2013), equation (14).

    Parameters
    ----------
    xp : module
        Namespace of the arrays.
    g : array (P,)
        All gradients.
    highest_norm : float
        ``c``, over all parameters together.

    Examples
    --------
    >>> g = np.array([3.0, 4.0])
    >>> clip_gradients(np, g, 1.0)
    >>> g.round(3).tolist()
    [0.6, 0.8]
    """
    norm = xp.sqrt(xp.dot(g, g))
    g *= highest_norm / xp.maximum(norm, highest_norm)
