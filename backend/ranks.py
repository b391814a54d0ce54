"""Copies of a program on several machines, joined by MPI; and the one copy of a program that runs alone.

``mpiexec -n 4 python training/train.py`` starts four copies of the same program, its *ranks*. All of them make the same
steps; what differs is the share of each batch. The operations that add up or pass on values are collective: every rank
has to call them, in the same order.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from backend.errors import InputError
from backend.optional import optional_module

# In these, launchers tell the processes that they start how many there are: MPICH's mpiexec and srun --mpi=pmi2,
# mpirun of Open MPI, and srun --mpi=pmix, whose number only counts together with PMIX_RANK.
SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
BUCKET = 2**18  # bytes of gradients that are worth a message of their own while the backward pass goes on
GRACE = 1.0  # seconds that a rank leaves to the first one to report an error that all of them have


class Ranks:
    """A program that runs alone: the only rank, for which nothing has to be added up or passed on.

    Attributes
    ----------
    count, number : int
        Number of ranks, and the number of this one, from 0.
    here : int
        Number of ranks on this machine.
    host : str
        Name of this machine.
    """

    count, number, here = 1, 0, 1
    host = socket.gethostname()

    @property
    def is_first(self) -> bool:
        """Whether this is the rank that prints, validates and writes files."""
        return self.number == 0

    def add_up(self, vector: np.ndarray) -> None:
        """Replace a vector by its sum over all ranks, bit for bit the same on each."""

    def send(self, vector: np.ndarray, to: int) -> Any:
        """Begin to send a vector to another rank; return a request for `finish`."""

    def receive(self, vector: np.ndarray, sender: int) -> Any:
        """Begin to receive a vector from another rank; return a request for `finish`."""

    def progress(self, requests: list[Any]) -> None:
        """Give the messages that are under way some time."""

    def finish(self, requests: list[Any]) -> None:
        """Wait until all vectors have been sent and received."""

    def first(self, value: Any) -> Any:
        """Return the value of the first rank."""
        return value

    def all(self, value: Any) -> list[Any]:
        """Return the values of all ranks, in order."""
        return [value]

    def describe(self) -> str:
        """Return what these are, for people; empty for a program that runs alone."""
        return ""

    @contextmanager
    def together(self) -> Iterator[None]:
        """Return a context in which an error of one rank ends all of them."""
        yield


class MPIRanks(Ranks):
    """The ranks of an MPI communicator.

    Parameters
    ----------
    communicator : mpi4py.MPI.Comm
        Duplicated, so that its messages mix with no others.
    """

    def __init__(self, communicator: Any) -> None:
        self._mpi = optional_module("mpi4py.MPI", "mpi4py", "training on several machines")
        self._comm = communicator.Dup()
        self.count, self.number = self._comm.Get_size(), self._comm.Get_rank()
        self.here = self._comm.Split_type(self._mpi.COMM_TYPE_SHARED).Get_size()

    def add_up(self, vector: np.ndarray) -> None:
        """Replace a vector by its sum over all ranks, bit for bit the same on each."""
        self._comm.Allreduce(self._mpi.IN_PLACE, vector)

    def send(self, vector: np.ndarray, to: int) -> Any:
        """Begin to send a vector to another rank; return a request for `finish`."""
        return self._comm.Isend(vector, to)

    def receive(self, vector: np.ndarray, sender: int) -> Any:
        """Begin to receive a vector from another rank; return a request for `finish`."""
        return self._comm.Irecv(vector, sender)

    def progress(self, requests: list[Any]) -> None:
        """Give the messages that are under way some time: MPI moves them only when it is called."""
        if requests:
            self._mpi.Request.Testall(requests)

    def finish(self, requests: list[Any]) -> None:
        """Wait until all vectors have been sent and received."""
        self._mpi.Request.Waitall(requests)

    def first(self, value: Any) -> Any:
        """Return the value of the first rank."""
        return self._comm.bcast(value)

    def all(self, value: Any) -> list[Any]:
        """Return the values of all ranks, in order."""
        return self._comm.allgather(value)

    def describe(self) -> str:
        """Return the number of ranks, and the machine and process of each of the first ones."""
        places = self.all(f"{self.host}, process {os.getpid()}")
        shown = "; ".join(f"{number}: {place}" for number, place in enumerate(places[:8]))
        library = self._mpi.Get_library_version().split("\n")[0].replace("\t", " ").strip("\0 ")
        return f"{self.count} ({library})  {shown}" + ("; ..." if self.count > 8 else "")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Return a context in which an error of one rank ends all of them.

        The first rank reports its error as a program that runs alone does. Another one reports its own, with its number
        and host, unless the first has ended all ranks by then because of the same error.
        """
        try:
            yield
        except BaseException as error:
            self._abort(error)

    def _abort(self, error: BaseException) -> NoReturn:
        """Say which rank failed, and end all of them."""
        if not self.is_first:
            time.sleep(GRACE)
        if isinstance(error, SystemExit):
            text = f"ended with status {error.code}"
        elif isinstance(error, InputError):
            text = f"Error: {error}"
        else:
            text = f"{type(error).__name__}: {error}"
        if sys.__stderr__ is not None:
            sys.__stderr__.write(f"Rank {self.number} on {self.host}: {text}\n")
            sys.__stderr__.flush()
        self._comm.Abort(1)
        raise SystemExit(1)


def current_ranks(environment: Mapping[str, str] = os.environ) -> Ranks:
    """Return the ranks that mpiexec or srun started, or the only one of a program that runs alone.

    Parameters
    ----------
    environment : mapping of str to str
        Environment variables, in which a launcher says how many processes it started.

    Raises
    ------
    InputError
        If there are several, and mpi4py is not installed or belongs to another MPI.

    Examples
    --------
    >>> current_ranks({}).count
    1
    """
    names = SIZES if "PMIX_RANK" in environment else SIZES[:2]
    counts = [environment.get(name, "") for name in names]
    wanted = max((int(text) for text in counts if text.isdecimal()), default=1)
    if wanted < 2:
        return Ranks()
    mpi = optional_module("mpi4py.MPI", "mpi4py", "training on several machines")
    ranks = MPIRanks(mpi.COMM_WORLD)
    if ranks.count != wanted:
        raise InputError(
            "MPI",
            expected=f"{wanted} ranks, as the launcher started",
            found=str(ranks.count),
            advice="Use the mpiexec of the MPI that mpi4py was built with: python -m mpi4py --mpi-lib-version.",
        )
    return ranks
