"""Workers that are slow, die, or are many."""

import asyncio
import os
import time
from multiprocessing import resource_tracker

import pytest

from web.server.errors import Refusal
from web.server.workers import Workers


@pytest.fixture
def no_worker_is_left(request):
    """As `no_process_is_left`, but for the helper process of multiprocessing, which stays."""
    resource_tracker.ensure_running()
    request.getfixturevalue("no_process_is_left")


def test_processes_compute_in_parallel_and_survive_the_death_of_one(no_worker_is_left):
    async def scenario():
        workers = Workers(1, 60.0)
        try:
            await workers.warm_up(os.getpid)
            first = await workers.call(os.getpid)
            assert first != os.getpid()
            with pytest.raises(Refusal) as died:
                await workers.call(os._exit, 3)
            return first, died.value.status, await workers.call(os.getpid)
        finally:
            workers.close()

    first, status, second = asyncio.run(scenario())
    assert status == 503
    assert second not in (first, os.getpid())


def test_a_call_that_takes_too_long_is_ended_with_its_process(no_worker_is_left):
    async def scenario():
        workers = Workers(1, 60.0)
        try:
            await workers.warm_up(os.getpid)
            workers.seconds = 0.2
            with pytest.raises(Refusal) as late:
                await workers.call(time.sleep, 3600)
            workers.seconds = 60.0
            return late.value, await workers.call(os.getpid)
        finally:
            workers.close()

    late, pid = asyncio.run(scenario())
    assert late.status == 503
    assert "0.2 s" in late.expected
    assert pid != os.getpid()


def test_the_end_does_not_wait_for_a_call(no_worker_is_left):
    async def scenario():
        workers = Workers(1, 60.0)
        await workers.warm_up(os.getpid)
        call = asyncio.ensure_future(workers.call(time.sleep, 3600))
        await asyncio.sleep(0.2)
        workers.close()
        with pytest.raises(Refusal):
            await call

    begun = time.monotonic()
    asyncio.run(scenario())
    assert time.monotonic() - begun < 30


def test_threads_are_of_this_process_and_errors_arrive():
    async def scenario():
        workers = Workers(0, 60.0)
        try:
            with pytest.raises(ZeroDivisionError):
                await workers.call(divmod, 1, 0)
            return await workers.call(os.getpid)
        finally:
            workers.close()

    assert asyncio.run(scenario()) == os.getpid()
