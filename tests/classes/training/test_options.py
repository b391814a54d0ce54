"""The options of training."""

import pytest

from backend import InputError
from classes.training.options import TrainingOptions


@pytest.mark.parametrize("clip_norm", [0.0, -1.0, float("inf"), float("nan"), "1"])
def test_a_clipping_norm_that_is_none_is_refused(clip_norm):
    with pytest.raises(InputError, match="clip_norm"):
        TrainingOptions(clip_norm=clip_norm)


@pytest.mark.parametrize("name", ["epochs", "batch_size", "accumulate"])
@pytest.mark.parametrize("count", [0, -1, 1.5, "2", None])
def test_counts_are_whole_numbers_from_1(name, count):
    with pytest.raises(InputError, match=name):
        TrainingOptions(**{name: count})


@pytest.mark.parametrize(
    ("given", "interval"),
    [(None, (0, 0)), (1, (1, 0)), ("2", (2, 0)), ("500steps", (0, 500)), ("3 steps", (0, 3)), ("1step", (0, 1))],
)
def test_checkpoints_are_due_after_epochs_or_steps(given, interval):
    assert TrainingOptions(checkpoint_every=given).interval == interval


@pytest.mark.parametrize("given", ["", "0", 0, -1, "often", "steps", "2.5", 1.5, "5 epochs", "-2steps"])
def test_other_intervals_are_refused(given):
    with pytest.raises(InputError, match=r"checkpoint_every: expected a number of epochs or of steps.*500steps"):
        TrainingOptions(checkpoint_every=given)


@pytest.mark.parametrize("initial", [-1, 3, 4, 1.0, True])
def test_epochs_that_are_done_leave_one_to_do(initial):
    with pytest.raises(InputError, match=r"initial_epoch: expected an integer from 0 to 2"):
        TrainingOptions(epochs=3, initial_epoch=initial)
    assert TrainingOptions(epochs=3, initial_epoch=2).initial_epoch == 2
