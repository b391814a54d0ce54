"""Progress within an epoch."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend import Backend, InputError
from backend.team import Team
from classes.files.packing import packed_array, unpacked_array


class DivergenceError(InputError):
    """The loss is NaN or infinite; the weights are those from before the epoch, and the optimizer has been reset."""


@dataclass
class EpochProgress:
    """Progress within an epoch; sums are kept on the device until they are needed.

    Attributes
    ----------
    epoch, epochs, step, steps : int
        Numbers of the current epoch and step, counted from 1, and total numbers.
    images, images_total : int
        Number of images used so far in this epoch, and in all of it.
    weight : float
        Sum of the sample weights so far; without weights the number of images.
    learning_rate : float
        Learning rate of the last step.
    """

    backend: Backend
    epochs: int
    steps: int
    images_total: int
    team: Team = field(default_factory=lambda: Team(1), repr=False)
    epoch: int = 1
    step: int = 0
    images: int = 0
    weight: float = 0.0
    learning_rate: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        # For each process and step: the summed loss, and the number of correct predictions.
        self._sums = self.team.zeros(self.backend.xp, (self.team.local_size, self.steps, 2), "float64")
        self._factor = float(self.team.ranks.count)  # of the sums of this rank, as an estimate of those of all

    def begin(self, epoch: int) -> None:
        """Reset all sums for a new epoch."""
        self.epoch, self.step, self.images, self.weight = epoch, 0, 0, 0.0
        self._sums[self.team.local_rank].fill(0.0)
        self._factor = float(self.team.ranks.count)
        self.started = time.perf_counter()

    def add(self, sums: Any, images: int) -> None:
        """Add a batch: summed loss and correct predictions (2,) of this process, and the images of all processes."""
        total = self._sums[self.team.local_rank, self.step]
        total += sums
        self.images += images

    def complete(self, weight: float, learning_rate: float) -> None:
        """Complete a step with the sum of its sample weights and its learning rate."""
        self.step += 1
        self.weight += weight
        self.learning_rate = learning_rate

    def merge(self) -> None:
        """Add up the sums of all ranks at the end of an epoch; until then, the figures are estimates by this one."""
        if self.team.ranks.count > 1:
            total = self._sums.sum(axis=0)
            self.team.ranks.add_up(total)
            self._sums[0], self._sums[1:], self._factor = total, 0.0, 1.0

    def state(self) -> dict[str, Any]:
        """Return the progress as built-in types; all ranks must call this."""
        rows = np.concatenate(self.team.ranks.all(self.backend.to_host(self._sums[:, : self.step])))
        losses, hits = (packed_array(np.ascontiguousarray(rows[..., place])) for place in range(2))
        figures = {name: getattr(self, name) for name in ("step", "images", "weight", "learning_rate")}
        return {"losses": losses, "hits": hits, "seconds": self.seconds, **figures}

    def restore(self, state: dict[str, Any], size: int) -> None:
        """Restore a state that `state` returned for a team of `size`; this team has not started yet.

        If it is of another size, the first process gets the sums of all.
        """
        for name in ("step", "images", "weight", "learning_rate"):
            setattr(self, name, state[name])
        self.started = time.perf_counter() - state["seconds"]
        for place, name in enumerate(("losses", "hits")):
            array = unpacked_array(state[name], name, (size, self.step))
            if size != self.team.size:
                array = np.concatenate([array.sum(axis=0)[None], np.zeros((self.team.size - 1, self.step))])
            own = array[self.team.rank : self.team.rank + self.team.local_size]
            self._sums[:, : self.step, place] = self.backend.from_host(own)

    @property
    def seconds(self) -> float:
        """Seconds since the epoch began."""
        return time.perf_counter() - self.started

    def mean_loss(self) -> float:
        """Return the mean loss so far; waits for the device."""
        return self._factor * float(self._sums[:, : self.step, 0].sum()) / (self.weight or 1.0)

    def accuracy(self) -> float:
        """Return the accuracy so far; waits for the device."""
        return self._factor * float(self._sums[:, : self.step, 1].sum()) / max(self.images, 1)

    def check_finite(self) -> None:
        """Raise DivergenceError with the number of the first batch whose loss is NaN or infinite, if there is one."""
        losses = self.backend.to_host(self._sums[:, : self.step, 0].sum(axis=0))
        bad = np.flatnonzero(~np.isfinite(losses))
        if len(bad):
            raise DivergenceError(
                f"loss in epoch {self.epoch}, batch {bad[0] + 1}",
                expected="a finite number",
                found=str(losses[bad[0]]),
                advice=f"Lower the learning rate (it was {self.learning_rate:g}) or clip the gradients.",
            )


OnStep = Callable[[EpochProgress], None]
