"""Callbacks, which are called after each epoch.

Any function of an `EpochRecord` can be a callback; if it returns True, the training ends. Callbacks that need more than
the record inherit from `Callback`.
"""

import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from backend import InputError
from classes.checks import checked_count, checked_number
from classes.files.packing import packed_array, unpacked_array
from classes.training.records import EpochRecord, History, write_csv
from classes.training.state import Callback, TrainingState

__all__ = [
    "BestWeights", "CSVLogger", "Callback", "EarlyStopping", "ExponentialMovingAverage", "ReduceLROnPlateau",
    "TerminateOnNaN", "TimeLimit", "as_callbacks",
]  # fmt: skip


class BestWeights(Callback):
    """Keep a copy of the weights of the best epoch, and restore them at the end.

    The best epoch has the highest validation accuracy and, among equals, the lowest validation loss. Without
    validation data it is the last completed epoch.

    Parameters
    ----------
    at_end : bool
        Whether to restore the best weights when the training ends; otherwise only `restore_weights` does.

    Attributes
    ----------
    epoch : int or None
        Number of the best epoch so far.
    """

    def __init__(self, at_end: bool = True) -> None:
        self.at_end = at_end
        self.epoch: int | None = None

    def begin(self, trainer: TrainingState) -> None:
        """Allocate a copy of the weights."""
        self.backend, self.parameters = trainer.stack.backend, trainer.stack.parameters
        self.values = self.parameters.values.copy()
        self.epoch = None
        self.best: tuple[float, ...] = ()

    def score(self, record: EpochRecord) -> tuple[float, ...]:
        """Return the score that is largest for the best epoch."""
        if record.val_accuracy is None or record.val_loss is None:
            return (float(record.epoch),)
        return (record.val_accuracy, -record.val_loss)

    def __call__(self, record: EpochRecord) -> bool | None:
        """Keep the weights if they are the best so far."""
        score = self.score(record)
        if self.epoch is None or score > self.best:
            self.epoch, self.best = record.epoch, score
            self.values[...] = self.parameters.values
        return None

    def end(self, history: History) -> None:
        """Restore the best weights if `at_end` is set."""
        if self.at_end:
            self.restore_weights(history)

    def restore_weights(self, history: History) -> bool:
        """Restore the best weights and record their epoch in the history; return whether there are any."""
        if self.epoch is None:
            return False
        self.parameters.values[...] = self.values
        history.chosen_epoch = self.epoch
        return True

    def state(self) -> dict[str, Any]:
        """Return the best epoch, its score and its weights."""
        return {"epoch": self.epoch, "best": list(self.best), "values": packed_array(self.backend.to_host(self.values))}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the best epoch so far."""
        self.epoch, self.best = state["epoch"], tuple(state["best"])
        values = unpacked_array(state["values"], "best weights", self.values.shape)
        self.values[...] = self.backend.from_host(values.astype(self.values.dtype))


class Monitor:
    """Decide whether a metric has improved on its best value so far.

    Parameters
    ----------
    name : str
        Name of the metric, such as ``val_loss``. Losses are minimised, accuracies maximised.
    min_delta : float
        Smallest change that counts as an improvement.

    Examples
    --------
    >>> monitor = Monitor("train_loss")
    >>> def record(loss):
    ...     return EpochRecord(1, 1, loss, 0.9, None, None, 0.1, 1.0, 1.0)
    >>> [monitor.improves(record(loss)) for loss in (0.5, 0.6, 0.4)]
    [True, False, True]
    """

    FIGURES = ("val_loss", "val_accuracy", "train_loss", "train_accuracy")

    def __init__(self, name: str, min_delta: float = 0.0) -> None:
        if name not in self.FIGURES:
            raise InputError("monitor", expected=" or ".join(self.FIGURES), found=repr(name), advice="Use val_loss.")
        self.name, self.sign = name, 1.0 if name.endswith("accuracy") else -1.0
        self.min_delta = _at_least_0(min_delta, "min_delta")
        self.best = -math.inf

    def begin(self, trainer: TrainingState) -> None:
        """Forget the best value; refuse a training run that does not record the metric."""
        self.best = -math.inf
        if self.name.startswith("val") and trainer.validation is None:
            raise InputError(
                f"a callback on {self.name}",
                expected="validation data",
                found="none",
                advice="Give X_val and y_val, or a validation_split.",
            )

    def improves(self, record: EpochRecord) -> bool:
        """Return whether a record improves on the best value so far, and remember it if so."""
        figure = self.sign * getattr(record, self.name)
        if figure > self.best + self.min_delta:
            self.best = figure
            return True
        return False


class EarlyStopping(BestWeights):
    """End the training when a metric has not improved for some epochs.

    Parameters
    ----------
    monitor : str
        ``val_loss``, ``val_accuracy``, ``train_loss`` or ``train_accuracy``.
    patience : int
        Number of consecutive epochs without improvement after which the training ends.
    min_delta : float
        Smallest change that counts as an improvement.
    restore_best_weights : bool
        Whether to end with the weights of the best epoch, also if the training is not ended early.
    """

    def __init__(
        self, monitor: str = "val_loss", patience: int = 5, min_delta: float = 0.0, restore_best_weights: bool = True
    ) -> None:
        super().__init__(at_end=restore_best_weights)
        self.monitor = Monitor(monitor, min_delta)
        self.patience = checked_count(patience, "patience")
        self.waited = 0

    def begin(self, trainer: TrainingState) -> None:
        """Reset the counter."""
        super().begin(trainer)
        self.monitor.begin(trainer)
        self.waited = 0

    def __call__(self, record: EpochRecord) -> bool:
        """Keep the weights if the metric has improved, else count the epoch."""
        self.waited += 1
        if self.monitor.improves(record):
            self.epoch, self.waited = record.epoch, 0
            self.values[...] = self.parameters.values
        return self.waited >= self.patience

    def state(self) -> dict[str, Any]:
        """Return the state of `BestWeights`, and the counter."""
        return super().state() | {"waited": self.waited, "figure": self.monitor.best}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of `BestWeights`, and the counter."""
        super().restore(state)
        self.waited, self.monitor.best = state["waited"], state["figure"]


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by a factor whenever a metric has not improved for some epochs.

    Parameters
    ----------
    monitor, patience, min_delta
        As in `EarlyStopping`.
    factor : float
        Factor in (0, 1).
    min_lr : float
        Lower bound of the learning rate.
    cooldown : int
        Number of epochs after a reduction that are not counted.
    """

    def __init__(
        self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, min_delta: float = 1e-4,
        min_lr: float = 0.0, cooldown: int = 0,
    ) -> None:  # fmt: skip
        self.monitor = Monitor(monitor, min_delta)
        self.factor = checked_number(factor, "factor", "a number in (0, 1)", lambda f: 0.0 < f < 1.0, "0.1 is usual.")
        self.patience = checked_count(patience, "patience")
        self.min_lr = _at_least_0(min_lr, "min_lr")
        self.cooldown = int(_at_least_0(cooldown, "cooldown"))
        self.waited = self.cooling = 0

    def begin(self, trainer: TrainingState) -> None:
        """Keep a reference to the training run, and reset the counters."""
        self.monitor.begin(trainer)
        self.trainer = trainer
        self.waited = self.cooling = 0

    def __call__(self, record: EpochRecord) -> None:
        """Count epochs without improvement, and reduce the learning rate."""
        if self.monitor.improves(record):
            self.waited = 0
        elif not self.cooling:
            self.waited += 1
        self.cooling = max(self.cooling - 1, 0)
        if self.waited >= self.patience and record.learning_rate > self.min_lr:
            self.trainer.rate_scale *= max(self.factor, self.min_lr / record.learning_rate)
            self.waited, self.cooling = 0, self.cooldown

    def state(self) -> dict[str, Any]:
        """Return the counters; the factor is part of the state of the training run."""
        return {"best": self.monitor.best, "waited": self.waited, "cooling": self.cooling}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the counters."""
        self.monitor.best, self.waited, self.cooling = state["best"], state["waited"], state["cooling"]


