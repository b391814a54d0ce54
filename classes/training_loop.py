"""The training loop: a generator of one record an epoch, which others wrap or consume."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend import Backend, InputError
from backend.array_backend import at_full_speed
from backend.blas import one_blas_thread
from backend.team import Team, TeamError
from classes.checks import checked_number
from classes.data_parallel import DataParallel
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
    epochs: int
    steps: int
    images_total: int
    team: Team = field(default_factory=lambda: Team(1), repr=False)
    epoch: int = 1
    step: int = 0
    images: int = 0
    learning_rate: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        xp, shape = self.backend.xp, (self.team.size, self.steps)
        self._losses = self.team.zeros(xp, shape, "float64")
        self._hits = self.team.zeros(xp, shape, "int64")

    def begin(self, epoch: int) -> None:
        """Forget what was added, for another epoch."""
        self.epoch, self.step, self.images, self.started = epoch, 0, 0, time.perf_counter()

    def add(self, loss: Any, hits: Any, images: int, learning_rate: float) -> None:
        """Take in one batch: the summed loss and the right answers of this process's rows, all its images, its rate."""
        self._losses[self.team.rank, self.step] = loss
        self._hits[self.team.rank, self.step] = hits
        self.step += 1
        self.images += images
        self.learning_rate = learning_rate

    @property
    def seconds(self) -> float:
        """Seconds since the epoch began."""
        return time.perf_counter() - self.started

    def mean_loss(self) -> float:
        """Return the mean loss of the images seen; waits for the device."""
        return float(self._losses[:, : self.step].sum()) / max(self.images, 1)

    def accuracy(self) -> float:
        """Return the fraction of the images seen that were right; waits for the device."""
        return int(self._hits[:, : self.step].sum()) / max(self.images, 1)

    def check_finite(self) -> None:
        """Raise DivergenceError, with the number of the first bad batch, if a loss is NaN or infinite."""
        losses = self.backend.to_host(self._losses[:, : self.step].sum(axis=0))
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
    workers : int
        Processes that share every batch.
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
    workers: int = 1

    def __post_init__(self) -> None:
        if self.clip_norm is not None:
            advice = "1 to 5 is usual; None does not clip."
            checked_number(self.clip_norm, "clip_norm", "a positive number", lambda c: 0.0 < c < math.inf, advice)

    def run(self) -> Iterator[EpochRecord]:
        """Train; yield the record of every epoch once it is done."""
        parameters, team = self.model.parameters, Team(self.workers)
        before = parameters.values.copy()
        self.batches.team = team
        progress = EpochProgress(self.model.backend, self.epochs, len(self.batches), self.batches.images, team)
        with DataParallel(team, self.model, self.optimizer) as self.shared, team.started(lambda: self._help(progress)):
            for epoch in range(1, self.epochs + 1):
                before[...] = parameters.values
                try:
                    record = self._epoch(epoch, progress)
                except (DivergenceError, TeamError):
                    parameters.values[...] = before
                    self.optimizer.reset()
                    raise
                yield record

    def _help(self, progress: EpochProgress) -> None:
        """Take part in all steps, as a process that is not the caller."""
        self.shared.join()
        self.on_step = None
        for epoch in range(1, self.epochs + 1):
            self._learn(epoch, progress)

    def _epoch(self, epoch: int, progress: EpochProgress) -> EpochRecord:
        """Run one pass over the training data, then over the validation data."""
        self._learn(epoch, progress)
        self.model.backend.synchronize()
        seconds = progress.seconds
        progress.check_finite()
        with at_full_speed():
            validated = evaluate(self.model, self.loss, self.validation) if self.validation else (None, None)
        return EpochRecord(
            epoch=epoch,
            epochs=self.epochs,
            train_loss=progress.mean_loss(),
            train_accuracy=progress.accuracy(),
            val_loss=validated[0],
            val_accuracy=validated[1],
            learning_rate=progress.learning_rate,
            seconds=seconds,
            images_per_second=progress.images / seconds,
        )

    def _learn(self, epoch: int, progress: EpochProgress) -> None:
        """Take the steps of one epoch."""
        self.shared.begin_epoch()
        progress.begin(epoch)
        with at_full_speed(), one_blas_thread() if self.workers > 1 else nullcontext():
            for step, batch in enumerate(self.batches, start=(epoch - 1) * progress.steps):
                rate = self.rate(step)
                progress.add(*self._gradients(batch), batch.images, rate)
                self._move(rate)
                if self.on_step is not None:
                    self.on_step(progress)

    def _gradients(self, batch: Batch) -> tuple[Any, Any]:
        """Go forward and backward; return the rows' summed loss and right answers."""
        if not len(batch.x):  # a share of a last batch that has fewer rows than the team has processes
            self.model.parameters.grads.fill(0.0)
            return 0.0, 0
        z = self.model.forward(batch.x, training=True)
        hits = count_hits(z, batch.y)
        loss = self.loss.forward(z, batch.y)
        dz = self.loss.backward()
        if len(batch.x) < batch.images:
            dz *= len(batch.x) / batch.images  # n_r / n, equation (23)
        self.model.backward(dz)
        return loss, hits

    def _move(self, rate: float) -> None:
        """Move the parameters along everyone's gradients, each process its part of them."""
        g = self.shared.add_gradients()
        if self.clip_norm is not None:
            xp = self.model.backend.xp
            clip_gradients(xp, g, self.clip_norm, self.shared.add(xp.dot(g, g)))
        self.optimizer.step(rate, self.shared.part)
        self.shared.team.wait()


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


def clip_gradients(xp: Any, g: Any, highest_norm: float, square: Any) -> None:
    """Shorten `g` to `highest_norm` if it is longer: ``g *= c / max(|g|, c)`` (Pascanu et al. 2013), equation (14).

    Parameters
    ----------
    xp : module
        Namespace of the arrays.
    g : array (P,)
        All gradients, or a part of them.
    highest_norm : float
        ``c``, over all parameters together.
    square : scalar array
        ``|g|^2`` of all gradients.

    Examples
    --------
    >>> g = np.array([3.0, 4.0])
    >>> clip_gradients(np, g, 1.0, g @ g)
    >>> g.round(3).tolist()
    [0.6, 0.8]
    """
    g *= highest_norm / xp.maximum(xp.sqrt(square), highest_norm)
