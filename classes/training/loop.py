"""The training loop: a generator that yields one record per epoch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.array_backend import at_full_speed
from backend.blas import one_blas_thread
from backend.team import Team, TeamError
from classes.layers.sequential import Sequential
from classes.losses import Loss
from classes.training import checkpoint
from classes.training.data_parallel import DataParallel
from classes.training.progress import DivergenceError, EpochProgress
from classes.training.records import EpochRecord
from classes.training.state import Callback, TrainingState
from initializers.batches import Batch, Batches


@dataclass
class Trainer(TrainingState):
    """A training run: its state, and the loop over epochs and steps."""

    _sum: Any = field(default=None, init=False, repr=False)
    _sums: Any = field(default=None, init=False, repr=False)  # of the last batch: loss and correct predictions
    _begun: bool = field(default=False, init=False, repr=False)

    def run(self) -> Iterator[EpochRecord]:
        """Train, and yield the record of each epoch when it is completed."""
        team = self.batches.team = Team(self.workers, self.options.ranks)
        self.progress = EpochProgress(
            self.stack.backend, self.options.epochs, len(self.batches), self.batches.images, team
        )
        self._sums = self.stack.backend.xp.zeros(2, dtype="float64")
        self._passes = self._replayed_passes()
        self.optimizer.average_decay = None
        for callback in self.callbacks:
            callback.begin(self)
        if self.optimizer.average_decay is None:  # no callback asks for an average
            self.optimizer.drop_average()
        overlaps = self.options.accumulate == 1
        with DataParallel(team, self.stack, self.optimizer, overlaps=overlaps) as self.shared:
            self.finished = self.options.initial_epoch
            if self.options.resume is not None:
                checkpoint.restore(self, self.options.resume)
            with team.started(self._help):
                yield from self._watched_epochs()

    def _watched_epochs(self) -> Iterator[EpochRecord]:
        """Run the remaining epochs; tell the callbacks of an error, also one of the caller's between two epochs."""
        try:
            yield from self._epochs()
        except BaseException as error:
            for callback in self.callbacks:
                callback.abort(error)
            raise

    def _epochs(self) -> Iterator[EpochRecord]:
        """Run the remaining epochs."""
        while self.finished < self.options.epochs and not self.ended:
            record = self._whole_epoch()
            if record is None:
                break
            self.history.records.append(record)
            self.finished += 1
            answers = [callback(record) for callback in self._callbacks_here()]
            self.ended = self.options.ranks.first(True in answers)
            self._checkpoint_if_due(0)
            yield record
        for callback in self._callbacks_here():
            callback.end(self.history)

    def _callbacks_here(self) -> list[Callback]:
        """Return the callbacks of this rank: all of them on the first, on others those that may change the training."""
        return self.callbacks if self.options.ranks.is_first else self.participants

    def _whole_epoch(self) -> EpochRecord | None:
        """Run an epoch, and undo it if it fails; return None after a divergence that a callback forgives."""
        values = self.stack.parameters.values
        before = values.copy()  # the averaged weights, if an average is kept
        self.optimizer.show_average(False)
        try:
            return self._epoch()
        except (DivergenceError, TeamError) as error:
            self.shared.team.dismiss()  # no other process may update the parameters that are restored here
            values[...] = before
            self.optimizer.reset()
            if isinstance(error, DivergenceError) and any(each.forgives_divergence for each in self.callbacks):
                return None
            raise

    def _help(self) -> None:
        """Take part in all steps, as a worker process."""
        self.shared.join()
        while self.finished < self.options.epochs:
            self._learn()
            self.finished += 1

    def _epoch(self) -> EpochRecord:
        """Run one pass over the training data, then over the validation data."""
        self._learn()
        progress = self.progress
        self.stack.backend.synchronize()
        seconds = progress.seconds
        progress.merge()
        progress.check_finite()
        self.shared.check_same()
        self.shared.gather_state()
        self.optimizer.show_average(True)
        with at_full_speed():
            return self.options.ranks.first(self._record(seconds) if self.options.ranks.is_first else None)

    def _record(self, seconds: float) -> EpochRecord:
        """Return the record of the epoch that has been learned, after a pass over the validation data."""
        progress = self.progress
        validated = evaluate(self.stack, self.loss, self.validation) if self.validation else (None, None)
        return EpochRecord(
            epoch=progress.epoch,
            epochs=progress.epochs,
            train_loss=progress.mean_loss(),
            train_accuracy=progress.accuracy(),
            val_loss=validated[0],
            val_accuracy=validated[1],
            learning_rate=progress.learning_rate,
            seconds=seconds,
            images_per_second=progress.images / seconds,
        )

    def _learn(self) -> None:
        """Take all steps of one epoch."""
        progress, is_caller = self.progress, self.shared.team.local_rank == 0
        self._begin_epoch()
        first = self.finished * progress.steps
        has_neighbours = self.workers * self.options.ranks.here > 1
        with at_full_speed(), one_blas_thread() if has_neighbours else self.stack.blas_setting():
            for batch in self.batches:
                progress.add(self._gradients(batch), batch.images)
                if not self._is_complete(batch):
                    continue
                rate = self.rate(first + progress.step) * self.rate_scale
                self._move(rate)
                progress.complete(batch.total, rate)
                if is_caller and self.options.on_step is not None:
                    self.options.on_step(progress)
                if progress.step < progress.steps:
                    self._checkpoint_if_due(first + progress.step)

    def _begin_epoch(self) -> None:
        """Begin the next epoch, or continue the one within which a checkpoint was made."""
        self.order = self.batches.order_state()
        if self.resumed:
            self.shared.set_noise(self.resumed)
            self.resumed = []
            return
        self.rate_scale = self.shared.begin_epoch(self.rate_scale)
        self.progress.begin(self.finished + 1)

    def _replayed_passes(self) -> Callable[..., Any]:
        """Return `_pass`, replayed where the device can; not if a layer may do something else at every step."""
        is_constant = all(layer.samples_are_independent for layer in self.stack.layers)
        return self.stack.backend.replayed(self._pass) if is_constant else self._pass

    def _gradients(self, batch: Batch) -> Any:
        """Run the forward and the backward pass; return the summed loss and the number of correct predictions (2,)."""
        y = batch.y if batch.targets is None else batch.targets
        if batch.weights is None:
            return self._passes(batch.x, batch.y, y, None, batch.total, self.stack.bindings)
        return self._pass(batch.x, batch.y, y, batch.weights, batch.total)  # whose total changes with every batch

    def _pass(self, x: Any, labels: Any, y: Any, weights: Any, total: float, _: int = 0) -> Any:
        """Do so for scaled images and their labels, targets and weights; the last argument is `Sequential.bindings`."""
        xp, sums = self.stack.backend.xp, self._sums
        z = self.stack.forward(x, training=True)
        sums[1] = _hits(xp, z, labels, has_targets=y is not labels)
        losses = self.loss.forward(z, y)
        dz = self.loss.backward()
        factor = 1.0 / total if total else 0.0
        if weights is None:
            sums[0] = losses.sum()
            dz *= factor  # dL/dz = 1/n dl/dz, equation (8)
        else:
            sums[0] = xp.vdot(weights, losses)
            dz *= weights  # w_i / sum w, equation (8)
            dz *= factor
        self.stack.backward(dz)
        return sums

    def _is_complete(self, batch: Batch) -> bool:
        """Add up the gradients of the batches of a step; return whether this batch is the last of them."""
        if self.options.accumulate == 1:
            return True
        g = self.stack.parameters.grads
        if self._sum is None:
            self._sum = g.copy()
        elif self._begun:
            self._sum += g
        else:
            self._sum[...] = g
        self._begun = not batch.last
        if batch.last:
            g[...] = self._sum
        return batch.last

    def _move(self, rate: float) -> None:
        """Update the parameters with the gradients of all processes; each process updates a part of them."""
        g = self.shared.add_gradients()
        if self.options.clip_norm is not None:
            xp = self.stack.backend.xp
            clip_gradients(xp, g, self.options.clip_norm, self.shared.add(xp.dot(g, g)))
        self.optimizer.step(rate, self.shared.part)
        self.shared.exchange_parameters()

    def _checkpoint_if_due(self, step: int) -> None:
        """Pass a checkpoint to the user if one is due, after an epoch (step 0) or within one."""
        if self.options.on_checkpoint is None:
            return
        is_first = self.options.ranks.is_first
        epochs, steps = self.options.interval
        if step:
            if steps and step % steps == 0:
                noise = self.shared.noise_states()
                if self.shared.team.local_rank == 0:
                    self.shared.gather_state()
                    progress = self.progress.state()
                    if is_first:
                        self.options.on_checkpoint(checkpoint.state_of(self, noise, progress))
            return
        done = self.finished * self.progress.steps
        is_due = (epochs and self.finished % epochs == 0) or (steps and done % steps == 0)
        if is_due and is_first:
            self.options.on_checkpoint(checkpoint.state_of(self, [], {}))