class CSVLogger(Callback):
    """Write the records of all epochs to a CSV file after each epoch.

    Parameters
    ----------
    path : str or Path
        The file; it is replaced completely or not at all.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def begin(self, trainer: TrainingState) -> None:
        """Keep a reference to the history."""
        self.history, self.is_writer = trainer.history, trainer.options.ranks.is_first

    def __call__(self, record: EpochRecord) -> None:
        """Rewrite the file, on the first rank."""
        if self.is_writer:
            write_csv(self.path, self.history)


class TerminateOnNaN(Callback):
    """End the training without an error if the loss becomes NaN or infinite, with the weights from before that epoch.

    Without this callback, a `DivergenceError` is raised.
    """

    forgives_divergence = True

    def __call__(self, record: EpochRecord) -> None:
        """Do nothing: records are made only of epochs with a finite loss."""


class TimeLimit(Callback):
    """End the training before the first epoch that would probably exceed the time limit.

    Parameters
    ----------
    seconds : float
        Time limit, counted from the beginning of the training.
    """

    def __init__(self, seconds: float) -> None:
        advice = "600 is ten minutes."
        self.seconds = checked_number(seconds, "seconds", "a positive number", lambda s: s > 0.0, advice)

    def begin(self, trainer: TrainingState) -> None:
        """Start the clock."""
        self.started = self.last = time.perf_counter()

    def __call__(self, record: EpochRecord) -> bool:
        """Compare the remaining time with the duration of the last epoch, including validation."""
        now = time.perf_counter()
        epoch, self.last = now - self.last, now
        return now + epoch > self.started + self.seconds


class ExponentialMovingAverage(Callback):
    """Validate and end with the exponential moving average of the weights over all steps, ``A = a A + (1 - a) w``.

    The average begins as the mean of the steps so far, equation (24), so it does not depend on the initial weights.
    Between epochs the network has the averaged weights; training continues from the weights without averaging.

    Parameters
    ----------
    decay : float
        ``a`` in (0, 1); the average covers about ``1 / (1 - a)`` steps.
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = checked_number(decay, "decay", "a number in (0, 1)", lambda a: 0.0 < a < 1.0, "0.999 is usual.")

    def begin(self, trainer: TrainingState) -> None:
        """Make the optimizer keep the average."""
        trainer.optimizer.keep_average(self.decay)

    def __call__(self, record: EpochRecord) -> None:
        """Do nothing: the training loop swaps the average in and out."""


