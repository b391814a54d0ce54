"""The training loop: a generator of one record an epoch, which others wrap or consume."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend import Backend, InputError
from backend.blas import blas_threads
from backend.team import Team, at_full_speed
from classes.checks import checked_number
from classes.learner import Learner, count_hits
from classes.losses import Loss
from classes.optimizers import Optimizer
from classes.records import EpochRecord
from classes.schedules import LearningRate
from classes.sequential import Sequential
from initializers.batches import Batches


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
    learners : list of Learner
        One a worker; the first has the model itself.
    optimizer : Optimizer
        Bound to that model's parameters.
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

    learners: list[Learner]
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
        self.model, self.loss = self.learners[0].model, self.learners[0].loss
        self.parts = self.model.parameters.parts(len(self.learners))

    def run(self) -> Iterator[EpochRecord]:
        """Train; yield the record of every epoch once it is done."""
        before = self.model.parameters.values.copy()
        with Team(len(self.learners)) as team:
            for epoch in range(1, self.epochs + 1):
                before[...] = self.model.parameters.values
                try:
                    record = self._epoch(epoch, team)
                except DivergenceError:
                    self.model.parameters.values[...] = before
                    self.optimizer.reset()
                    raise
                yield record

    def _epoch(self, epoch: int, team: Team) -> EpochRecord:
        """Run one pass over the training data, then over the validation data."""
        progress = EpochProgress(self.model.backend, epoch, self.epochs, len(self.batches), self.batches.images)
        with at_full_speed():
            with blas_threads(1) if team.size > 1 else nullcontext():
                self._pass(progress, team)
            seconds = progress.seconds
            progress.check_finite()
            validation = evaluate(self.model, self.loss, self.validation) if self.validation else (None, None)
        return EpochRecord(
            epoch=epoch,
            epochs=self.epochs,
            train_loss=progress.mean_loss(),
            train_accuracy=progress.accuracy(),
            val_loss=validation[0],
            val_accuracy=validation[1],
            learning_rate=progress.learning_rate,
            seconds=seconds,
            images_per_second=progress.images / seconds,
        )

    def _pass(self, progress: EpochProgress, team: Team) -> None:
        """Learn from every batch once."""
        first = (progress.epoch - 1) * progress.steps
        for step, (images, shares) in enumerate(self.batches.shares(team.size), start=first):
            rate = self.rate(step)
            self._step(shares, images, rate, team)
            loss, hits = (sum(values) for values in zip(*(learner.result for learner in self.learners), strict=True))
            progress.add(loss, hits, images, rate)
            if self.on_step is not None:
                self.on_step(progress)
        self.model.backend.synchronize()

    def _step(self, shares: list[Any], images: int, rate: float, team: Team) -> None:
        """Learn from one batch, every worker from its share, then move every worker's part of the parameters."""
        team.run(lambda worker: self.learners[worker].learn(shares[worker], images))
        if self.clip_norm is not None:
            team.run(self._sum_gradients)
            clip_gradients(self.model.backend.xp, self.model.parameters.grads, self.clip_norm)
        self.optimizer.steps += 1
        team.run(lambda worker: self._move(worker, rate))

    def _sum_gradients(self, worker: int) -> None:
        """Add up the shares' gradients in this worker's part."""
        part = self.parts[worker]
        for other in self.learners[1:]:
            self.model.parameters.grads[part] += other.model.parameters.grads[part]

    def _move(self, worker: int, rate: float) -> None:
        """Move this worker's part of the parameters."""
        if self.clip_norm is None:
            self._sum_gradients(worker)
        self.optimizer.move(self.parts[worker], rate)


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
