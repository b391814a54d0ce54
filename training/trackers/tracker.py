"""What the trackers have in common: the metrics, and what is recorded after the training."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from classes.training.records import EpochRecord
from classes.training.state import Callback

# Names of the metrics; a slash groups them into one chart.
METRICS = {
    "train_loss": "loss/train",
    "val_loss": "loss/validation",
    "train_accuracy": "accuracy/train",
    "val_accuracy": "accuracy/validation",
    "learning_rate": "learning_rate",
    "images_per_second": "images_per_second",
}


class Tracker(Callback):
    """Base class of callbacks that record metrics elsewhere; they change nothing about the training.

    An epoch that cannot be recorded, because a disk is full or a server is down, does not end the training.

    Attributes
    ----------
    failures : tuple of exception types
        Raised by `record` if an epoch cannot be recorded.
    notify : callable
        Told about such epochs, in one text each.
    """

    is_observer: ClassVar[bool] = True
    failures: tuple[type[Exception], ...] = (OSError,)
    notify: Callable[[str], None] = staticmethod(warnings.warn)

    def __call__(self, record: EpochRecord) -> None:
        """Record the metrics of an epoch, or tell why that is not possible."""
        try:
            self.record(record)
        except self.failures as error:
            reason = str(error).partition("\n")[0]
            self.notify(f"{type(self).__name__} has no record of epoch {record.epoch}: {reason}")

    def record(self, record: EpochRecord) -> None:
        """Record the metrics of an epoch."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where the metrics are, in words."""
        raise NotImplementedError

    def record_result(self, metrics: Mapping[str, float], files: Iterable[Path] = ()) -> None:
        """Record metrics that are known after the training, such as the test accuracy, and files.

        Parameters
        ----------
        metrics : mapping of str to float
            Values by name.
        files : iterable of Path
            The model and what was written beside it.
        """
        raise NotImplementedError


def metrics_of(record: EpochRecord) -> dict[str, float]:
    """Return the metrics of an epoch by their names in `METRICS`, without those that are None.

    Examples
    --------
    >>> found = metrics_of(EpochRecord(1, 2, 0.5, 0.9, None, None, 0.01, 2.0, 100.0))
    >>> found["loss/train"], "loss/validation" in found
    (0.5, False)
    """
    values = {name: getattr(record, column) for column, name in METRICS.items()}
    return {name: float(value) for name, value in values.items() if value is not None}


def as_text(settings: Mapping[str, Any] | None) -> dict[str, str]:
    """Return settings as text, without those that are None.

    Examples
    --------
    >>> as_text({"hidden_sizes": [64, 32], "epochs": 3, "output": None})
    {'hidden_sizes': '64, 32', 'epochs': '3'}
    """
    found = {} if settings is None else dict(settings)
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in found.items()
        if value is not None
    }
