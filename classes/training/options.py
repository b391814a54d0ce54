"""The options of a training run."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backend import InputError
from backend.ranks import Ranks
from backend.registry import look_up
from classes.checks import checked_count, checked_number
from classes.schedules import SCHEDULES
from classes.training.progress import OnStep
from initializers.augmentation import AUGMENTATIONS, Augmentation

COUNTS = ("epochs", "batch_size", "accumulate")


@dataclass(frozen=True)
class TrainingOptions:
    """The options of a training run.

    Parameters
    ----------
    epochs : int
        Number of the last epoch, counted from 1.
    batch_size : int
        Number of samples per batch.
    schedule : str
        A key of `SCHEDULES`: how the learning rate changes.
    warmup_epochs : float
        Number of epochs over which the learning rate rises from 0.
    clip_norm : float, optional
        Largest norm of the gradient, to which longer gradients are scaled. None does not clip.
    accumulate : int
        Number of batches whose gradients are added up for one step, for steps over more samples than fit into memory.
    shuffle : bool
        Whether to draw a new order of the samples for each epoch.
    augment : str or Augmentation
        Random changes of the training images in each epoch: a key of `AUGMENTATIONS`, or an `Augmentation`.
    initial_epoch : int
        Number of epochs that count as completed already.
    steps_per_epoch : int, optional
        For streams without a length.
    workers : int, optional
        Number of processes that share each batch; results depend on it by rounding. None chooses a number that
        suits the network and the machine.
    ranks : Ranks
        Copies of the program that share each batch, such as `backend.ranks.current_ranks` under mpiexec: all of them
        train with the same data and options.
    callbacks : sequence of callable
        Called with the `EpochRecord` of each epoch; one that returns True ends the training. See
        `classes.callbacks`.
    on_step : callable, optional
        Called with an `EpochProgress` after each step.
    checkpoint_every : str or int, optional
        ``"2"`` or 2 for every second epoch, ``"500steps"`` for every 500 steps.
    on_checkpoint : callable, optional
        Called with a state in built-in types whenever a checkpoint is due.
    resume : dict, optional
        A state passed to `on_checkpoint`, from which the training is resumed with bitwise identical results.

    Raises
    ------
    InputError
        If an option has an invalid value.

    Examples
    --------
    >>> TrainingOptions(epochs=3, checkpoint_every="500steps").interval
    (0, 500)
    """

    epochs: int = 10
    batch_size: int = 128
    schedule: str = "constant"
    warmup_epochs: float = 0.0
    clip_norm: float | None = None
    accumulate: int = 1
    shuffle: bool = True
    augment: str | Augmentation = "none"
    initial_epoch: int = 0
    steps_per_epoch: int | None = None
    workers: int | None = None
    ranks: Ranks = field(default_factory=Ranks)
    callbacks: Sequence[Callable[..., Any]] = ()
    on_step: OnStep | None = None
    checkpoint_every: str | int | None = None
    on_checkpoint: Callable[[dict[str, Any]], None] | None = None
    resume: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in COUNTS:
            object.__setattr__(self, name, checked_count(getattr(self, name), name))
        look_up(SCHEDULES, self.schedule, "schedule")
        if self.clip_norm is not None:
            advice = "1 to 5 is usual; None does not clip."
            checked_number(self.clip_norm, "clip_norm", "a positive number", lambda c: 0.0 < c < math.inf, advice)
        last = self.epochs - 1
        expected = f"an integer from 0 to {last}, one less than epochs"
        if type(self.initial_epoch) is not int or not 0 <= self.initial_epoch <= last:
            advice = "epochs is the number of the last epoch, not the number of further epochs."
            raise InputError("initial_epoch", expected=expected, found=repr(self.initial_epoch), advice=advice)
        self.interval, self.augmentation  # noqa: B018  refuse what cannot be read

    @cached_property
    def augmentation(self) -> Augmentation | None:
        """Return the augmentation of the training images; None if there is none."""
        given = self.augment
        chosen = given if isinstance(given, Augmentation) else look_up(AUGMENTATIONS, given, "augment")
        return None if chosen.changes_nothing else chosen

    @cached_property
    def interval(self) -> tuple[int, int]:
        """Return the numbers of epochs and of steps after which a checkpoint is due; 0 for never."""
        found = re.fullmatch(r"(\d+) *(steps?)?", str(self.checkpoint_every or 0))
        number = int(found[1]) if found else 0
        if found is None or (self.checkpoint_every is not None and number < 1):
            raise InputError(
                "checkpoint_every",
                expected="a number of epochs or of steps",
                found=repr(self.checkpoint_every),
                advice="2 means every second epoch, 500steps every 500 steps.",
            )
        return (0, number) if found[2] else (number, 0)
