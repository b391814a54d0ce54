"""Records of a training run: one per epoch, and the history of all epochs."""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from backend.files import write_text


@dataclass(frozen=True)
class EpochRecord:
    """The metrics of one epoch.

    The training metrics are means over the batches of the epoch, each measured before its own update and with dropout;
    the validation metrics are measured after the last update.

    Parameters
    ----------
    epoch, epochs : int
        Number of this epoch, counted from 1, and number of epochs planned.
    train_loss : float
        Mean loss in nats.
    train_accuracy : float
        Accuracy in [0, 1].
    val_loss, val_accuracy : float or None
        The same on the validation data; None if there are none.
    learning_rate : float
        Learning rate of the last step.
    seconds : float
        Wall time of the training in seconds, without validation.
    images_per_second : float
        Number of training images divided by `seconds`.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float

    def __str__(self) -> str:
        """Return the record as one line of text."""
        line = f"epoch {self.epoch}/{self.epochs}: loss {self.train_loss:.4f}, accuracy {self.train_accuracy:.2%}"
        if self.val_loss is not None and self.val_accuracy is not None:
            line += f", validation loss {self.val_loss:.4f}, accuracy {self.val_accuracy:.2%}"
        return f"{line}, {self.seconds:.2f} s, {self.images_per_second:,.0f} images/s"


HINTS = get_type_hints(EpochRecord)
COLUMNS = tuple(HINTS)


@dataclass
class History:
    """The records of all epochs of a training run.

    Parameters
    ----------
    records : list of EpochRecord
        The records so far.
    chosen_epoch : int or None
        Number of the epoch whose weights were kept, if it was chosen by a callback.

    Examples
    --------
    >>> history = History([EpochRecord(1, 1, 0.5, 0.9, None, None, 0.1, 2.0, 100.0)])
    >>> history.column("train_loss"), len(history), history.last.epoch
    ([0.5], 1, 1)
    """

    records: list[EpochRecord] = field(default_factory=list)
    chosen_epoch: int | None = None

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[EpochRecord]:
        return iter(self.records)

    @property
    def last(self) -> EpochRecord:
        """The latest record."""
        return self.records[-1]

    def column(self, name: str) -> list[Any]:
        """Return one field of all records."""
        return [getattr(record, name) for record in self.records]

    def to_dict(self) -> dict[str, Any]:
        """Return the history as built-in types, for a model file or JSON."""
        return {"chosen_epoch": self.chosen_epoch, "epochs": [asdict(record) for record in self.records]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "History":
        """Return the history that `to_dict` described.

        Raises
        ------
        TypeError, KeyError
            If a field is missing, unknown, or of the wrong type.
        """
        chosen = data["chosen_epoch"]
        if chosen is not None and type(chosen) is not int:
            raise TypeError("chosen_epoch is not an integer")
        return cls([_record(row) for row in data["epochs"]], chosen)

    def save(self, stem: str | Path) -> tuple[Path, Path]:
        """Write `stem`.csv and `stem`.json and return both paths."""
        csv = write_csv(f"{stem}.csv", self.records)
        text = json.dumps(_strict(self.to_dict()), indent=2, allow_nan=False)
        return csv, write_text(f"{stem}.json", text + "\n")


def _record(row: dict[str, Any]) -> EpochRecord:
    """Return the record with the given fields, after checking their types."""
    record = EpochRecord(**row)
    for column in fields(EpochRecord):
        value = getattr(record, column.name)
        wanted = get_args(hints := HINTS[column.name]) or (hints,)
        if type(value) not in wanted:
            raise TypeError(f"{column.name} is of the type {type(value).__name__}")
    return record


def write_csv(path: str | Path, records: Iterable[EpochRecord]) -> Path:
    """Write a CSV file with a header and one line per epoch; missing validation metrics are empty."""
    rows = [",".join(COLUMNS)]
    for record in records:
        values = asdict(record).values()
        rows.append(",".join("" if value is None else repr(value) for value in values))
    return write_text(path, "\n".join(rows) + "\n")


def _strict(value: Any) -> Any:
    """Return `value` with NaN and infinities replaced by None, since JSON has no such numbers."""
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
