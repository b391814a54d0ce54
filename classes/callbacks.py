"""Callbacks: what is done after every epoch.

Any callable of an `EpochRecord` will do; if it returns True, the training ends. Those that need more than the record
are of the class `Callback`.
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
    """Keep a copy of the weights of the best epoch, and end with them.

    Best is the highest validation accuracy, and the lower validation loss where two are equal; without validation
    data it is the last epoch that was finished.

    Parameters
    ----------
    at_end : bool
        Put the best weights back when the training ends; if not, only `restore` does.

    Attributes
    ----------
    epoch : int or None
        The best so far.
    """

    def __init__(self, at_end: bool = True) -> None:
        self.at_end = at_end
        self.epoch: int | None = None

    def begin(self, trainer: TrainingState) -> None:
        """Make room for a copy of the weights."""
        self.backend, self.parameters = trainer.stack.backend, trainer.stack.parameters
        self.values = self.parameters.values.copy()
        self.epoch = None
        self.best: tuple[float, ...] = ()

    def score(self, record: EpochRecord) -> tuple[float, ...]:
        """Return what the best epoch has most of."""
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
        """Put the best weights back, if that is wanted."""
        if self.at_end:
            self.restore_weights(history)

    def restore_weights(self, history: History) -> bool:
        """Put the best weights back and note their epoch in the history; return whether there were any."""
        if self.epoch is None:
            return False
        self.parameters.values[...] = self.values
        history.chosen_epoch = self.epoch
        return True

    def state(self) -> dict[str, Any]:
        """Return the best epoch, its score and its weights."""
        return {"epoch": self.epoch, "best": list(self.best), "values": packed_array(self.backend.to_host(self.values))}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the best epoch so far."""
        self.epoch, self.best = state["epoch"], tuple(state["best"])
        values = unpacked_array(state["values"], "best weights", self.values.shape)
        self.values[...] = self.backend.from_host(values.astype(self.values.dtype))


class Monitor:
    """Decides whether a figure of the epoch's record is better than ever before.

    Parameters
    ----------
    name : str
        Of the figure, ``val_loss`` say. Losses shall fall, accuracies rise.
    min_delta : float
        How much better counts as better.

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
            raise InputError("monitor", expected=" or ".join(self.FIGURES), found=repr(name), advice="Take val_loss.")
        self.name, self.sign = name, 1.0 if name.endswith("accuracy") else -1.0
        self.min_delta = _at_least_0(min_delta, "min_delta")
        self.best = -math.inf

    def begin(self, trainer: TrainingState) -> None:
        """Forget the past; refuse a training that has no such figure."""
        self.best = -math.inf
        if self.name.startswith("val") and trainer.validation is None:
            raise InputError(
                f"a callback on {self.name}",
                expected="validation data",
                found="none",
                advice="Give X_val and y_val, or a validation_split.",
            )

    def improves(self, record: EpochRecord) -> bool:
        """Return whether the record is better than the best before it, which it then is itself."""
        figure = self.sign * getattr(record, self.name)
        if figure > self.best + self.min_delta:
            self.best = figure
            return True
        return False


class EarlyStopping(BestWeights):
    """End the training when a figure has not become better for some epochs.

    Parameters
    ----------
    monitor : str
        ``val_loss``, ``val_accuracy``, ``train_loss`` or ``train_accuracy``.
    patience : int
        Epochs in a row without progress that are borne; with 1 the first of them is the last.
    min_delta : float
        How much better counts as progress.
    restore_best_weights : bool
        End with the weights of the best epoch, even if patience lasts to the end.
    """

    def __init__(
        self, monitor: str = "val_loss", patience: int = 5, min_delta: float = 0.0, restore_best_weights: bool = True
    ) -> None:
        super().__init__(at_end=restore_best_weights)
        self.monitor = Monitor(monitor, min_delta)
        self.patience = checked_count(patience, "patience")
        self.waited = 0

    def begin(self, trainer: TrainingState) -> None:
        """Begin to count."""
        super().begin(trainer)
        self.monitor.begin(trainer)
        self.waited = 0

    def __call__(self, record: EpochRecord) -> bool:
        """Keep better weights; count epochs without progress."""
        self.waited += 1
        if self.monitor.improves(record):
            self.epoch, self.waited = record.epoch, 0
            self.values[...] = self.parameters.values
        return self.waited >= self.patience

    def state(self) -> dict[str, Any]:
        """Return the counters too."""
        return super().state() | {"waited": self.waited, "figure": self.monitor.best}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the counters too."""
        super().restore(state)
        self.waited, self.monitor.best = state["waited"], state["figure"]


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by a factor whenever a figure has not become better for some epochs.

    Parameters
    ----------
    monitor, patience, min_delta
        As in `EarlyStopping`.
    factor : float
        In (0, 1).
    min_lr : float
        The rate is not lowered below this.
    cooldown : int
        Epochs after a reduction in which nothing is counted.
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
        """Remember whose rate it is."""
        self.monitor.begin(trainer)
        self.trainer = trainer
        self.waited = self.cooling = 0

    def __call__(self, record: EpochRecord) -> None:
        """Count epochs without progress, and lower the rate."""
        if self.monitor.improves(record):
            self.waited = 0
        elif not self.cooling:
            self.waited += 1
        self.cooling = max(self.cooling - 1, 0)
        if self.waited >= self.patience and record.learning_rate > self.min_lr:
            self.trainer.rate_scale *= max(self.factor, self.min_lr / record.learning_rate)
            self.waited, self.cooling = 0, self.cooldown

    def state(self) -> dict[str, Any]:
        """Return the counters; the trainer itself keeps the factor."""
        return {"best": self.monitor.best, "waited": self.waited, "cooling": self.cooling}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the counters."""
        self.monitor.best, self.waited, self.cooling = state["best"], state["waited"], state["cooling"]


class CSVLogger(Callback):
    """Write all records so far into a CSV file after every epoch, whole or not at all.

    Parameters
    ----------
    path : str or Path
        The file; an older one is replaced.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def begin(self, trainer: TrainingState) -> None:
        """Find out where the records will be."""
        self.history = trainer.history

    def __call__(self, record: EpochRecord) -> None:
        """Write the file anew."""
        write_csv(self.path, self.history)


