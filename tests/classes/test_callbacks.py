"""Callbacks: best weights, early stopping and others."""

import csv
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from backend import InputError, NumpyBackend
from classes import DivergenceError
from classes.callbacks import (
    BestWeights,
    Callback,
    CSVLogger,
    EarlyStopping,
    ExponentialMovingAverage,
    ReduceLROnPlateau,
    TerminateOnNaN,
    TimeLimit,
)  # fmt: skip
from classes.layers.parameters import ParameterVector
from classes.training.records import History
from tests.helpers.tiny import X_VAL, Y_VAL, X, Y, assert_same_bits, tiny, trained, values
from tests.helpers.trainings import WORKERS, Explode, epoch_record

pytestmark = pytest.mark.usefixtures("no_process_is_left")


def watched(*figures):
    """Watch epochs with the given (accuracy, loss); during epoch k the weights become k."""
    parameters = ParameterVector(np, {"b": (2,)}, "float32")
    best = BestWeights()
    best.begin(SimpleNamespace(stack=SimpleNamespace(backend=NumpyBackend(), parameters=parameters)))
    for epoch, (accuracy, loss) in enumerate(figures, start=1):
        parameters.values[...] = epoch
        assert best(epoch_record(epoch, accuracy, loss)) is None
    return best, parameters


@pytest.mark.parametrize(
    ("figures", "chosen"),
    [
        ([(0.5, 1.0), (0.9, 0.9), (0.7, 0.1)], 2),  # accuracy decides
        ([(0.9, 1.0), (0.9, 0.5), (0.9, 0.7)], 2),  # then the lower loss
        ([(0.9, 0.5), (0.9, 0.5)], 1),  # then the earlier epoch
        ([(0.1, 3.0), (0.2, 2.0), (0.3, 1.0)], 3),
        ([(None, None), (None, None)], 2),  # without validation data, the last
        ([(0.9, None), (0.1, None)], 2),  # nor with half of it
        ([(None, 0.1), (None, 0.9)], 2),
        ([(0.0, 9.0)], 1),
    ],
)
def test_the_best_epoch_is_kept_and_restored(figures, chosen):
    best, parameters = watched(*figures)
    parameters.values[...] = -1.0
    history = History()
    assert best.restore_weights(history) is True
    assert parameters.values.tolist() == [chosen, chosen]
    assert best.epoch == history.chosen_epoch == chosen


def test_the_copy_does_not_follow_the_weights():
    best, parameters = watched((0.5, 1.0))
    parameters.values[...] = 7.0
    assert best.values.tolist() == [1.0, 1.0]


def test_before_the_first_epoch_there_is_nothing_to_restore():
    best, parameters = watched()
    parameters.values[...] = 7.0
    history = History()
    assert best.restore_weights(history) is False
    assert history.chosen_epoch is None
    assert parameters.values.tolist() == [7.0, 7.0]


# --- plain functions, order, errors ---------------------------------------------------------------------------------


def test_a_plain_function_gets_every_record_as_it_comes():
    seen, taken = [], []
    for one in tiny().train_epochs(X, Y, X_VAL, Y_VAL, 3, callbacks=[seen.append]):
        taken.append(one)
        assert seen == taken  # asked before the record is handed out
    assert [one.epoch for one in seen] == [1, 2, 3]


@pytest.mark.parametrize("answer", [True, np.True_])
def test_a_plain_function_ends_the_training_by_returning_true(answer):
    asked = []
    net = trained(epochs=9, callbacks=[lambda one: answer if one.epoch == 3 else None, asked.append])
    assert len(net.history) == len(asked) == 3  # the others are asked about the last epoch too
    assert_same_bits(net, trained(epochs=3))


@pytest.mark.parametrize("answer", [None, False, np.False_, 0, 1, "stop", [True], np.ones(3)], ids=str)
def test_nothing_else_ends_it(answer):
    assert len(trained(callbacks=[lambda one: answer]).history) == 2


class Noting(Callback):
    def __init__(self, name, notes, ends=False):
        self.name, self.notes, self.ends = name, notes, ends

    def begin(self, trainer):
        self.notes.append(f"{self.name} begins")
        assert trainer.history.records == []

    def __call__(self, one):
        self.notes.append(f"{self.name} {one.epoch}")
        return self.ends and one.epoch == 2

    def end(self, history):
        self.notes.append(f"{self.name} ends after {len(history)}")


@pytest.mark.parametrize("ends", [False, True])
def test_callbacks_are_asked_in_their_order_from_beginning_to_end(ends):
    notes = []
    trained(epochs=9 if ends else 2, callbacks=[Noting("A", notes, ends), notes.append, Noting("B", notes)])
    assert [note if isinstance(note, str) else note.epoch for note in notes] == [
        "A begins", "B begins", "A 1", 1, "B 1", "A 2", 2, "B 2", "A ends after 2", "B ends after 2",
    ]  # fmt: skip


