"""Trainings in a process of their own: one at a time, seen by all, stopped by anybody."""

import asyncio
import json

import pytest

from backend.errors import InputError
from web.server.errors import Refusal
from web.server.training.manager import TrainingManager, _best, _thinned

SMALL = {"preset": "fast", "data": "embedded", "epochs": 2, "hidden_sizes": [8], "workers": 1}


@pytest.fixture
def places(tmp_path):
    return {"output": str(tmp_path / "trained.pkl")}


async def events(manager):
    """Return the events that a listener receives until the end of a training, as name and content."""
    found = []
    async for text in manager.listen():
        if text.startswith(":"):
            continue
        name, data = text.strip().split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
        if found[-1][0] == "end":
            break
    return found


def test_all_listeners_see_the_same_training(places, no_process_is_left):
    async def scenario():
        manager = TrainingManager(places)
        begun = await manager.start(SMALL)
        assert begun["state"] == "starting"
        with pytest.raises(Refusal) as second:
            await manager.start(SMALL)
        assert second.value.status == 409
        one, other = await asyncio.gather(events(manager), events(manager))
        late = [text async for text in _first(manager)]
        await manager.close()
        return one, other, late, manager.state

    one, other, late, state = asyncio.run(scenario())
    assert one[1:] == other[1:]
    assert (state["state"], state["model"], state["error"]) == ("finished", "trained.pkl", None)
    assert [record["epoch"] for record in state["history"]] == [1, 2]
    assert one[-1] == ("end", state)
    assert "finished" in late[0]


async def _first(manager):
    async for text in manager.listen():
        yield text
        break


def test_stopping_keeps_the_best_epoch(places, tmp_path, no_process_is_left):
    async def scenario():
        manager = TrainingManager(places)
        with pytest.raises(Refusal):
            manager.stop()
        await manager.start(SMALL | {"epochs": 100_000})
        async for text in manager.listen():
            if text.startswith("event: epoch"):
                break
        assert manager.stop()["state"] == "stopping"
        assert manager.stop()["state"] == "stopping"
        await asyncio.wait_for(manager._follower, 60)
        return manager.state

    state = asyncio.run(scenario())
    assert state["state"] == "stopped"
    assert state["best_epoch"] >= 1
    assert (tmp_path / "trained.pkl").is_file()


def test_the_end_of_the_server_is_the_end_of_its_training(places, tmp_path, no_process_is_left):
    async def scenario():
        manager = TrainingManager(places)
        await manager.start(SMALL | {"epochs": 100_000})
        listener = asyncio.create_task(events(manager))
        async for text in manager.listen():
            if text.startswith("event: epoch"):
                break
        await manager.close()
        await asyncio.wait_for(listener, 5)
        with pytest.raises(Refusal):
            await manager.start(SMALL)
        return manager.state

    assert asyncio.run(scenario())["state"] == "stopped"
    assert (tmp_path / "trained.pkl").is_file()


def test_stopping_at_once_is_no_failure(places, tmp_path, no_process_is_left):
    async def scenario():
        manager = TrainingManager(places)
        await manager.start(SMALL | {"epochs": 100_000})
        manager.stop()
        await asyncio.wait_for(manager._follower, 60)
        return manager.state

    state = asyncio.run(scenario())
    assert (state["state"], state["model"], state["error"]) == ("stopped", None, None)


def test_a_training_that_does_not_stop_is_killed(places, no_process_is_left):
    async def scenario():
        manager = TrainingManager(places)
        await manager.start(SMALL | {"epochs": 100_000})
        async for text in manager.listen():
            if text.startswith("event: epoch"):
                break
        await manager.close(seconds=0.0)
        return manager._child.returncode

    assert asyncio.run(scenario()) < 0


def test_a_child_that_dies_is_a_failure(places, no_process_is_left):
    async def scenario():
        manager = TrainingManager(places)
        await manager.start(SMALL | {"epochs": 100_000})
        manager._child.kill()
        await asyncio.wait_for(manager._follower, 60)
        first = manager.state
        await manager.start(SMALL)
        await asyncio.wait_for(manager._follower, 60)
        return first, manager.state

    first, second = asyncio.run(scenario())
    assert first["state"] == "failed"
    assert set(first["error"]) == {"what", "expected", "found", "advice"}
    assert (second["state"], second["error"]) == ("finished", None)


def test_wrong_settings_start_nothing(places):
    manager = TrainingManager(places)
    with pytest.raises(InputError):
        asyncio.run(manager.start({"epochs": "many"}))
    assert manager.state["state"] == "idle"


def test_a_listener_that_does_not_keep_up_is_sent_away():
    async def scenario():
        manager = TrainingManager()
        stream = manager.listen()
        await anext(stream)
        for number in range(500):
            manager._publish("step", {"step": number})
        rest = [text async for text in stream]
        assert len(rest) < 300
        assert not manager._listeners

    asyncio.run(scenario())


def test_there_is_a_limit_to_listeners():
    async def scenario():
        manager = TrainingManager()
        streams = [manager.listen() for _ in range(33)]
        for stream in streams[:-1]:
            await anext(stream)
        with pytest.raises(Refusal) as caught:
            await anext(streams[-1])
        assert caught.value.status == 503
        for stream in streams:
            await stream.aclose()

    asyncio.run(scenario())


def test_curves_stay_short_and_keep_their_end():
    curve = []
    for number in range(5000):
        curve = _thinned([*curve, {"step": number}])
        assert curve[-1]["step"] == number
        assert len(curve) <= 600
    steps = [point["step"] for point in curve]
    assert steps == sorted(steps)


def test_the_best_epoch_is_that_of_the_highest_accuracy_then_the_lowest_loss():
    records = [(0.9, 0.3), (0.95, 0.4), (0.95, 0.2), (0.94, 0.1)]
    history = [{"epoch": n, "val_accuracy": a, "val_loss": b} for n, (a, b) in enumerate(records, 1)]
    assert _best(history) == 3
    assert _best([{"epoch": n, "val_accuracy": None, "val_loss": None} for n in (1, 2)]) == 2
