"""Data parallelism: several processes share each batch.

Process r computes the gradient ``g_r`` of its ``n_r`` samples. Each process then adds up one part of
``g = sum_r (n_r / n) g_r`` and updates that part of the parameters, equation (23), so the optimizer is parallel too.
"""

import json
import math
import zlib
from types import TracebackType
from typing import Any, Self

import numpy as np

from backend import InputError
from backend.ranks import Ranks
from backend.team import Team, TeamError, can_share
from classes.checks import checked_count
from classes.layers.sequential import Sequential
from classes.optimizers import Optimizer
from classes.training.rank_exchange import GradientBuckets, exchange_parts
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
        Within the context, their vectors are in shared memory, if there are several processes here. Views of the
        parameters that were taken before are stale afterwards.
    overlaps : bool
        Whether gradients are final after each backward pass, so that ranks may add them up while it goes on.

    Attributes
    ----------
    part : slice
        The part of the parameters that this process updates.
    """

    def __init__(self, team: Team, stack: Sequential, optimizer: Optimizer, *, overlaps: bool = True) -> None:
        self.team, self.stack, self.optimizer = team, stack, optimizer
        self.part = slice(0, stack.parameters.size)
        self._overlaps = overlaps
        self._turn = 0

    def __enter__(self) -> Self:
        team, parameters, xp = self.team, self.stack.parameters, self.stack.backend.xp
        if team.size == 1:
            return self
        if team.ranks.count > 1:  # the same beginning, whatever the ranks did before
            parameters.values[...] = team.ranks.first(parameters.values)
        shapes = parameters.shapes
        parts = parameters.parts(team.size)
        self.part = parts[team.rank]
        self._cuts = [part.start for part in parts[:: team.local_size]] + [parameters.size]
        longest = 1 + sum(math.prod(shapes[name]) for name in self.stack.state_names)
        self._vectors = team.zeros(xp, (2, team.local_size, longest), "float64")
        if team.local_size == 1:
            self._begin_alone()
        else:
            self._begin_sharing(xp)
        return self

    def _begin_alone(self) -> None:
        """Share gradients with other ranks only: each rank has parameters of its own, which stay the same on all."""
        self._sum = self.stack.parameters.grads[self.part]
        self._buckets = self._new_buckets(self.stack.parameters.grads)
        self.stack.on_gradients = self._buckets.ready_from if self._overlaps else None
        self.stack.share(self.add_up, keeps_state=True)
        self.stack.bind(self.stack.capacity, self.stack.generator)

    def _new_buckets(self, gradients: Any) -> GradientBuckets:
        """Return the buckets of the gradients that this rank adds to those of the others."""
        return GradientBuckets(self.team.ranks, gradients, self._cuts, self.stack.parameters.matrices.stop)

    def _begin_sharing(self, xp: Any) -> None:
        """Put the parameters, the gradients and the optimizer's state into memory that all processes here share."""
        size, dtype, team = self.stack.parameters.size, self.stack.dtype, self.team
        self.gradients = team.zeros(xp, (team.local_size, size), dtype)
        self._buckets = self._new_buckets(self.gradients[0])
        self._dots = team.zeros(xp, (team.local_size,), dtype)
        self._seed = team.zeros(xp, (1,), "int64")
        self._rate_scale = team.zeros(xp, (1,), "float64")
        self._notes = team.zeros(xp, (team.local_size, NOTE), "uint8")
        self._total = team.zeros(xp, self._vectors.shape[::2], "float64")
        self.optimizer.move(lambda vector: team.zeros(xp, vector.shape, dtype))
        self._live_in(team.zeros(xp, (size,), dtype))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.team.size == 1:
            return
        self.stack.on_gradients = None
        self.stack.share(lambda vector: vector, keeps_state=True)
        if self.team.local_size > 1:
            self.optimizer.move(np.empty_like)
            self.stack.move(np.empty_like(self.stack.parameters.values), np.empty_like(self.stack.parameters.grads))
        else:
            self.stack.bind(self.stack.capacity, self.stack.generator)

    def _live_in(self, values: Any) -> None:
        """Use these parameters, and the gradients of this process's number."""
        team, rank = self.team, self.team.local_rank
        self.stack.share(self.add_up, keeps_state=rank == 0)
        self.stack.move(values, self.gradients[rank])
        self.part = self.stack.parameters.parts(team.size)[team.rank]
        self._sum = self.gradients[rank, self.part]  # where the optimizer expects it
        # With other ranks, each process adds up a part of all gradients here, in the first row.
        own, row = (self.part, rank) if team.ranks.count == 1 else (self._part_here(), 0)
        self._here = self.gradients[row, own]
        self._others = [each[own] for place, each in enumerate(self.gradients) if place != row]

    def _part_here(self) -> slice:
        """Return the part of all gradients that this process adds up over the processes of this machine."""
        return self.stack.parameters.parts(self.team.local_size)[self.team.local_rank]

    def join(self) -> None:
        """Use the shared storage of this worker process."""
        self._live_in(self.stack.parameters.values)

    def begin_epoch(self, rate_scale: float) -> float:
        """Synchronise, seed the random generators of all processes, and return the factor on the learning rate.

        The first process of all draws the seed.
        """
        team, generator = self.team, self.stack.generator
        if team.size == 1:
            return rate_scale
        seed = 0
        if team.local_rank == 0:
            own = int(generator.integers(2**63)) if team.rank == 0 else 0
            seed, rate_scale = team.ranks.first((own, rate_scale))
        if team.local_size > 1:
            if team.local_rank == 0:
                self._seed[0], self._rate_scale[0] = seed, rate_scale
            team.wait()
            seed, rate_scale = int(self._seed[0]), float(self._rate_scale[0])
        if team.rank:
            generator.bit_generator.state = self.stack.backend.generator(seed ^ team.rank).bit_generator.state
        return rate_scale

    def noise_states(self) -> list[dict[str, Any]]:
        """Return the states of the random generators of all processes by rank; all processes must call this."""
        state = self.stack.backend.generator_state(self.stack.generator)
        if self.team.local_size == 1:
            here = [state]
        else:
            text = json.dumps(state).encode()
            self._notes[self.team.local_rank] = 0
            self._notes[self.team.local_rank, : len(text)] = np.frombuffer(text, "uint8")
            self.team.wait()
            here = [json.loads(note.tobytes().rstrip(b"\0")) for note in self._notes]
        everywhere = [here] if self.team.local_rank else self.team.ranks.all(here)
        return [each for states in everywhere for each in states]

    def set_noise(self, states: list[dict[str, Any]]) -> None:
        """Restore the random generator of this process from `noise_states` of a team of the same size."""
        self.stack.backend.set_generator_state(self.stack.generator, states[self.team.rank])

    def add_gradients(self) -> Any:
        """Wait for the gradients of all processes; return the sum of this process's part, ``g[part]``."""
        team = self.team
        if team.size == 1:
            return self.stack.parameters.grads
        if team.local_size > 1:
            team.wait()
            for gradient in self._others:
                self._here += gradient
        if team.ranks.count > 1:
            team.wait()
            if team.local_rank == 0:
                self._buckets.finish()
            team.wait()
            if team.local_rank:
                self._sum[...] = self.gradients[0, self.part]
        return self._sum

    def exchange_parameters(self) -> None:
        """Wait until all processes have updated their parts of the parameters, and get those of other ranks."""
        team = self.team
        team.wait()
        if team.ranks.count > 1:
            if team.local_rank == 0:
                exchange_parts(team.ranks, self.stack.parameters.values, self._cuts)
            team.wait()

    def gather_state(self) -> None:
        """Get the parts of the optimizer's state that other ranks keep; the first process of each rank calls this."""
        if self.team.ranks.count > 1:
            for vector in self.optimizer.state.values():
                exchange_parts(self.team.ranks, vector, self._cuts)

    def add_up(self, vector: Any) -> Any:
        """Return the sum of a float64 vector over all processes, which all must call; valid until the one after next.

        Two buffers take turns, so that a process may begin the next sum while another one still reads the last.
        """
        team, turn = self.team, self._turn
        rows = self._vectors[turn, :, : len(vector)]
        self._turn = 1 - turn
        rows[team.local_rank] = vector
        if team.local_size > 1:
            team.wait()
        if team.ranks.count == 1:
            return rows.sum(axis=0)
        total = rows[0] if team.local_size == 1 else self._total[turn, : len(vector)]
        if team.local_rank == 0:
            total[...] = rows.sum(axis=0)
            team.ranks.add_up(total)
        if team.local_size > 1:
            team.wait()
        return total

    def add(self, number: Any) -> Any:
        """Return the sum of `number` over all processes, each of which has a part of the gradient."""
        return number if self.team.size == 1 else self._add_up_dots(number)

    def _add_up_dots(self, number: Any) -> Any:
        """Do so in the network's dtype on one machine, and in float64 over several ranks."""
        if self.team.ranks.count > 1:
            return self.add_up(np.array([number], "float64"))[0]
        self._dots[self.team.local_rank] = number
        self.team.wait()
        return self._dots.sum()

    def check_same(self) -> None:
        """Raise an error if the parameters of the ranks differ by a bit, which a defect in memory or network causes."""
        ranks = self.team.ranks
        sums = ranks.all(zlib.crc32(self.stack.parameters.values)) if ranks.count > 1 else []
        if len(set(sums)) > 1:
            others = [number for number, found in enumerate(sums) if found != sums[0]]
            raise TeamError(
                "the parameters",
                expected="the same on all ranks",
                found=f"others on the ranks {', '.join(map(str, others))} than on the first",
                advice="Resume from the last checkpoint; check the memory and the network of these machines.",
            )


