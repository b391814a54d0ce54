"""Training on several ranks of MPI, which are processes of this machine here."""

import os
import pickle
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from backend.ranks import Ranks
from tests.engine.ranks import program as rank_program
from tests.engine.ranks.starting import NEEDS_MPI, finished, start

pytestmark = NEEDS_MPI
LAYOUTS = {"2 ranks": (2, 1), "3 ranks": (3, 1), "2 ranks of 2 processes": (2, 2)}


def program(folder, ranks, workers, states=None):
    """Return the results of `tests.engine.ranks.program`."""
    output = folder / f"{ranks}x{workers}{'-resumed' if states else ''}.pkl"
    if not output.exists():
        finished(start(ranks, "-m", "tests.engine.ranks.program", output, workers, *([states] if states else [])))
    return pickle.loads(output.read_bytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ranks")


@pytest.fixture(scope="module")
def alone():
    return {name: rank_program.train(name, Ranks(), 1) for name in rank_program.TRAININGS}


@pytest.mark.parametrize(("ranks", "workers"), LAYOUTS.values(), ids=LAYOUTS)
def test_ranks_compute_what_one_process_computes(folder, alone, ranks, workers):
    found = program(folder, ranks, workers)
    for name in rank_program.EXACT:
        np.testing.assert_allclose(found[name]["values"], alone[name]["values"], rtol=0, atol=1e-8, err_msg=name)
        np.testing.assert_allclose(found[name]["history"], alone[name]["history"], rtol=1e-9, err_msg=name)
    for name in ("dropped", "augmented"):  # with other random numbers, but of the same kind
        assert abs(found[name]["history"][-1][0] - alone[name]["history"][-1][0]) < 0.3


def test_ranks_give_the_bits_of_processes_that_share_memory(folder):
    found = program(folder, 2, 1)
    for name in ("plain", "clipped", "accumulated", "weighted", "dropped", "augmented"):
        shared = rank_program.train(name, Ranks(), 2)
        np.testing.assert_allclose(found[name]["values"], shared["values"], rtol=0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(("ranks", "workers"), [(2, 1), (2, 2)])
def test_a_resumed_training_ends_with_the_same_bits(folder, ranks, workers):
    whole = program(folder, ranks, workers)
    resumed = program(folder, ranks, workers, folder / f"{ranks}x{workers}.pkl")
    for name, found in resumed.items():
        np.testing.assert_array_equal(found["values"], whole[name]["values"], err_msg=name)


@pytest.mark.parametrize(("ranks", "workers"), [(3, 1), (1, 1)])
def test_a_training_is_resumed_with_another_number_of_ranks(folder, alone, ranks, workers):
    program(folder, 2, 1)
    if ranks == 1:
        saved = pickle.loads((folder / "2x1.pkl").read_bytes())
        states = {name: saved[name]["states"][0] for name in saved}
        resumed = {name: rank_program.train(name, Ranks(), workers, states[name]) for name in states}
    else:
        resumed = program(folder, ranks, workers, folder / "2x1.pkl")
    for name in rank_program.EXACT:
        np.testing.assert_allclose(resumed[name]["values"], alone[name]["values"], rtol=0, atol=1e-8, err_msg=name)
    for name in ("dropped", "augmented"):
        assert abs(resumed[name]["history"][-1][0] - alone[name]["history"][-1][0]) < 0.3


def test_an_error_of_one_rank_ends_all_and_is_said_with_its_number(tmp_path):
    code = """
from backend.ranks import current_ranks
ranks = current_ranks()
with ranks.together():
    if ranks.number == 1:
        raise ZeroDivisionError("of one rank")
    ranks.all(0)
"""
    process = start(2, "-c", code, cwd=tmp_path)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert f"Rank 1 on {Ranks.host}: ZeroDivisionError: of one rank" in err


def test_a_killed_rank_ends_the_training_and_it_resumes_to_the_same_bits(tmp_path):
    def kept(name, states):
        return start(2, "-m", "tests.engine.ranks.program", tmp_path / name, "kept", tmp_path / states)

    finished(kept("whole.npy", "undisturbed"))
    for kills in range(2):
        process = kept("resumed.npy", "killed")
        before = (tmp_path / "killed").read_bytes() if kills else None
        while not (tmp_path / "killed").exists() or (tmp_path / "killed").read_bytes() == before:
            time.sleep(0.01)
        victim = victims_of(process.pid)[-1 - kills]
        os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        out, err = process.communicate(timeout=60)
        assert process.returncode != 0
        assert time.monotonic() - began < 10
        assert str(victim) in out + err
    finished(kept("resumed.npy", "killed"))
    np.testing.assert_array_equal(np.load(tmp_path / "resumed.npy"), np.load(tmp_path / "whole.npy"))


def victims_of(pid):
    """Return the ranks among the descendants of a process: those that run Python."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        if Path(os.fsdecode(command[0])).name.startswith("python"):
            found.append(int(child))
        found += victims_of(int(child))
    return found
