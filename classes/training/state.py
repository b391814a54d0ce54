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
    """Something that watches a training from its beginning to its end.

    Attributes
    ----------
    forgives_divergence : bool
        Whether a training whose loss stops being finite shall end quietly, with the weights from before that epoch.
    """

    forgives_divergence: ClassVar[bool] = False

    def begin(self, trainer: TrainingState) -> None:
        """Take notice of the training, before its first epoch."""

    def __call__(self, record: EpochRecord) -> bool | None:
        """Look at an epoch; return True to end the training."""
        raise NotImplementedError

    def end(self, history: History) -> None:
        """Do what remains, after the last epoch, however many there were."""

    def state(self) -> dict[str, Any]:
        """Return what a resumed training must know, as built-in types."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that `state` returned."""


@dataclass
class TrainingState:
    """Everything that belongs to one training run, and how far it has come.

    Attributes
    ----------
    stack, loss, optimizer : Sequential, Loss, Optimizer
        Bound already.
    batches : Batches
        The training data.
    validation : Batches or None
        In order.
    rate : LearningRate
        Of every step.
    options : TrainingOptions
        All that the user decides.
    callbacks : list of Callback
        Asked after every epoch, in this order.
    workers : int
        Processes that share every batch.
    history : History
        Every epoch so far.
    rate_scale : float
        Factor on all rates to come, for callbacks to change.
    finished : int
        Epochs that are done.
    ended : bool
        Whether a callback has had enough.
    resumed : list of dict
        States of the random generators of all processes, while a training run is resumed within an epoch.
    order : dict
        State of the order of the training images at the beginning of this epoch.
    progress : EpochProgress
        How far this epoch has come; set when the training run begins.
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
