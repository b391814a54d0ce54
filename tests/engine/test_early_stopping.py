"""Early stopping and reduction of the learning rate."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from backend import InputError, NumpyBackend
from classes.callbacks import EarlyStopping, ReduceLROnPlateau
from classes.layers.parameters import ParameterVector
from classes.training.records import History
from tests.helpers.tiny import X, Y, assert_same_bits, tiny, trained, values
from tests.helpers.trainings import WORKERS, epoch_record

# --- early stopping -------------------------------------------------------------------------------------------------


def run(callback, figures, name="loss"):
    """Return after which of the epochs, with these validation figures, the callback ends the training, and itself."""
    parameters = ParameterVector(np, {"b": (2,)}, "float64")
    model = SimpleNamespace(backend=NumpyBackend(), parameters=parameters)
    callback.begin(SimpleNamespace(stack=model, validation=True, history=History()))
    for epoch, figure in enumerate(figures, start=1):
        parameters.values[...] = epoch
        if callback(epoch_record(epoch, **{name: figure})):
            return epoch
    return None


@pytest.mark.parametrize(
    ("options", "losses", "ends", "best"),
    [
        ({"patience": 1}, [3, 2, 2, 1], 3, 2),  # no better is not better
        ({"patience": 2}, [3, 2, 2.5, 1.9, 2, 1.9], 6, 4),  # progress begins the count anew
        ({"patience": 2}, [3, 2, 1], None, 3),
        ({"patience": 3}, [1, 2, 3], None, 1),  # patience lasts to the end, and yet the best is kept
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.51, 2.4], 3, 1),  # too little, twice
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.4, 2.0, 1.9], 5, 3),  # too little each, enough together
        ({"patience": 2}, [float("nan"), 2, float("inf"), float("nan")], 4, 2),
        ({}, [1, 2, 2, 2, 2, 2, 0], 6, 1),  # five by default
    ],
)
def test_patience_counts_epochs_in_a_row_without_progress(options, losses, ends, best):
    stopping = EarlyStopping(**options)
    assert run(stopping, losses) == ends
    history = History()
    stopping.end(history)
    assert history.chosen_epoch == stopping.epoch == best
    assert stopping.parameters.values.tolist() == [best, best]


def test_accuracies_shall_rise():
    stopping = EarlyStopping("val_accuracy", patience=2)
    assert run(stopping, [0.1, 0.5, 0.4, 0.5], "accuracy") == 4
    assert stopping.epoch == 2


def test_without_any_finite_figure_there_is_nothing_to_put_back():
    stopping, history = EarlyStopping(patience=2), History()
    assert run(stopping, [float("nan")] * 3) == 2
    stopping.end(history)
    assert history.chosen_epoch is None
    assert stopping.parameters.values.tolist() == [2.0, 2.0]


WRONG = (Y + 1) % 3  # validation labels that training unlearns


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping_ends_with_the_weights_of_the_best_epoch_bit_for_bit(restore, workers):
    seen, net = [], tiny(learning_rate=0.5)
    stopping = EarlyStopping(patience=3, restore_best_weights=restore)
    history = trained(
        X, Y, X, WRONG, net=net, epochs=60, workers=workers, callbacks=[stopping, lambda one: seen.append(values(net))]
    ).history
    losses = history.column("val_loss")
    best = losses.index(min(losses))
    assert len(history) == best + 4 < 60
    np.testing.assert_array_equal(values(net), seen[best] if restore else seen[-1])
    assert history.chosen_epoch == (best + 1 if restore else None)
    assert stopping.epoch == best + 1
    if restore:
        assert net.evaluate(X, WRONG) == (history.records[best].val_loss, history.records[best].val_accuracy)


@pytest.mark.parametrize("name", ["train_loss", "train_accuracy"])
def test_training_figures_can_be_watched_without_validation_data(name):
    history = trained(epochs=50, callbacks=[EarlyStopping(name, patience=2, min_delta=0.1)]).history
    figures = [-v if name == "train_loss" else v for v in history.column(name)]
    best, waited = -np.inf, 0
    for figure in figures:
        assert waited < 2
        best, waited = (figure, 0) if figure > best + (0.1 if waited or best > -np.inf else 0) else (best, waited + 1)
    assert waited == 2
    assert len(history) < 50


@pytest.mark.parametrize("callback", [EarlyStopping(), ReduceLROnPlateau("val_accuracy")], ids=["stop", "lower"])
def test_validation_figures_need_validation_data(callback):
    with pytest.raises(InputError, match=r"^a callback on val_.*: expected validation data, found none"):
        trained(callbacks=[callback])


# --- the learning rate on a plateau ---------------------------------------------------------------------------------


def rates(losses, base=1.0, name="loss", **options):
    """Return the rate of every epoch whose validation figures these are, and of the one after."""
    callback, trainer = ReduceLROnPlateau(**options), SimpleNamespace(validation=True, rate_scale=1.0)
    callback.begin(trainer)
    found = [base]
    for epoch, figure in enumerate(losses, start=1):
        assert callback(replace(epoch_record(epoch, **{name: figure}), learning_rate=found[-1])) is None
        found.append(base * trainer.rate_scale)
    return found


@pytest.mark.parametrize(
    ("options", "losses", "expected"),
    [
        ({"patience": 2, "factor": 0.5}, [3, 2, 2, 2, 2, 2], [1, 1, 1, 1, 0.5, 0.5, 0.25]),
        ({"patience": 2, "factor": 0.5}, [3, 3, 2, 2, 1, 1], [1] * 7),
        ({"patience": 1, "factor": 0.5}, [1, 0.99995, 0.9998], [1, 1, 0.5, 0.5]),  # min_delta is 1e-4
        ({"patience": 1, "factor": 0.5, "min_delta": 0}, [1, 0.99995, 0.9998], [1] * 4),
        ({"patience": 1, "factor": 0.5, "min_lr": 0.3}, [1] * 5, [1, 1, 0.5, 0.3, 0.3, 0.3]),
        ({"patience": 1, "factor": 0.5, "cooldown": 2}, [1] * 6, [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
        ({"patience": 1, "factor": 0.5, "cooldown": 2}, [1, 1, 0.9, 0.9, 0.9, 0.9], [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
        ({"patience": 2, "factor": 0.5, "cooldown": 1}, [1] * 7, [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
        ({}, [1] * 12, [1] * 11 + [0.1, 0.1]),  # ten epochs and a tenth by default
    ],
)
def test_rates_fall_as_worked_out_by_hand(options, losses, expected):
    assert rates(losses, **options) == pytest.approx(expected, rel=1e-12)


def test_rates_fall_when_an_accuracy_does_not_rise():
    found = rates([0.5, 0.6, 0.6, 0.7], name="accuracy", monitor="val_accuracy", patience=1, factor=0.5)
    assert found == [1, 1, 1, 0.5, 0.5]


def test_the_lowest_rate_is_met_exactly():
    assert rates([1] * 9, base=0.1, patience=1, factor=0.3, min_lr=0.001)[-1] == pytest.approx(0.001, rel=1e-12)


@pytest.mark.parametrize("workers", WORKERS)
def test_the_lowered_rate_is_what_everyone_steps_with(workers):
    """Against a training whose rates are set by hand, epoch by epoch."""
    lower = ReduceLROnPlateau("train_loss", factor=0.5, patience=1, min_delta=10.0)
    net = trained(epochs=4, batch_size=6, workers=workers, callbacks=[lower])
    assert net.history.column("learning_rate") == [0.1, 0.1, 0.05, 0.025]
    by_hand = tiny()
    for rate in (0.1, 0.1, 0.05, 0.025):
        by_hand.learning_rate = rate
        trained(net=by_hand, epochs=1, batch_size=6, workers=workers)
    assert_same_bits(net, by_hand)
    assert trained(net=net, epochs=1, workers=workers).history.last.learning_rate == 0.1  # the next begins anew
