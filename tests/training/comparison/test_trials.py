"""One training of a comparison, on the embedded digits."""

import dataclasses
import json

import pytest

from training.comparison.trials import Candidate, run_trial
from training.config import TrainingConfig

QUICK = TrainingConfig(hidden_sizes=(16,), epochs=3, workers=1)


def candidate(**changes):
    return Candidate("fast", "a=1", dataclasses.replace(QUICK, **changes))


@pytest.fixture(scope="module")
def trial(digits):
    return run_trial(candidate(), digits)


def test_a_trial_tells_what_came_of_it(trial, digits):
    assert (trial.name, trial.dataset, trial.seed, trial.epochs) == ("fast a=1", "embedded digits", 0, 3)
    assert trial.parameters == 785 * 16 + 17 * 10
    assert trial.memory_bytes == 4 * trial.parameters
    assert 4 * trial.parameters < trial.file_bytes < 4 * trial.parameters + 5000
    assert len(trial.val_losses) == len(trial.val_accuracies) == 3
    assert trial.val_accuracy == trial.val_accuracies[-1]
    assert trial.test_accuracy > 0.5
    assert (trial.failure, trial.fingerprint) == ("", digits.fingerprint)


def test_the_same_again_is_the_same(trial, digits):
    again = run_trial(candidate(), digits)
    assert dataclasses.replace(again, seconds=0.0) == dataclasses.replace(trial, seconds=0.0)


def test_without_validation_images_there_are_no_curves(digits):
    trial = run_trial(candidate(validation_fraction=0.0), digits)
    assert (trial.val_accuracy, trial.val_losses, trial.val_accuracies) == (None, (), ())


def test_the_best_epoch_counts_where_it_is_kept(digits):
    trial = run_trial(candidate(keep_best=True, learning_rate=0.3, weight_decay=0.0, epochs=8), digits)
    assert trial.val_accuracy == max(trial.val_accuracies)
    assert trial.val_accuracy != trial.val_accuracies[-1]


def test_a_moving_average_counts_where_it_is_asked_for(trial, digits):
    averaged = run_trial(candidate(moving_average=0.9), digits)
    assert averaged.train_loss == trial.train_loss
    assert averaged.val_losses != trial.val_losses


def test_a_training_that_diverges_is_a_result_too(digits):
    trial = run_trial(candidate(learning_rate=1e30), digits)
    assert "expected a finite number" in trial.failure
    assert (trial.val_accuracy, trial.test_accuracy, trial.train_loss) == (None, None, None)


def test_settings_are_what_decides_the_training():
    here = candidate()
    assert here.settings == candidate(workers=2, output="x.pkl", data_dir="y", data="mnist").settings
    assert here.settings == dataclasses.replace(here, preset="other", changes="").settings
    different = [candidate(**change).settings for change in ({"seed": 1}, {"epochs": 4}, {"dropout": (0.5,)})]
    assert len({here.settings, *different}) == 4
    assert json.loads(here.settings)["hidden_sizes"] == [16]
