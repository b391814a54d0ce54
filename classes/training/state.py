"""The state of a training run, and the callbacks that observe it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from classes.layers.sequential import Sequential
from classes.losses import Loss
from classes.optimizers import Optimizer
from classes.schedules import LearningRate
from classes.training.options import TrainingOptions
from classes.training.progress import EpochProgress
from classes.training.records import EpochRecord, History
from initializers.batches import Batches


class Callback:
    """Base class of objects that follow a training run from its beginning to its end.

    Attributes
    ----------
    forgives_divergence : bool
        Whether a training run whose loss becomes NaN or infinite ends without an error, with the weights from before
        that epoch.
    is_observer : bool
        Whether it changes nothing about the training, as a log does. A training run can be resumed with other
        observers than it began with.
    """

    forgives_divergence: ClassVar[bool] = False
    is_observer: ClassVar[bool] = False

    def begin(self, trainer: TrainingState) -> None:
        """Prepare for a training run; called before its first epoch."""

    def __call__(self, record: EpochRecord) -> bool | None:
        """Process the record of an epoch; return True to end the training."""
        raise NotImplementedError

    def end(self, history: History) -> None:
        """Finish; called after the last epoch, also if the training ended early."""

    def abort(self, error: BaseException) -> None:
        """Finish after an error, such as KeyboardInterrupt; called instead of `end`, and the error is raised then."""

    def state(self) -> dict[str, Any]:
        """Return the state that a resumed training run needs, as built-in types."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""


@dataclass
class TrainingState:
    """The parts of a training run and its progress.

    Attributes
    ----------
    stack, loss, optimizer : Sequential, Loss, Optimizer
        The layers, the loss function and the optimizer, with their buffers allocated.
    batches : Batches
        The training data.
    validation : Batches or None
        The validation data, not shuffled.
    rate : LearningRate
        Learning rate of each step.
    options : TrainingOptions
        The options of the user.
    callbacks : list of Callback
        Called after each epoch, in this order.
    workers : int
        Number of processes that share each batch.
    history : History
        Records of the epochs so far.
    rate_scale : float
        Factor on the learning rate of all further steps; callbacks may change it.
    finished : int
        Number of completed epochs.
    ended : bool
        Whether a callback has ended the training.
    resumed : list of dict
        States of the random generators of all processes, while the training is resumed within an epoch.
    order : dict
        State from which the order of the samples in the current epoch was drawn.
    progress : EpochProgress
        Progress within the current epoch; set when the training begins.
    """

    stack: Sequential
    loss: Loss
    optimizer: Optimizer
    batches: Batches
    validation: Batches | None
    rate: LearningRate
    options: TrainingOptions = field(default_factory=TrainingOptions)
    callbacks: list[Callback] = field(default_factory=list)
    workers: int = 1
    history: History = field(default_factory=History)
    rate_scale: float = 1.0
    finished: int = 0
    ended: bool = False
    resumed: list[dict[str, Any]] = field(default_factory=list)
    order: dict[str, Any] = field(default_factory=dict)
    progress: EpochProgress = field(init=False, repr=False)

    @property
    def participants(self) -> list[Callback]:
        """The callbacks that may change the training."""
        return [callback for callback in self.callbacks if not callback.is_observer]

    @property
    def observers(self) -> list[Callback]:
        """The callbacks that change nothing about the training."""
        return [callback for callback in self.callbacks if callback.is_observer]
