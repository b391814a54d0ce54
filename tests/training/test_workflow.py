"""The training workflow on the embedded digits."""

import dataclasses
import json
import pickle
from contextlib import nullcontext

import numpy as np
import pytest

from backend import InputError
from classes import DivergenceError, NeuralNetwork
from initializers.splits import split_by_writer
from testing.inference.prediction import SURE_KEY
from tests.helpers.terminal import Recorded
from tests.helpers.trainings import without_curves
from training import workflow
from training.config import TrainingConfig
from training.workflow import checkpoint_to_resume, split_data, suited_config, train_model

QUICK = TrainingConfig(hidden_sizes=(32,), epochs=3)


@pytest.fixture
def quick(tmp_path):
    return dataclasses.replace(QUICK, output=tmp_path / "folder" / "quick.pkl")


def trained(digits, config, answers="", checkpoint=None, *, curves=False):
    console = Recorded(answers)
    with nullcontext() if curves else without_curves():
        return console, train_model(console, config, "fast", digits, checkpoint)


@pytest.fixture(scope="module")
def whole(digits, tmp_path_factory):
    """A training with all that it leaves: configuration, console and model."""
    config = dataclasses.replace(QUICK, output=tmp_path_factory.mktemp("whole") / "folder" / "quick.pkl")
    return config, *trained(digits, config, curves=True)


def test_leaves_a_model_a_history_and_curves(whole):
    config, console, model = whole
    names = {path.name for path in config.output.parent.iterdir()}
    assert names == {"quick.pkl", "quick.history.csv", "quick.history.json", "quick.curves.png", "quick.curves.svg"}
    assert all(f"epoch {epoch}/3" in console.out for epoch in (1, 2, 3))
    assert f"Test accuracy on embedded digits: {model.test_accuracy:.2%}" in console.out


def test_the_saved_model_is_the_trained_one_and_knows_how_it_was_made(digits, whole):
    config, _, model = whole
    again = NeuralNetwork.load_model(config.output)
    assert np.array_equal(again.predict_proba(digits.X_test), model.network.predict_proba(digits.X_test))
    assert again.info["dataset"] == "embedded digits"
    assert again.info["dataset_fingerprint"] == digits.fingerprint
    assert again.info["config"] == config.to_dict()
    assert 0.0 < again.info[SURE_KEY] < 1.0
    assert again.evaluate(digits.X_test, digits.y_test)[1] == again.info["test_accuracy"]
    assert [record.epoch for record in again.history] == [1, 2, 3]


def test_the_history_on_disk_is_that_of_the_model(whole):
    config, _, model = whole
    stored = json.loads(config.output.with_suffix(".history.json").read_text())
    assert stored == model.network.history.to_dict()
    rows = config.output.with_suffix(".history.csv").read_text().splitlines()
    assert len(rows) == 4
    assert rows[0].startswith("epoch,epochs,train_loss")


def test_the_same_seed_gives_the_same_file_but_for_times(digits, quick, whole):
    trained(digits, quick)
    first, second = (pickle.loads(config.output.read_bytes()) for config in (quick, whole[0]))
    assert first["parameters"] == second["parameters"]
    losses = [[epoch["train_loss"] for epoch in contents["history"]["epochs"]] for contents in (first, second)]
    assert losses[0] == losses[1]


def test_keep_best_ends_with_the_best_epoch_on_validation_data(digits, quick):
    # a rate so high that later epochs are worse than earlier ones
    config = dataclasses.replace(quick, keep_best=True, epochs=6, learning_rate=0.2, schedule="constant")
    _, model = trained(digits, config)
    history = model.network.history
    assert max(history.column("val_accuracy")) == history.column("val_accuracy")[history.chosen_epoch - 1]
    X_val, y_val = split_data(config, digits)[2:]
    assert model.network.evaluate(X_val, y_val)[1] == max(history.column("val_accuracy"))


def test_a_moving_average_changes_what_the_network_ends_with_but_not_its_training(digits, quick, whole):
    _, model = trained(digits, dataclasses.replace(quick, moving_average=0.9))
    history, plain = model.network.history, whole[2].network.history
    assert history.column("train_loss") == plain.column("train_loss")
    assert all(one != other for one, other in zip(history.column("val_loss"), plain.column("val_loss"), strict=True))
    with pytest.raises(InputError, match="decay: expected a number in"):
        trained(digits, dataclasses.replace(quick, moving_average=2.0))


def test_without_validation_all_images_are_learned(digits, quick):
    config = dataclasses.replace(quick, validation_fraction=0.0)
    X, y, X_val, y_val = split_data(config, digits)
    assert (len(X), len(y), X_val, y_val) == (1438, 1438, None, None)
    console, model = trained(digits, config)
    assert model.network.history.column("val_loss") == [None] * 3
    assert "validation loss" not in console.out


