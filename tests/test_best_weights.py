"""The best epoch's weights are kept while training goes on."""

import numpy as np
import pytest

from classes.best_weights import BestWeights
from classes.parameters import ParameterVector
from classes.records import EpochRecord, History


def record(epoch, accuracy=None, loss=None):
    return EpochRecord(epoch, 9, 0.5, 0.8, loss, accuracy, 0.1, 1.0, 1.0)


def watched(*figures):
    """Watch epochs with the given (accuracy, loss); during epoch k the weights become k."""
    parameters = ParameterVector(np, {"b": (2,)}, "float32")
    best = BestWeights(parameters)

    def training():
        for epoch, (accuracy, loss) in enumerate(figures, start=1):
            parameters.values[...] = epoch
            yield record(epoch, accuracy, loss)

    passed = list(best.watch(training()))
    assert passed == [record(k, *pair) for k, pair in enumerate(figures, start=1)]
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
    assert best.restore(history) is True
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
    assert best.restore(history) is False
    assert history.chosen_epoch is None
    assert parameters.values.tolist() == [7.0, 7.0]


def test_the_weights_are_kept_before_the_record_is_passed_on():
    parameters = ParameterVector(np, {"b": (2,)}, "float32")
    best = BestWeights(parameters)
    for seen in best.watch(record(epoch, 0.5, 1.0 / epoch) for epoch in (1, 2)):
        assert best.epoch == seen.epoch
        assert best.values.tolist() == [seen.epoch - 1] * 2
        parameters.values[...] = seen.epoch  # what a consumer does afterwards belongs to the next epoch
