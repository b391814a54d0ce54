"""The moving average of the weights."""

import numpy as np
import pytest

from classes import OPTIMIZERS, NeuralNetwork
from classes.callbacks import ExponentialMovingAverage, TerminateOnNaN
from tests.helpers.tiny import X_VAL, Y_VAL, X, Y, assert_same_bits, tiny, trained, values
from tests.helpers.trainings import WORKERS, Explode

DATA = X, Y, X_VAL, Y_VAL
OPTIONS = {"batch_size": 7, "epochs": 3}


def averaged(net, decay=0.8, **options):
    """Train with an average; return it as worked out by hand after every step, and the network's own weights."""
    average, steps = [values(net)], []

    def look(progress):
        steps.append(values(net))
        a = min(decay, 1.0 - 1.0 / len(steps))
        average.append(average[-1] * a + steps[-1] * (1.0 - a))

    callbacks = [ExponentialMovingAverage(decay), *options.pop("callbacks", ())]
    trained(*DATA, net=net, **OPTIONS | options, callbacks=callbacks, on_step=look)
    return average[1:], steps


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("options", [{"optimizer": name} for name in OPTIMIZERS] + [{"dtype": "float32"}], ids=str)
def test_the_average_is_that_of_all_steps_and_training_continues_from_its_own_weights(options, workers):
    net, plain, raw, shown = tiny(**options), tiny(**options), [], []
    average, steps = averaged(net, workers=workers, callbacks=[lambda record: shown.append(values(net))])
    trained(*DATA, net=plain, **OPTIONS, workers=workers, on_step=lambda progress: raw.append(values(plain)))
    np.testing.assert_array_equal(steps, raw)  # step for step as without an average
    np.testing.assert_array_equal(shown, average[3::4])  # after every epoch of four steps
    np.testing.assert_array_equal(values(net), average[-1])
    assert net.stack.parameters.values.base is None


@pytest.mark.parametrize("workers", WORKERS)
def test_validation_figures_are_those_of_the_averaged_weights(workers):
    net, other = tiny(), tiny()
    average, _ = averaged(net, workers=workers)
    for record, weights in zip(net.history, average[3::4], strict=True):
        other.stack.parameters.values[...] = weights
        assert (record.val_loss, record.val_accuracy) == other.evaluate(X_VAL, Y_VAL)
    plain = trained(*DATA, **OPTIONS, workers=workers)
    assert net.history.column("train_loss") == plain.history.column("train_loss")
    assert net.history.column("val_loss") != plain.history.column("val_loss")


def test_what_is_saved_and_predicts_is_the_average(tmp_path):
    net = tiny()
    average, _ = averaged(net)
    loaded = NeuralNetwork.load_model(net.save_model(tmp_path / "model.pkl"))
    np.testing.assert_array_equal(values(loaded), average[-1])
    np.testing.assert_array_equal(loaded.predict_proba(X), net.predict_proba(X))


@pytest.mark.parametrize("workers", WORKERS)
def test_between_epochs_the_network_has_the_average_and_may_be_used(workers, tmp_path):
    used, at_once = tiny(), tiny()
    average, _ = averaged(at_once, workers=workers)
    records = used.train_epochs(*DATA, **OPTIONS, workers=workers, callbacks=[ExponentialMovingAverage(0.8)])
    for epoch, _ in enumerate(records, start=1):
        np.testing.assert_array_equal(values(used), average[4 * epoch - 1])
        used.predict(X)
        used.save_model(tmp_path / "model.pkl")
    assert_same_bits(used, at_once)


@pytest.mark.parametrize("workers", WORKERS)
def test_a_second_training_continues_with_average_and_weights(workers):
    once, twice = tiny(optimizer="adam"), tiny(optimizer="adam")
    average, steps = averaged(once, epochs=4, workers=workers)
    for _ in range(2):
        more = averaged(twice, epochs=2, workers=workers)[1]
    np.testing.assert_array_equal(more, steps[8:])
    assert_same_bits(twice, once)
    np.testing.assert_array_equal(values(twice), average[-1])


def test_what_a_training_of_another_network_averaged_is_none_of_this_ones():
    average = ExponentialMovingAverage(0.8)
    trained(callbacks=[average])
    net = tiny(seed=2)
    trained(net=net, callbacks=[average])
    assert_same_bits(net, trained(net=tiny(seed=2), callbacks=[ExponentialMovingAverage(0.8)]))


@pytest.mark.parametrize("workers", WORKERS)
def test_a_divergence_leaves_the_average_from_before_the_epoch(workers):
    net, shown = tiny(activation="relu"), []
    callbacks = [Explode(2), TerminateOnNaN(), lambda record: shown.append(values(net))]
    averaged(net, epochs=9, workers=workers, callbacks=callbacks)
    assert len(net.history) == 2
    np.testing.assert_array_equal(values(net), shown[-1])
    averaged(net, workers=workers)
    assert np.isfinite(values(net)).all()