def test_a_split_follows_the_seed(digits, quick):
    first, again, other = (split_data(dataclasses.replace(quick, seed=seed), digits)[1] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def interrupting(monkeypatch, after_epoch):
    """Make the training raise KeyboardInterrupt in the middle of the epoch after this one."""
    real = NeuralNetwork.train_epochs

    def train_epochs(self, *data, on_step, **options):
        def on_step_then_interrupt(progress):
            on_step(progress)
            if progress.epoch > after_epoch and progress.step == 3:
                raise KeyboardInterrupt

        return real(self, *data, on_step=on_step_then_interrupt, **options)

    monkeypatch.setattr(NeuralNetwork, "train_epochs", train_epochs)


def test_an_interrupted_training_keeps_its_best_weights(digits, quick, monkeypatch):
    interrupting(monkeypatch, after_epoch=2)
    console, model = trained(digits, quick)
    assert model.network.history.chosen_epoch in (1, 2)
    X_val, y_val = split_data(quick, digits)[2:]
    best = max(model.network.history.column("val_accuracy"))
    assert NeuralNetwork.load_model(quick.output).evaluate(X_val, y_val)[1] == best
    assert "interrupted" in console.err


def test_the_offer_of_an_interrupted_training_can_be_declined(digits, quick, monkeypatch):
    interrupting(monkeypatch, after_epoch=1)
    monkeypatch.setattr(Recorded, "is_answered_by_hand", property(lambda self: True))
    console, model = trained(digits, quick, "no\n")
    assert model is None
    assert not quick.output.exists()
    assert "Evaluate and save them?" in console.out


def test_an_interruption_before_the_first_epoch_ends_saves_nothing(digits, quick, monkeypatch):
    interrupting(monkeypatch, after_epoch=0)
    console, model = trained(digits, quick)
    assert model is None
    assert "nothing was saved" in console.err
    assert not quick.output.exists()


def test_an_interrupted_training_keeps_its_checkpoints_and_can_continue(digits, quick, whole, monkeypatch):
    config = dataclasses.replace(quick, checkpoint_every="1")
    with monkeypatch.context() as patched:
        interrupting(patched, after_epoch=2)
        console, best = trained(digits, config)
    checkpoint = checkpoint_to_resume(console, None, {"output": quick.output})
    assert f"With --resume it would continue from {checkpoint.path}." in console.out
    assert best.network.history.chosen_epoch in (1, 2)

    _, again = trained(digits, checkpoint.config_under(None, {"output": quick.output}), checkpoint=checkpoint)
    assert not checkpoint.path.parent.exists()
    assert again.network.history.chosen_epoch is None
    _, _, expected = whole
    assert again.network.history.column("val_loss") == expected.network.history.column("val_loss")
    assert np.array_equal(again.network.model.parameters.values, expected.network.model.parameters.values)


def test_interrupted_after_going_on_the_best_of_all_epochs_are_offered(digits, quick, monkeypatch):
    config = dataclasses.replace(quick, checkpoint_every="1", epochs=5)
    with monkeypatch.context() as patched:
        interrupting(patched, after_epoch=2)
        console, _ = trained(digits, config)
    checkpoint = checkpoint_to_resume(console, None, {"output": quick.output})
    interrupting(monkeypatch, after_epoch=3)
    console, model = trained(digits, config, checkpoint=checkpoint)
    accuracies = model.network.history.column("val_accuracy")
    assert len(accuracies) == 3
    assert accuracies[model.network.history.chosen_epoch - 1] == max(accuracies)
    assert "best weights so far" in console.err
    assert len(list(quick.output.with_suffix(".checkpoints").iterdir())) == 2


def test_given_up_it_says_what_it_would_continue_from(digits, quick, monkeypatch):
    interrupting(monkeypatch, after_epoch=1)
    monkeypatch.setattr(Recorded, "is_answered_by_hand", property(lambda self: True))
    console, model = trained(digits, dataclasses.replace(quick, checkpoint_every="10steps"), "no\n")
    assert model is None
    assert "With --resume it would continue from" in console.out


def test_an_old_model_survives_a_training_that_fails(digits, quick):
    quick.output.parent.mkdir()
    quick.output.write_bytes(b"an old model")
    with pytest.raises(DivergenceError):
        trained(digits, dataclasses.replace(quick, optimizer="sgd", learning_rate=1e30))
    assert quick.output.read_bytes() == b"an old model"


def test_few_images_get_more_epochs_unless_they_are_asked_for(digits):
    config = suited_config("compact-128", {}, digits)
    assert config.epochs * len(digits.X_train) / config.batch_size >= workflow.FEWEST_STEPS
    assert suited_config("compact-128", {"epochs": 2}, digits).epochs == 2
    many = dataclasses.replace(digits, X_train=np.empty((60_000, 784), dtype=np.uint8))
    assert suited_config("compact-128", {}, many).epochs == 5


def test_a_fraction_that_leaves_nothing_is_refused(digits, quick):
    with pytest.raises(InputError):
        trained(digits, dataclasses.replace(quick, validation_fraction=1.0))


def test_a_part_by_writer_is_asked_for_by_a_flag(quick, digits, monkeypatch):
    asked = []

    def known(y, data_dir, *, mirrors):
        asked.append((len(y), data_dir, mirrors))
        return np.arange(len(y)) // 30

    monkeypatch.setattr("training.workflow.load_writers", known)
    config = dataclasses.replace(quick, validation_by_writer=True, validation_fraction=0.2)
    X, _, X_val, y_val = split_data(config, digits)
    assert asked == [(len(digits.y_train), config.data_dir, config.mirrors)]
    _, held_out = split_by_writer(np.arange(len(digits.y_train)) // 30, 0.2, config.seed)
    np.testing.assert_array_equal(X_val, digits.X_train[held_out])
    np.testing.assert_array_equal(y_val, digits.y_train[held_out])
    assert len(X) + len(X_val) == len(digits.X_train)


def test_the_writers_of_the_embedded_digits_are_not_known(quick, digits):
    with pytest.raises(InputError, match="60,000 training digits"):
        split_data(dataclasses.replace(quick, validation_by_writer=True, validation_fraction=0.2), digits)