class _Plain(Callback):
    """A callback that calls a function."""

    def __init__(self, call: Any) -> None:
        self.call = call

    def __call__(self, record: EpochRecord) -> bool:
        """Call the function; only a Boolean True ends the training."""
        answer = self.call(record)
        return isinstance(answer, (bool, np.bool_)) and bool(answer)


def as_callbacks(callables: Any) -> list[Callback]:
    """Return callables as a list of `Callback`.

    Raises
    ------
    InputError
        If one of them is not callable.
    """
    if not isinstance(callables, Iterable):
        found, advice = type(callables).__name__, "Pass callbacks=[EarlyStopping()], for example."
        raise InputError("callbacks", expected="a list", found=found, advice=advice)
    callables = list(callables)  # an iterator can be used only once
    for number, call in enumerate(callables):
        if not callable(call):
            raise InputError(
                f"callback {number + 1}",
                expected="a function of an EpochRecord",
                found=type(call).__name__,
                advice="Pass functions, or callbacks such as EarlyStopping().",
            )
    return [call if isinstance(call, Callback) else _Plain(call) for call in callables]


def _at_least_0(value: Any, name: str) -> float:
    """Return a number that is not negative."""
    return checked_number(value, name, "a finite number of at least 0", lambda v: 0.0 <= v < math.inf, "0 is usual.")