class TerminateOnNaN(Callback):
    """End the training quietly, with the weights from before the epoch, when the loss stops being a finite number.

    Without this callback that is a `DivergenceError`.
    """

    forgives_divergence = True

    def __call__(self, record: EpochRecord) -> None:
        """Nothing: a record comes only after a finite epoch."""


class TimeLimit(Callback):
    """End the training before the first epoch that would probably not be finished in time.

    Parameters
    ----------
    seconds : float
        Since the training began.
    """

    def __init__(self, seconds: float) -> None:
        advice = "600 is ten minutes."
        self.seconds = checked_number(seconds, "seconds", "a positive number", lambda s: s > 0.0, advice)

    def begin(self, trainer: TrainingState) -> None:
        """Start the clock."""
        self.started = self.last = time.perf_counter()

    def __call__(self, record: EpochRecord) -> bool:
        """Compare what is left with what the last epoch took, validation and all."""
        now = time.perf_counter()
        epoch, self.last = now - self.last, now
        return now + epoch > self.started + self.seconds


class ExponentialMovingAverage(Callback):
    """Validate with, and end with, the moving average of the weights over all steps, ``A = a A + (1 - a) w``.

    It begins as the plain mean of the steps so far, equation (24), so that the first weights do not linger in it.
    Between epochs the network has the averaged weights; the next epoch goes on from its own.

    Parameters
    ----------
    decay : float
        ``a`` in (0, 1); the average reaches back over some ``1 / (1 - a)`` steps.
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = checked_number(decay, "decay", "a number in (0, 1)", lambda a: 0.0 < a < 1.0, "0.999 is usual.")

    def begin(self, trainer: TrainingState) -> None:
        """Have the optimizer keep the average."""
        trainer.optimizer.keep_average(self.decay)

    def __call__(self, record: EpochRecord) -> None:
        """Nothing: the training loop shows the average."""


class _Plain(Callback):
    """A plain callable in a callback's clothes."""

    def __init__(self, call: Any) -> None:
        self.call = call

    def __call__(self, record: EpochRecord) -> bool:
        """Ask it."""
        answer = self.call(record)
        return isinstance(answer, (bool, np.bool_)) and bool(answer)


def as_callbacks(callables: Any) -> list[Callback]:
    """Return every callable as a `Callback`.

    Raises
    ------
    InputError
        If one of them cannot be called.
    """
    if not isinstance(callables, Iterable):
        found, advice = type(callables).__name__, "Write callbacks=[EarlyStopping()]."
        raise InputError("callbacks", expected="a list", found=found, advice=advice)
    callables = list(callables)  # an iterator lasts but once
    for number, call in enumerate(callables):
        if not callable(call):
            raise InputError(
                f"callback {number + 1}",
                expected="something to call with an EpochRecord",
                found=type(call).__name__,
                advice="Give functions, or objects like EarlyStopping().",
            )
    return [call if isinstance(call, Callback) else _Plain(call) for call in callables]


def _at_least_0(value: Any, name: str) -> float:
    """Return a number that is not negative."""
    return checked_number(value, name, "a finite number of at least 0", lambda v: 0.0 <= v < math.inf, "0 is usual.")
