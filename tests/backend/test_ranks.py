"""Ranks: the one of a program that runs alone, and what a launcher says; tests/engine/ranks runs several."""

import sys

import numpy as np
import pytest

from backend.errors import InputError
from backend.ranks import SIZES, Ranks, current_ranks


def test_a_program_that_runs_alone_has_nothing_to_share():
    ranks, vector = Ranks(), np.arange(3.0)
    ranks.add_up(vector)
    ranks.finish([ranks.send(vector, 0), ranks.receive(vector, 0)])
    ranks.progress([])
    assert vector.tolist() == [0.0, 1.0, 2.0]
    assert (ranks.first("a"), ranks.all("a"), ranks.describe()) == ("a", ["a"], "")
    assert (ranks.count, ranks.number, ranks.here, ranks.is_first) == (1, 0, 1, True)


def test_errors_of_a_program_that_runs_alone_are_its_own():
    with pytest.raises(KeyError), Ranks().together():
        raise KeyError


@pytest.mark.parametrize(
    "environment", [{}, {"PMI_SIZE": "1"}, {"OMPI_COMM_WORLD_SIZE": "no number"}, {"SLURM_STEP_NUM_TASKS": "8"}]
)
def test_one_process_of_a_launcher_runs_alone(environment):
    assert type(current_ranks(environment)) is Ranks


@pytest.mark.parametrize("name", SIZES)
def test_without_mpi4py_several_ranks_are_refused(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "mpi4py.MPI", None)
    with pytest.raises(InputError, match=r"training on several machines: .*pip install mpi4py"):
        current_ranks({name: "2", "PMIX_RANK": "0"})
