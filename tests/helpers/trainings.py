"""Helpers for tests of training: numbers of workers, records, streams and the state at the end."""

from contextlib import contextmanager

import pytest

from backend.team import can_share
from classes.callbacks import Callback
from classes.training.records import EpochRecord

SHARED = pytest.mark.skipif(not can_share(), reason="processes cannot share memory on this system")
WORKERS = [1, pytest.param(2, marks=SHARED)]


def epoch_record(epoch, accuracy=None, loss=None):
    """Return a record with the given validation accuracy and loss."""
    return EpochRecord(epoch, 9, 0.5, 0.8, loss, accuracy, 0.1, 1.0, 1.0)


class Explode(Callback):
    """Let the epoch after a given one diverge."""

    def __init__(self, epoch=1):
        self.epoch = epoch

    def begin(self, trainer):
        self.trainer = trainer

    def __call__(self, one):
        if one.epoch == self.epoch:
            self.trainer.rate_scale = 1e300


def cut(*arrays, size=5):
    """Return arrays in batches, the last of them short."""
    return [tuple(array[k : k + size] for array in arrays) for k in range(0, len(arrays[0]), size)]


def end_of(net):
    """Return the weights, the history and the state of the generator of a network."""
    columns = [net.history.column(name) for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy")]
    generator = net.backend.generator_state(net.stack.generator)
    return net.backend.to_host(net.stack.parameters.values).tobytes(), columns, generator


@contextmanager
def without_curves():
    """Spare the time that drawing takes; tests/training/test_workflow.py looks at the curves."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("training.saving.save_figure", lambda figure, path: path)
        patched.setattr("training.saving.training_curves", lambda history, name: None)
        yield
