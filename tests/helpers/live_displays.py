"""A clock, the progress of a training and a console for tests of live displays."""

from dataclasses import dataclass

from classes.training.records import EpochRecord
from interface.progress import TrainingBar
from tests.helpers.terminal import Recorded


def record(epoch, epochs=100, *, validated=True, **more):
    values = {
        "train_loss": 1 / epoch,
        "train_accuracy": 1 - 0.1 / epoch,
        "val_loss": 1.1 / epoch if validated else None,
        "val_accuracy": 1 - 0.2 / epoch if validated else None,
        "learning_rate": 0.001,
        "seconds": 2.25,
        "images_per_second": 183123.0,
    }
    return EpochRecord(epoch, epochs, **(values | more))


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self):
        return self.now


@dataclass
class Progress:
    """As the training loop's, but counts how often somebody asks for what a device may have to deliver."""

    epoch: int = 1
    epochs: int = 4
    images: int = 500
    images_total: int = 1000
    seconds: float = 0.5
    asked: int = 0
    loss: float = 0.25
    right: float = 0.93125

    @property
    def weight(self):
        return float(self.images)

    def mean_loss(self):
        self.asked += 1
        return self.loss

    def accuracy(self):
        self.asked += 1
        return self.right


class Redrawable(Recorded):
    """A console that takes itself for a terminal, and keeps what is drawn."""

    is_terminal = True

    def __init__(self, **more):
        super().__init__(**more)
        self.drawn = []
        self.before_drawing = lambda: None

    def live(self):
        from contextlib import nullcontext

        return nullcontext(self._keep)

    def _keep(self, content):
        self.before_drawing()
        before = len(self.lines)
        self.show(content)
        self.drawn.append(self.lines[before:])


def draw(width, *, epochs=4, seconds=10.0):
    """Return what is drawn when a second epoch is half done, `seconds` after the first quarter."""
    console, clock = Redrawable(width=width), Clock()
    with TrainingBar(console, epochs, clock=clock) as bar:
        bar.on_step(Progress(1, epochs, 0))
        bar.on_epoch(record(1, epochs, val_accuracy=0.9))
        clock.now += seconds
        bar.on_step(Progress(2, epochs))
    return console.drawn[-1]
