"""Progress within an epoch: weighted means over all processes."""

import numpy as np
import pytest

from backend import NumpyBackend
from backend.team import Team, can_share
from classes.training.progress import DivergenceError, EpochProgress


def progress_of(*steps, team=None, number=3):
    """Return the progress after steps of batches (summed loss, hits, images), each with its sum of weights."""
    progress = EpochProgress(NumpyBackend(), epochs=2, steps=number, images_total=20, team=team or Team(1))
    for batches, weight in steps:
        for loss, hits, images in batches:
            progress.add(np.array([loss, hits]), images)
        progress.complete(weight, 0.5)
    return progress


def test_the_loss_is_a_mean_over_weights_and_the_accuracy_over_images():
    progress = progress_of(([(6.0, 3, 4)], 8.0), ([(1.0, 1, 2)], 0.5))
    assert progress.mean_loss() == 7.0 / 8.5
    assert progress.accuracy() == 4 / 6
    assert (progress.weight, progress.images, progress.step) == (8.5, 6, 2)


def test_batches_of_one_step_add_up():
    progress = progress_of(([(6.0, 3, 4), (2.0, 1, 4), (0.5, 0, 1)], 9.0))
    assert (progress.mean_loss(), progress.accuracy(), progress.step) == (8.5 / 9.0, 4 / 9, 1)


def test_without_any_weight_the_loss_is_0():
    assert progress_of(([(0.0, 1, 4)], 0.0)).mean_loss() == 0.0


def test_the_next_epoch_begins_at_0():
    progress = progress_of(([(6.0, 3, 4)], 4.0), ([(float("nan"), 0, 4)], 4.0), number=5)
    progress.begin(2)
    assert (progress.epoch, progress.step, progress.images, progress.weight) == (2, 0, 0, 0.0)
    assert (progress.mean_loss(), progress.accuracy()) == (0.0, 0.0)
    for _ in range(5):
        progress.add(np.array([2.0, 1]), 4)
        progress.complete(4.0, 0.5)
    progress.check_finite()
    assert (progress.mean_loss(), progress.accuracy()) == (0.5, 0.25)


@pytest.mark.skipif(not can_share(), reason="processes cannot share memory on this system")
def test_what_all_processes_add_is_added_up():
    team = Team(2)
    progress = EpochProgress(NumpyBackend(), epochs=1, steps=2, images_total=8, team=team)

    def work():
        for step in (0, 1):
            progress.add(np.array([10.0 * (team.rank + 1) + step, team.rank + 1]), 4)
            progress.complete(4.0, 0.1)
        team.wait()

    with team.started(work):
        work()
    assert progress.mean_loss() == (10 + 11 + 20 + 21) / 8
    assert progress.accuracy() == 6 / 8
    progress._sums[1, 1, 0] = np.inf  # of the other process
    with pytest.raises(DivergenceError, match=r"epoch 1, batch 2: .*found inf"):
        progress.check_finite()


def test_progress_continues_from_a_state_of_built_in_types():
    first = progress_of(([(6.0, 3, 4)], 8.0), ([(1.0, 1, 2)], 0.5))
    other = progress_of()
    other.restore(first.state(), 1)
    for progress in (first, other):
        progress.add(np.array([3.0, 2]), 4)
        progress.complete(4.0, 0.1)
    assert other.mean_loss() == first.mean_loss() == 10.0 / 12.5
    assert other.accuracy() == first.accuracy() == 6 / 10
    assert {type(value) for value in first.state().values()} <= {dict, int, float}