def evaluate(stack: Sequential, loss: Loss, batches: Batches) -> tuple[float, float]:
    """Return the mean loss and the accuracy over all batches, without dropout.

    Parameters
    ----------
    stack, loss : Sequential, Loss
        The layers and the loss function, with buffers for the batch size.
    batches : Batches
        The data, not shuffled.

    Returns
    -------
    tuple of float
        Mean loss in nats, and accuracy in [0, 1].
    """
    total_loss, total_hits = 0.0, 0
    with stack.blas_setting():
        for batch in batches:
            z = stack.forward(batch.x)
            total_hits += int(count_hits(z, batch.y))
            total_loss += float(loss.forward(z, batch.y).sum())
    return total_loss / batches.images, total_hits / batches.images


def count_hits(z: Any, y: Any) -> Any:
    """Return how many samples with logits `z` (n, C) and class numbers `y` (n,) are classified correctly."""
    return (z.argmax(axis=1) == y).sum()


def _hits(xp: Any, z: Any, labels: Any, *, has_targets: bool) -> Any:
    """Return the number of correct predictions, extrapolated from labelled samples to those without a class.

    Unlabelled samples (non-digit images in augmentation) have class number -1, so they never count as correct.
    """
    hits = count_hits(z, labels)
    return hits * len(z) / xp.maximum((labels >= 0).sum(), 1) if has_targets else hits


def clip_gradients(xp: Any, g: Any, highest_norm: float, square: Any) -> None:
    """Scale `g` down to the norm `highest_norm` if it is larger: ``g *= c / max(|g|, c)`` (Pascanu et al. 2013).

    See equation (14).

    Parameters
    ----------
    xp : module
        Array namespace.
    g : array (P,)
        All gradients, or a part of them.
    highest_norm : float
        ``c``, for the norm over all parameters.
    square : scalar array
        ``|g|^2`` of all gradients.

    Examples
    --------
    >>> import numpy as np
    >>> g = np.array([3.0, 4.0])
    >>> clip_gradients(np, g, 1.0, g @ g)
    >>> g.round(3).tolist()
    [0.6, 0.8]
    """
    g *= highest_norm / xp.maximum(xp.sqrt(square), highest_norm)
