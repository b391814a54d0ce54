"""The training itself, in this process."""

import io
import itertools

import pytest

from classes import NeuralNetwork
from interface.console import Console
from training.config import TrainingConfig
from web.server.training import child
from web.server.training.child import Watcher, train, watched

SMALL = {"preset": "fast", "data": "embedded", "epochs": 3, "hidden_sizes": [16], "workers": 1}


@pytest.fixture
def told():
    return []


@pytest.fixture
def run(told, tmp_path):
    def run(**settings):
        console = Console(io.StringIO(), io.StringIO(), io.StringIO())
        output = {"output": str(tmp_path / "trained.pkl")}
        train(SMALL | output | settings, lambda event, content: told.append((event, dict(content))), console)
        return told[-1]

    return run


def test_a_training_tells_its_story(run, told, tmp_path):
    event, end = run()
    assert (event, end["state"], end["model"]) == ("end", "finished", "trained.pkl")
    network = NeuralNetwork.load_model(tmp_path / "trained.pkl")
    assert end["test_accuracy"] == network.info["test_accuracy"] > 0.5
    epochs = [content for event, content in told if event == "epoch"]
    assert [record["epoch"] for record in epochs] == [1, 2, 3]
    assert [record["val_accuracy"] for record in epochs] == network.history.column("val_accuracy")
    events = [event for event, _ in told]
    assert events.index("weights") < events.index("epoch")
    assert told[0][1]["config"]["hidden_sizes"] == "16"
    assert told[1] == ("state", {"state": "running", "epochs": 3, "steps": len(told[1:]) and told[1][1]["steps"]})


def test_weights_are_those_of_the_first_units(run, told, tmp_path):
    run()
    last = [content for event, content in told if event == "weights"][-1]
    assert last["shape"] == [28, 28]
    W = NeuralNetwork.load_model(tmp_path / "trained.pkl").stack.parameters.view("0.W").T
    assert len(last["units"]) == 16
    for unit, row in zip(last["units"], W, strict=True):
        assert max(map(abs, unit)) == 127
        assert unit == pytest.approx(127 * row / abs(row).max(), abs=0.51)


def test_filters_are_shown_in_their_own_shape(run, told):
    assert run(layers="4C3-MP2", epochs=1)[1]["state"] == "finished"
    assert [content["shape"] for event, content in told if event == "weights"][-1] == [3, 3]


def test_a_stopped_training_keeps_its_best_epoch(run, told, tmp_path, monkeypatch):
    whole = child.Watcher.__call__

    def interrupted(self, record):
        whole(self, record)
        if record.epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(child.Watcher, "__call__", interrupted)
    _, end = run()
    assert (end["state"], end["best_epoch"]) == ("stopped", 1)
    assert [content["epoch"] for event, content in told if event == "epoch"] == [1, 2]
    assert NeuralNetwork.load_model(tmp_path / "trained.pkl").history.chosen_epoch == 1


def test_one_that_is_stopped_before_its_first_epoch_leaves_nothing(run, tmp_path, monkeypatch):
    def interrupted(self, trainer):
        raise KeyboardInterrupt

    monkeypatch.setattr(child.Watcher, "begin", interrupted)
    assert run()[1] == {"state": "stopped"}
    assert not (tmp_path / "trained.pkl").exists()


@pytest.mark.parametrize(
    ("settings", "found"), [({"learning_rate": 1e30, "optimizer": "sgd"}, None), ({"batch_size": 0}, "0")]
)
def test_a_training_that_cannot_be(run, settings, found):
    event, end = run(**settings)
    assert (event, end["state"]) == ("end", "failed")
    assert set(end["error"]) == {"what", "expected", "found", "advice"}
    assert found is None or end["error"]["found"] == found


def test_steps_are_told_five_times_a_second(run, told, monkeypatch):
    ticks = itertools.count()
    begin = child.Watcher.__init__
    monkeypatch.setattr(child.Watcher, "__init__", lambda self, tell: begin(self, tell, lambda: next(ticks) / 100))
    run(epochs=1, batch_size=16)
    steps = [content["step"] for event, content in told if event == "step"]
    assert 2 <= len(steps) < 30
    assert steps == sorted(set(steps))


def test_watching_changes_no_setting():
    config = TrainingConfig(epochs=3, moving_average=0.99)
    seen = watched(config, watcher := Watcher(lambda event, content: None))
    assert seen.to_dict() == config.to_dict()
    assert seen.callbacks()[-1] is watcher
    assert len(seen.callbacks()) == len(config.callbacks()) + 1
