"""Data parallelism: several processes share each batch.

Process r computes the gradient ``g_r`` of its ``n_r`` samples. Each process then adds up one part of
``g = sum_r (n_r / n) g_r`` and updates that part of the parameters, equation (23), so the optimizer is parallel too.
"""

import json
import math
from types import TracebackType
from typing import Any, Self

import numpy as np

from backend import InputError
from backend.team import Team, can_share
from classes.checks import checked_count
from classes.layers.sequential import Sequential
from classes.optimizers import Optimizer
from initializers.batches import Batches

NOTE = 1000  # bytes reserved for the state of a random generator as JSON; NumPy's take about 200
# Below these, processes cost more time than they save on two cores (docs/performance.md).
FEWEST_STEPS = 200  # steps of a training run: starting and ending processes takes about 50 ms
FEWEST_WORK = 500_000  # samples per step times multiply-adds of each: with less, a step is mostly interpreter time


class DataParallel:
    """Shared storage and synchronisation of the processes of a training run; a team of one has no overhead.

    Parameters
    ----------
    team : Team
        Processes that have not been started yet.
    stack, optimizer : Sequential, Optimizer
        Within the context, their vectors are in shared memory. Views of the parameters that were taken before are
        stale afterwards.

    Attributes
    ----------
    part : slice
        The part of the parameters that this process updates.
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
            shapes = self.stack.parameters.shapes
            longest = 1 + sum(math.prod(shapes[name]) for name in self.stack.state_names)
            self._vectors = self.team.zeros(xp, (2, self.team.size, longest), "float64")
            self._turn = 0
            self.optimizer.move(lambda vector: self.team.zeros(xp, vector.shape, dtype))
            self._live_in(self.team.zeros(xp, (size,), dtype))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.team.size > 1:
            self.optimizer.move(np.empty_like)
            self.stack.share(lambda vector: vector, keeps_state=True)
            self.stack.move(np.empty_like(self.stack.parameters.values), np.empty_like(self.stack.parameters.grads))

    def _live_in(self, values: Any) -> None:
        """Use these parameters, and the gradients of this process's rank."""
        self.stack.share(self.add_up, keeps_state=self.team.rank == 0)
        self.stack.move(values, self.gradients[self.team.rank])
        self.part = self.stack.parameters.parts(self.team.size)[self.team.rank]
        self._sum = self.gradients[self.team.rank, self.part]
        self._others = [row[self.part] for rank, row in enumerate(self.gradients) if rank != self.team.rank]

    def join(self) -> None:
        """Use the shared storage of this worker process."""
        self._live_in(self.stack.parameters.values)

    def begin_epoch(self, rate_scale: float) -> float:
        """Synchronise, seed the random generators of the worker processes, and return the factor on the learning rate.

        The first process draws the seed.
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
        """Return the states of the random generators of all processes by rank; all processes must call this."""
        state = self.stack.backend.generator_state(self.stack.generator)
        if self.team.size == 1:
            return [state]
        text = json.dumps(state).encode()
        self._notes[self.team.rank] = 0
        self._notes[self.team.rank, : len(text)] = np.frombuffer(text, "uint8")
        self.team.wait()
        return [json.loads(note.tobytes().rstrip(b"\0")) for note in self._notes]

    def set_noise(self, states: list[dict[str, Any]]) -> None:
        """Restore the random generator of this process from `noise_states` of a team of the same size."""
        self.stack.backend.set_generator_state(self.stack.generator, states[self.team.rank])

    def add_gradients(self) -> Any:
        """Wait for the gradients of all processes; return the sum of this process's part, ``g[part]``."""
        if self.team.size == 1:
            return self.stack.parameters.grads
        self.team.wait()
        for gradient in self._others:
            self._sum += gradient
        return self._sum

    def add_up(self, vector: Any) -> Any:
        """Return the sum of a float64 vector over all processes, which all must call; valid until the one after next.

        Two buffers take turns, so that a process may begin the next sum while another one still reads the last.
        """
        rows = self._vectors[self._turn, :, : len(vector)]
        self._turn = 1 - self._turn
        rows[self.team.rank] = vector
        self.team.wait()
        return rows.sum(axis=0)

    def add(self, number: Any) -> Any:
        """Return the sum of `number` over all processes."""
        if self.team.size == 1:
            return number
        self._dots[self.team.rank] = number
        self.team.wait()
        return self._dots.sum()


def chosen_workers(wanted: int | None, stack: Sequential, batches: Batches, epochs: int) -> int:
    """Return the number of processes to train with.

    Parameters
    ----------
    wanted : int or None
        The number that the user asks for; None chooses by the amount of work and the machine.
    stack, batches, epochs
        The layers, the training data and the number of epochs.

    Raises
    ------
    InputError
        If more than one is asked for where processes cannot share a batch.
    """
    rows = batches.batch_size
    obstacle = _obstacle(stack)
    if wanted is None:
        work = rows * max(stack.parameters.size, stack.multiply_adds())
        enough = epochs * len(batches) >= FEWEST_STEPS and work >= FEWEST_WORK
        return stack.backend.usual_team(rows) if enough and not obstacle else 1
    if checked_count(wanted, "workers") > 1 and obstacle:
        raise InputError("workers", expected="1 here", found=str(wanted), advice=obstacle)
    return min(wanted, rows)


def _obstacle(stack: Sequential) -> str:
    """Return the reason why processes cannot share a batch, or an empty string."""
    if not (can_share() and stack.backend.on_host):
        return "Processes can share batches only on Linux with an x86-64 processor, and not on a GPU."
    whole = [type(layer).__name__ for layer in stack.layers if not layer.samples_are_independent]
    return f"{whole[0]} does not say samples_are_independent: it may need whole batches." if whole else ""
