"""Teams of processes: barriers, failures and termination."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend import team as team_module
from backend.team import Team, TeamError, can_share

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not can_share(), reason="processes cannot share memory on this system")


def is_alive(pid):
    """Return whether the process is there and no mere entry in a table."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid, seconds=10.0):
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


def test_a_single_process_does_not_wait():
    team = Team(1)
    with team.started(lambda: pytest.fail("nobody else is there")):
        for _ in range(3):
            team.wait()
    assert team.share(7) == slice(0, 7)
    assert type(team.zeros(np, (2, 3), "float32")) is np.ndarray


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("total", [0, 1, 4, 17])
def test_shares_cover_everything_once_and_evenly(size, total):
    team = Team(size)
    shares = [range(total)[team.share(total, rank)] for rank in range(size)]
    assert [thing for share in shares for thing in share] == list(range(total))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    team.rank = size - 1
    assert range(total)[team.share(total)] == shares[-1]


@pytest.mark.parametrize("size", [2, 3])
def test_no_process_leaves_a_barrier_before_all_have_reached_it(size):
    team = Team(size)
    came, seen = team.zeros(np, (size,), "int64"), team.zeros(np, (size, 200), "int64")

    def work():
        for meeting in range(200):
            came[team.rank] += 1
            team.wait()
            seen[team.rank, meeting] = came.min()
            team.wait()

    with team.started(work):
        work()
    assert (seen == np.arange(1, 201)).all()


def test_only_what_zeros_made_is_shared():
    team = Team(2)
    shared, own = team.zeros(np, (2,), "float32"), np.zeros(2)

    def work():
        shared[team.rank], own[team.rank] = 1.0, 1.0
        team.wait()

    with team.started(work):
        work()
    assert shared.tolist() == [1.0, 1.0]
    assert own.tolist() == [1.0, 0.0]
    assert shared.dtype == np.float32
    assert shared.flags.writeable


def test_a_slow_process_is_waited_for(monkeypatch):
    monkeypatch.setattr(team_module, "GLANCES", 1)
    team = Team(2)
    done = team.zeros(np, (1,), "int64")

    def work():
        if team.rank:
            time.sleep(0.1)
            done[0] = 1
        team.wait()

    with team.started(work):
        work()
        assert done[0] == 1


def test_an_error_in_a_copy_reaches_the_caller():
    def work():
        if team.rank:
            raise ValueError("three is too many")
        team.wait()

    team = Team(2)
    with team.started(work):
        (pid,) = team._pids
        with pytest.raises(TeamError, match=r"it failed: ValueError: three is too many.*workers=1"):
            work()
    assert not is_alive(pid)


def test_a_copy_that_is_killed_is_missed():
    def work():
        if team.rank:
            os.kill(os.getpid(), signal.SIGKILL)
        team.wait()

    team = Team(2)
    with team.started(work), pytest.raises(TeamError, match="it ended with status -9"):
        work()


def test_a_copy_that_hangs_is_given_up_and_ended(monkeypatch):
    monkeypatch.setattr(team_module, "PATIENCE", 0.1)
    monkeypatch.setattr(team_module, "GOODBYE", 0.1)

    def work():
        if team.rank:
            time.sleep(100)
        team.wait()

    team = Team(2)
    with team.started(work):
        (pid,) = team._pids
        with pytest.raises(TeamError, match="no progress"):
            work()
    assert not is_alive(pid)


@pytest.mark.parametrize("fails", [False, True])
def test_copies_end_with_the_block_however_it_ends(fails):
    def work():
        while True:
            team.wait()

    team = Team(3)
    try:
        with team.started(work):
            pids = list(team._pids)
            assert all(map(is_alive, pids))
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert len(pids) == 2
    assert not any(map(is_alive, pids))
    with pytest.raises(ChildProcessError):
        os.waitpid(pids[0], 0)  # nothing is left to be collected


def test_copies_do_not_outlive_a_caller_that_is_killed():
    program = """if True:
        import sys, time
        from backend.team import Team
        team = Team(2)
        def work():
            while True:
                team.wait()
        with team.started(work):
            print(*team._pids, flush=True)
            time.sleep(100)
        """
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as caller:
        pid = int(caller.stdout.readline())
        assert is_alive(pid)
        caller.kill()
    assert ends(pid)


def test_an_interruption_is_the_callers_affair():
    team = Team(2)
    came = team.zeros(np, (1,), "int64")

    def work():
        team.wait()
        if team.rank:
            os.kill(os.getpid(), signal.SIGINT)
            came[0] = 1
        team.wait()

    with team.started(work):
        work()
    assert came[0] == 1


def test_where_there_is_no_room_for_another_process(monkeypatch):
    def no_room():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_room)
    with pytest.raises(TeamError, match=r"could not be started.*Resource temporarily unavailable"):
        Team(2).started(lambda: None)


@pytest.mark.parametrize(
    ("platform", "machine", "possible"),
    [("linux", "x86_64", True), ("linux", "aarch64", False), ("darwin", "x86_64", False), ("win32", "", False)],
)
def test_where_processes_can_share_memory(monkeypatch, platform, machine, possible):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(os, "uname", lambda: type("Uname", (), {"machine": machine}))
    assert can_share() is possible