def test_callbacks_may_come_from_an_iterator_and_serve_again():
    seen, stopping = [], EarlyStopping("train_loss", patience=1, min_delta=10.0)
    net = trained(epochs=9, callbacks=(call for call in [seen.append, stopping]))
    assert len(seen) == len(net.history) == 2
    trained(epochs=9, net=net, callbacks=[stopping])
    assert len(net.history) == 2


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (EarlyStopping("train_loss"), r"^callbacks: expected a list, found EarlyStopping"),
        (None, r"^callbacks: expected a list, found NoneType"),
        ([print, 3], r"^callback 2: expected a function of an EpochRecord, found int"),
        (["EarlyStopping"], r"^callback 1: .*found str"),
    ],
)
def test_what_cannot_be_called_is_refused_at_the_call(callbacks, message):
    with pytest.raises(InputError, match=message):
        tiny().train_epochs(X, Y, callbacks=callbacks)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("place", ["begin", "__call__", "end"])
def test_a_callback_that_raises_leaves_no_process_behind_and_a_network_that_can_continue(workers, place, monkeypatch):
    def fail(*_):
        raise ArithmeticError(place)

    monkeypatch.setattr(Noting, place, fail)
    net = tiny()
    with pytest.raises(ArithmeticError, match=place):
        trained(net=net, workers=workers, callbacks=[Noting("A", [])])
    assert net.stack.parameters.values.base is None
    epochs = {"begin": 0, "__call__": 1, "end": 2}[place]
    assert len(net.history) == epochs
    if epochs:
        np.testing.assert_array_equal(values(net), values(trained(epochs=epochs, workers=workers)))
    trained(net=net, workers=workers)


# --- records as CSV, divergence, time -------------------------------------------------------------------------------


def test_the_csv_file_is_whole_after_every_epoch_and_pandas_reads_it(tmp_path):
    import pandas as pd

    path, rows = tmp_path / "deep" / "log.csv", []

    def look(one):
        table = pd.read_csv(path)
        rows.append(len(table))
        assert table.iloc[-1].to_dict() == pytest.approx(asdict(one), rel=1e-14)

    history = trained(X, Y, X_VAL, Y_VAL, epochs=3, callbacks=[CSVLogger(path), look]).history
    assert rows == [1, 2, 3]
    assert [file.name for file in path.parent.iterdir()] == ["log.csv"]
    for row, one in zip(csv.DictReader(path.read_text(encoding="utf-8").splitlines()), history, strict=True):
        assert {name: float(figure) for name, figure in row.items()} == asdict(one)  # to the last bit
    trained(epochs=1, callbacks=[CSVLogger(str(path))])  # an older one is replaced
    assert pd.read_csv(path)[["val_loss", "val_accuracy"]].isna().all(axis=None)
    assert len(pd.read_csv(path)) == 1


@pytest.mark.parametrize("workers", WORKERS)
def test_a_divergence_that_is_forgiven_ends_quietly_with_the_weights_from_before(workers):
    options = {"batch_size": 5, "workers": workers}
    with pytest.raises(DivergenceError):
        trained(net=tiny(activation="relu"), epochs=5, callbacks=[Explode()], **options)
    notes = []
    callbacks = [Explode(), TerminateOnNaN(), Noting("last", notes)]
    net = trained(net=tiny(activation="relu"), epochs=5, callbacks=callbacks, **options)
    assert_same_bits(net, trained(net=tiny(activation="relu"), epochs=1, **options))
    assert notes == ["last begins", "last 1", "last ends after 1"]
    trained(net=net, **options)
    assert np.isfinite(values(net)).all()


def test_a_divergence_in_the_first_epoch_is_forgiven_too():
    net = trained(
        net=tiny(activation="relu", learning_rate=1e300), epochs=5, batch_size=5, callbacks=[TerminateOnNaN()]
    )
    assert len(net.history) == 0
    assert_same_bits(net, tiny(activation="relu"))


@pytest.mark.parametrize(
    ("clock", "seconds", "epochs"),
    [
        ([0, 10, 20, 30, 40], 35, 3),  # a fourth would end at 40
        ([0, 10, 20, 30, 40, 50], 40, 4),  # may end at 40
        ([5, 15, 35], 45, 2),  # the last epoch is what the next is reckoned by
        ([0, 10], 1, 1),  # one is always done
    ],
)
def test_no_epoch_begins_that_would_end_too_late(clock, seconds, epochs, monkeypatch):
    ticks = iter(clock)
    monkeypatch.setattr("classes.callbacks.time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    assert len(trained(epochs=20, callbacks=[TimeLimit(seconds)]).history) == epochs


@pytest.mark.parametrize(
    ("kind", "name", "bad"),
    [
        (EarlyStopping, "monitor", "loss"),
        (EarlyStopping, "patience", 0),
        (EarlyStopping, "patience", 1.5),
        (EarlyStopping, "min_delta", -1.0),
        (ReduceLROnPlateau, "monitor", None),
        (ReduceLROnPlateau, "factor", 1.0),
        (ReduceLROnPlateau, "factor", 0.0),
        (ReduceLROnPlateau, "patience", -1),
        (ReduceLROnPlateau, "min_delta", float("nan")),
        (ReduceLROnPlateau, "min_lr", -0.1),
        (ReduceLROnPlateau, "cooldown", -1),
        (TimeLimit, "seconds", 0),
        (TimeLimit, "seconds", "60"),
        (ExponentialMovingAverage, "decay", 1.0),
        (ExponentialMovingAverage, "decay", 0.0),
    ],
)
def test_settings_that_will_not_do_are_refused_by_name(kind, name, bad):
    with pytest.raises(InputError, match=f"^{name}: expected .*, found "):
        kind(**{name: bad})