def chosen_workers(
    wanted: int | None, stack: Sequential, batches: Batches, epochs: int, ranks: Ranks | None = None
) -> int:
    """Return the number of processes to train with on this machine, for each rank.

    Parameters
    ----------
    wanted : int or None
        The number that the user asks for; None chooses by the amount of work and the machine.
    stack, batches, epochs
        The layers, the training data and the number of epochs.
    ranks : Ranks, optional
        Copies of the program that share the batches.

    Raises
    ------
    InputError
        If more than one is asked for where processes cannot share a batch.
    """
    ranks = ranks or Ranks()
    rows = batches.batch_size // ranks.count
    obstacle = _obstacle(stack, ranks)
    if ranks.count > 1 and (obstacle or not rows):
        found, advice = f"{ranks.count} ranks", obstacle or "Take larger batches, or fewer ranks."
        raise InputError("MPI", expected="a training that ranks can share", found=found, advice=advice)
    if wanted is None:
        work = rows * max(stack.parameters.size, stack.multiply_adds())
        enough = epochs * len(batches) >= FEWEST_STEPS and work >= FEWEST_WORK
        return max(1, stack.backend.usual_team(rows) // ranks.here) if enough and not obstacle else 1
    if checked_count(wanted, "workers") > 1 and obstacle:
        raise InputError("workers", expected="1 here", found=str(wanted), advice=obstacle)
    return min(wanted, rows)


def _obstacle(stack: Sequential, ranks: Ranks) -> str:
    """Return the reason why processes cannot share a batch, or an empty string."""
    if not stack.backend.on_host or (ranks.count == 1 and not can_share()):
        return "Processes can share batches only on Linux with an x86-64 processor, and not on a GPU."
    whole = [type(layer).__name__ for layer in stack.layers if not layer.samples_are_independent]
    return f"{whole[0]} does not say samples_are_independent: it may need whole batches." if whole else ""
