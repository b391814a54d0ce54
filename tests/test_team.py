"""Workers that do their shares at the same time, and fail as one."""

import threading

import numpy as np
import pytest

from backend.team import Team, at_full_speed


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_worker_does_its_share_once_a_run(size):
    done = np.zeros(size, dtype=int)

    def share(worker):
        done[worker] += 1

    with Team(size) as team:
        for run in range(1, 4):
            team.run(share)
            assert done.tolist() == [run] * size


def test_the_first_worker_is_the_caller_and_the_others_are_not():
    threads = [None] * 3
    with Team(3) as team:
        team.run(lambda worker: threads.__setitem__(worker, threading.get_ident()))
    assert threads[0] == threading.get_ident()
    assert len(set(threads)) == 3


def test_workers_run_side_by_side():
    meeting = threading.Barrier(3)  # which nobody leaves before all have come
    with Team(3) as team:
        team.run(lambda worker: meeting.wait(timeout=30))


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_reaches_the_caller_once_nobody_is_at_work_any_more(failing):
    finished = threading.Event()

    def share(worker):
        if worker == failing:
            raise ValueError(f"worker {worker}")
        threading.Event().wait(0.05)
        finished.set()

    with Team(2) as team:
        with pytest.raises(ValueError, match=f"worker {failing}"):
            team.run(share)
        assert finished.is_set()
        finished.clear()
        team.run(lambda worker: finished.set())  # the team is as good as new
        assert finished.is_set()


def test_threads_end_with_the_block():
    threads = [None] * 4
    with Team(4) as team:
        team.run(lambda worker: threads.__setitem__(worker, threading.current_thread()))
        assert all(thread.is_alive() for thread in threads)
    for thread in threads[1:]:
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_no_worker_warns_of_an_overflow():
    big = np.full(2, 1e300)

    def overflow(worker):
        with at_full_speed():
            assert np.isinf(big * big).all()

    with Team(2) as team:
        team.run(overflow)
        team.run(lambda worker: None if worker == 0 else np.isinf(big * big))


def test_settings_are_as_before_afterwards():
    before = np.geterr(), np.getbufsize()
    with at_full_speed():
        assert np.getbufsize() != before[1]
    assert (np.geterr(), np.getbufsize()) == before
