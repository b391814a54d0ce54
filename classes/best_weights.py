"""Keeping the weights of the best epoch while training goes on."""

from collections.abc import Iterable, Iterator

from classes.parameters import ParameterVector
from classes.records import EpochRecord, History


class BestWeights:
    """Watches a training and keeps a copy of the parameters of its best epoch so far.

    Best is the highest validation accuracy, and the lower validation loss where two are equal; without validation
    data it is the last epoch that was finished.

    Parameters
    ----------
    parameters : ParameterVector
        Of the network in training.

    Examples
    --------
    >>> import numpy as np
    >>> parameters = ParameterVector(np, {"b": (1,)}, "float32")
    >>> best = BestWeights(parameters)
    >>> for record in best.watch([EpochRecord(1, 2, 0.1, 1.0, None, None, 0.1, 1.0, 1.0)]):
    ...     parameters.values += 1
    >>> best.epoch, best.restore(History()), parameters.values.tolist()
    (1, True, [0.0])
    """

    def __init__(self, parameters: ParameterVector) -> None:
        self.parameters = parameters
        self.values = parameters.values.copy()
        self.epoch: int | None = None
        self._score: tuple[float, ...] = ()

    def watch(self, records: Iterable[EpochRecord]) -> Iterator[EpochRecord]:
        """Pass the records on, each after its weights were kept if they are the best so far."""
        for record in records:
            score = _score(record)
            if self.epoch is None or score > self._score:
                self.epoch, self._score = record.epoch, score
                self.values[...] = self.parameters.values
            yield record

    def restore(self, history: History) -> bool:
        """Put the best weights back and note their epoch in the history; return whether there were any."""
        if self.epoch is None:
            return False
        self.parameters.values[...] = self.values
        history.chosen_epoch = self.epoch
        return True


def _score(record: EpochRecord) -> tuple[float, ...]:
    """Return what the best epoch has most of."""
    if record.val_accuracy is None or record.val_loss is None:
        return (float(record.epoch),)
    return (record.val_accuracy, -record.val_loss)
