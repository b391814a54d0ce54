"""Data parallelism: several processes learn from one batch, each from its share of the rows.

Each process works out the gradient ``g_r`` of its ``n_r`` rows, adds up one part of ``g = sum_r (n_r / n) g_r`` over
all of them, and moves the parameters of that part: equation (23). So the optimizer's work is shared too.
"""

import json
from types import TracebackType
from typing import Any, Self

import numpy as np

from backend import InputError
from backend.team import Team, can_share
from classes.checks import checked_count
from classes.layers.sequential import Sequential
from classes.optimizers import Optimizer
from initializers.batches import Batches

NOTE = 1000  # bytes that a random generator's state takes at most
FEWEST_STEPS = 200  # of a training; in fewer, what the team gains does not make up for its beginning and end
FEWEST_WORK = 500_000  # rows of a step times parameters; with less, a step is mostly Python, which nobody can share


class DataParallel:
    """The storage and the meetings of one training by a team.

    With a team of one, all of it is free.

    Parameters
    ----------
    team : Team
        Not yet started.
    stack, optimizer : Sequential, Optimizer
        Inside the block that this opens, their vectors lie where all processes see them. Afterwards views of the
        parameters that were taken before show the new numbers no more.

    Attributes
    ----------
    part : slice
        Of the parameters, that which this process moves.
    """

    def __init__(self, team: Team, stack: Sequential, optimizer: Optimizer) -> None:
        self.team, self.stack, self.optimizer = team, stack, optimizer
        self.part = slice(0, stack.parameters.size)

    def __enter__(self) -> Self:
        if self.team.size > 1:
            size, dtype, xp = self.stack.parameters.size, self.stack.dtype, self.stack.backend.xp
            self.gradients = self.team.zeros(xp, (self.team.size, size), dtype)
            self._dots = self.team.zeros(xp, (self.team.size,), dtype)
            self._seed = self.team.zeros(xp, (1,), "int64")
            self._rate_scale = self.team.zeros(xp, (1,), "float64")
            self._notes = self.team.zeros(xp, (self.team.size, NOTE), "uint8")
            self.optimizer.move(lambda vector: self.team.zeros(xp, vector.shape, dtype))
            self._live_in(self.team.zeros(xp, (size,), dtype))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.team.size > 1:
            self.optimizer.move(np.empty_like)
            self.stack.move(np.empty_like(self.stack.parameters.values), np.empty_like(self.stack.parameters.grads))

    def _live_in(self, values: Any) -> None:
        """Make these the parameters, and this process's gradients those of its rank."""
        self.stack.move(values, self.gradients[self.team.rank])
        self.part = self.stack.parameters.parts(self.team.size)[self.team.rank]
        self._sum = self.gradients[self.team.rank, self.part]
        self._others = [row[self.part] for rank, row in enumerate(self.gradients) if rank != self.team.rank]

    def join(self) -> None:
        """Take the place of this process, which is one of the copies, in the storage."""
        self._live_in(self.stack.parameters.values)

    def begin_epoch(self, rate_scale: float) -> float:
        """Wait for all; give each copy random numbers of its own, and return the caller's factor on the rate.

        The copies' random numbers begin from a seed that the caller draws.
        """
        if self.team.size == 1:
            return rate_scale
        generator = self.stack.generator
        if self.team.rank == 0:
            self._seed[0], self._rate_scale[0] = generator.integers(2**63), rate_scale
        self.team.wait()
        if self.team.rank:
            own = self.stack.backend.generator(int(self._seed[0]) ^ self.team.rank)
            generator.bit_generator.state = own.bit_generator.state
        return float(self._rate_scale[0])

    def noise_states(self) -> list[dict[str, Any]]:
        """Return the state of everyone's random generator, by rank; to be called by all at once."""
        state = self.stack.backend.generator_state(self.stack.generator)
        if self.team.size == 1:
            return [state]
        text = json.dumps(state).encode()
        self._notes[self.team.rank] = 0
        self._notes[self.team.rank, : len(text)] = np.frombuffer(text, "uint8")
        self.team.wait()
        return [json.loads(note.tobytes().rstrip(b"\0")) for note in self._notes]

    def set_noise(self, states: list[dict[str, Any]]) -> None:
        """Go on with the random numbers where `noise_states` was called, in a team of the same size."""
        self.stack.backend.set_generator_state(self.stack.generator, states[self.team.rank])

    def add_gradients(self) -> Any:
        """Wait for everyone's gradients; return the sum of this process's part of them, ``g[part]``."""
        if self.team.size == 1:
            return self.stack.parameters.grads
        self.team.wait()
        for gradient in self._others:
            self._sum += gradient
        return self._sum

    def add(self, number: Any) -> Any:
        """Return the sum of everyone's `number`, itself if there is nobody else."""
        if self.team.size == 1:
            return number
        self._dots[self.team.rank] = number
        self.team.wait()
        return self._dots.sum()


def chosen_workers(wanted: int | None, stack: Sequential, batches: Batches, epochs: int) -> int:
    """Return how many processes shall train.

    Parameters
    ----------
    wanted : int or None
        What the user asked for; None leaves the choice to what there is to do and to the machine.
    stack, batches, epochs
        What is trained, and how long.

    Raises
    ------
    InputError
        If more than one is wanted where that cannot be.
    """
    rows = batches.batch_size
    obstacle = _obstacle(stack)
    if wanted is None:
        enough = epochs * len(batches) >= FEWEST_STEPS and rows * stack.parameters.size >= FEWEST_WORK
        return stack.backend.usual_team(rows) if enough and not obstacle else 1
    if checked_count(wanted, "workers") > 1 and obstacle:
        raise InputError("workers", expected="1 here", found=str(wanted), advice=obstacle)
    return min(wanted, rows)


def _obstacle(stack: Sequential) -> str:
    """Return why processes cannot share a batch, or nothing."""
    if not (can_share() and stack.backend.on_host):
        return "Processes share the work on Linux with an x86-64 processor alone, and not on a GPU."
    whole = [type(layer).__name__ for layer in stack.layers if not layer.samples_are_independent]
    return f"{whole[0]} does not say samples_are_independent: it may need to see whole batches." if whole else ""
