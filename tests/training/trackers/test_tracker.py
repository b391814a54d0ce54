"""What all trackers do."""

import pytest

from classes.training.records import EpochRecord
from tests.helpers.small import small_dataset, small_network
from training.trackers.tracker import METRICS, Tracker, as_text, metrics_of

RECORD = EpochRecord(3, 5, 0.5, 0.9, 0.6, 0.8, 0.01, 2.0, 100.0)


class Failing(Tracker):
    """A tracker whose disk is full at the second epoch."""

    def __init__(self):
        self.seen, self.told, self.ended = [], [], []
        self.notify = self.told.append

    def record(self, record):
        if record.epoch == 2:
            raise OSError("no space left\nmore about it")
        self.seen.append(record.epoch)

    def end(self, history):
        self.ended.append("end")

    def abort(self, error):
        self.ended.append(type(error).__name__)


def train(tracker, **more):
    data = small_dataset()
    network = small_network(data, epochs=0)
    options = {"epochs": 3, "batch_size": 20, "callbacks": [tracker], "workers": 1} | more
    return network, network.train_epochs(data.X_train, data.y_train, data.X_test, data.y_test, **options)


def test_all_metrics_have_names():
    assert set(metrics_of(RECORD)) == set(METRICS.values())
    assert metrics_of(RECORD)["accuracy/validation"] == 0.8


def test_settings_become_text():
    assert as_text(None) == {}
    assert as_text({"a": (1, 2), "b": None, "c": True}) == {"a": "1, 2", "c": "True"}


def test_an_epoch_that_cannot_be_recorded_does_not_end_the_training():
    tracker = Failing()
    _, records = train(tracker)
    assert len(list(records)) == 3
    assert tracker.seen == [1, 3]
    assert tracker.told == ["Failing has no record of epoch 2: no space left"]
    assert tracker.ended == ["end"]


def test_warnings_are_the_default():
    tracker = Failing()
    del tracker.notify
    with pytest.warns(UserWarning, match="no record of epoch 2"):
        list(train(tracker)[1])


def test_a_tracker_is_told_how_a_training_ended():
    tracker = Failing()

    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(train(tracker, on_step=interrupt)[1])
    assert tracker.ended == ["KeyboardInterrupt"]
    _, records = train(abandoned := Failing())
    next(records)
    records.close()
    assert abandoned.ended == ["GeneratorExit"]


def test_trackers_may_come_and_go_when_a_training_is_resumed():
    states = []
    _, records = train(Failing(), on_checkpoint=states.append, checkpoint_every=1)
    list(records)
    for callbacks in ([], [Failing(), Failing()]):
        network, records = train(Failing(), callbacks=callbacks, resume=states[0])
        assert [record.epoch for record in records] == [2, 3]
        assert network.history.records[0].epoch == 1
