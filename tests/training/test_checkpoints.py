"""Checkpoints on disk."""

import dataclasses
import errno
import os
import pickle
import time
from pathlib import Path

import pytest

from backend import InputError
from classes import NeuralNetwork
from classes.files.packing import checksum_of
from testing.inference.model_files import newest_model
from tests.helpers.samples.hostile_files import Runs
from tests.helpers.small import small_dataset
from tests.helpers.terminal import Recorded
from tests.helpers.trainings import without_curves
from training import checkpoints as module
from training.checkpoints import Checkpoint, CheckpointFolder, CheckpointWriter, read_checkpoint
from training.config import TrainingConfig
from training.workflow import checkpoint_to_resume, train_model

DATASET = small_dataset()  # 54 images to train, 6 to validate: 6 steps an epoch
FIGURES = "epoch train_loss train_accuracy val_loss val_accuracy learning_rate".split()


class KilledError(BaseException):
    """In the place of a signal."""


@pytest.fixture(autouse=True, scope="module")
def _quickly():
    with without_curves():
        yield


PLAIN = TrainingConfig(hidden_sizes=(8,), dropout=(0.2,), epochs=4, batch_size=9)


@pytest.fixture
def config(tmp_path):
    return dataclasses.replace(PLAIN, checkpoint_every="4steps", output=tmp_path / "model" / "small.pkl")


@pytest.fixture
def folder(config):
    return CheckpointFolder(config.output)


@pytest.fixture
def killed(config, monkeypatch):
    """Return a function that trains until so many checkpoints are written, and leaves what a kill would leave."""

    def kill(after, config=config, dataset=DATASET, **options):
        real, written = CheckpointWriter.__call__, []

        def write_then_die(self, state):
            real(self, state)
            written.append(state)
            if len(written) == after:
                raise KilledError

        with monkeypatch.context() as patched:
            patched.setattr(CheckpointWriter, "__call__", write_then_die)
            with pytest.raises(KilledError):
                train_model(Recorded(), config, "fast", dataset, **options)

    return kill


def resumed(config, dataset=DATASET, preset=None, answers="", **overrides):
    """Go on as ``--resume --output`` do; return the console and what was trained."""
    console, overrides = Recorded(answers), {"output": config.output, "resume": True} | overrides
    checkpoint = checkpoint_to_resume(console, preset, overrides)
    if checkpoint is None:
        return console, train_model(console, dataclasses.replace(config, resume=True), "fast", dataset)
    own = checkpoint.config_under(preset, overrides)
    return console, train_model(console, own, checkpoint.preset, dataset, checkpoint)


def end_of(trained):
    """Return weights and figures of a model file."""
    network = NeuralNetwork.load_model(trained.path)
    figures = [[getattr(record, name) for name in FIGURES] for record in network.history]
    return network.stack.parameters.values.tobytes(), figures, network.history.chosen_epoch


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The model file of a training that was never interrupted."""
    config = dataclasses.replace(PLAIN, output=tmp_path_factory.mktemp("plain") / "plain.pkl")
    return train_model(Recorded(), config, "fast", DATASET)


@pytest.fixture(scope="module")
def uninterrupted(plain):
    return end_of(plain)


def names(folder):
    return sorted(path.name for path in folder.path.iterdir())


# --- going on -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "place"),
    [
        (1, "0 of 4 epochs are done, and 4 steps of epoch 1."),
        (3, "2 of 4 epochs are done."),
        (4, "2 of 4 epochs are done, and 4 steps of epoch 3."),
    ],
)
def test_going_on_says_from_where_and_ends_the_same(after, place, config, killed, folder, uninterrupted):
    killed(after)
    newest = folder.files()[-1]
    console, trained = resumed(config)
    assert f"Resuming from {newest}: {place}" in console.out
    assert end_of(trained) == uninterrupted
    for epoch in range(1, 5):  # each once, those before the interruption too
        assert console.out.count(f"epoch {epoch}/4: ") == 1
    table = console.out[console.out.index("Train accuracy") :].splitlines()
    assert [line.split()[0] for line in table[2:6]] == ["1", "2", "3", "4"]


def test_going_on_again_and_again(config, killed, folder, uninterrupted):
    killed(1)
    for _ in range(4):
        checkpoint = folder.newest(pytest.fail)
        killed(1, config=checkpoint.config_under(None, {"output": config.output}), checkpoint=checkpoint)
    assert folder.files()[-1].name == "00003-0000002.checkpoint"
    assert end_of(resumed(config)[1]) == uninterrupted


def test_the_best_weights_of_before_are_kept(config, killed, tmp_path):
    # a rate so high that the best epoch comes early
    best = dataclasses.replace(config, keep_best=True, optimizer="sgd", learning_rate=2.0, schedule="constant", seed=2)
    plain = dataclasses.replace(best, checkpoint_every=None, output=tmp_path / "plain.pkl")
    expected = end_of(train_model(Recorded(), plain, "fast", DATASET))
    assert expected[2] < 3
    killed(5, best)
    assert end_of(resumed(best)[1]) == expected


def test_the_seconds_of_before_count(config, killed, folder):
    killed(2)
    time.sleep(0.01)
    before = read_checkpoint(folder.files()[-1]).seconds
    assert 0.0 < before < resumed(config)[1].network.info["seconds"]


def test_a_training_that_was_killed_before_its_model_was_saved_continues_to_save_it(config, killed, uninterrupted):
    killed(6)  # the last of all steps
    assert not config.output.exists()
    console, trained = resumed(config)
    assert "4 of 4 epochs are done." in console.out
    assert end_of(trained) == uninterrupted


def test_a_training_that_came_to_its_end_leaves_no_checkpoints(config, folder):
    trained = train_model(Recorded(), config, "fast", DATASET)
    assert not folder.path.exists()
    assert newest_model(config.output.parent) == trained.path
    console, _ = resumed(config)
    assert f"no checkpoint in {folder.path}: the training begins at its beginning" in console.err


def test_with_nothing_to_continue_from_it_begins_at_the_beginning(config, folder, uninterrupted):
    console, trained = resumed(config)
    assert f"no checkpoint in {folder.path}" in console.err
    assert end_of(trained) == uninterrupted


# --- the folder -----------------------------------------------------------------------------------------------------


def test_the_last_two_are_kept(killed, folder):
    seen = []
    for after in (1, 2, 5):
        killed(after)
        seen.append(names(folder))
        folder.remove()
    assert seen == [
        ["00000-0000004.checkpoint"],
        ["00000-0000004.checkpoint", "00001-0000002.checkpoint"],
        ["00002-0000004.checkpoint", "00003-0000002.checkpoint"],
    ]


def test_the_older_one_continuesly_once_the_new_one_is_in_place(killed, folder, monkeypatch):
    seen = []
    real = CheckpointFolder.tidy
    monkeypatch.setattr(CheckpointFolder, "tidy", lambda self, kept=(): (seen.append(names(self)), real(self, kept)))
    killed(3)
    assert [len(found) for found in seen] == [1, 2, 3]


def test_what_killed_writes_leave_is_removed_and_files_of_others_stay(config, killed, folder):
    killed(1)
    (folder.path / ".00001-0000002-ab_c1.checkpoint").write_bytes(b"half of")
    (folder.path / "notes.txt").write_text("mine")
    (folder.path / "mine.checkpoint").write_text("mine too")
    resumed(config)
    assert names(folder) == ["mine.checkpoint", "notes.txt"]


def test_checkpoints_are_in_the_order_of_the_training_whatever_their_numbers_lengths(folder):
    folder.path.mkdir(parents=True)
    for name in ("100000-0000000", "99999-0000001", "99999-10000000", "00002-0000000"):
        (folder.path / f"{name}.checkpoint").touch()
    found = [path.stem for path in folder.files()]
    assert found == ["00002-0000000", "99999-0000001", "99999-10000000", "100000-0000000"]


def test_a_new_training_does_not_mix_with_an_unfinished_one(config, killed, folder):
    killed(2)
    before = {path: path.read_bytes() for path in folder.files()}
    with pytest.raises(InputError, match=r"small\.checkpoints: expected no checkpoints.*--resume.*remove the folder"):
        train_model(Recorded(), config, "fast", DATASET)
    assert {path: path.read_bytes() for path in folder.files()} == before
    # one without checkpoints has nothing to do with them
    train_model(Recorded(), dataclasses.replace(config, checkpoint_every=None), "fast", DATASET)
    assert {path: path.read_bytes() for path in folder.files()} == before


def test_a_full_disk_is_reported_and_spoils_nothing(config, folder, monkeypatch, uninterrupted):
    real, calls = Path.write_bytes, []

    def full(self, data):
        calls.append(self)
        if len(calls) <= 2 or self.suffix != ".checkpoint":
            return real(self, data)
        real(self, data[: len(data) // 2])
        found.append(sorted(path.name for path in folder.files()))
        raise OSError(errno.ENOSPC, "No space left on device")

    found = []
    monkeypatch.setattr(Path, "write_bytes", full)
    console = Recorded()
    trained = train_model(console, config, "fast", DATASET)
    assert end_of(trained) == uninterrupted
    assert console.err.count("could not be written: No space left on device. The training continues.") == 4
    assert found == [["00000-0000004.checkpoint", "00001-0000002.checkpoint"]] * 4


# --- files that will not do -----------------------------------------------------------------------------------------


def assert_passed_over(config, killed, folder, spoil, reason, uninterrupted):
    """Spoil the newest file: the one before is taken, and the training ends the same."""
    killed(4)
    older, newest = folder.files()
    spoil(newest)
    console, trained = resumed(config)
    assert f"checkpoint {newest}: expected" in console.err
    assert "It is passed over." in console.err
    assert reason in console.err
    assert f"Resuming from {older}: 2 of 4 epochs are done." in console.out
    assert end_of(trained) == uninterrupted


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_torn_file_is_passed_over(kept, config, killed, folder, uninterrupted):
    def tear(path):
        os.truncate(path, int(path.stat().st_size * kept))

    assert_passed_over(config, killed, folder, tear, "a whole pickle", uninterrupted)


def changed(**fields):
    def change(path):
        contents = pickle.loads(path.read_bytes()) | fields
        contents.pop("checksum")
        path.write_bytes(pickle.dumps(contents | {"checksum": checksum_of(contents)}, protocol=4))

    return change


def flip(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"<f4") + 60] ^= 1  # in the weights
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: path.write_text("no pickle"), "whole pickle"),
        (lambda path: path.write_bytes(pickle.dumps(Runs("touch canary"))), "found the instruction"),
        (lambda path: path.write_bytes(pickle.dumps({"format": "neural_network_digit model"})), "something else"),
        (lambda path: (path.unlink(), path.mkdir()), "directory"),
        (flip, "the checksum is wrong"),
        (changed(version=2), "expected format version 1, found 2. It"),
        (changed(state={}), "the state of a training"),
        (changed(state=None), "state as dict"),
        (changed(config={"epochs": 3}), "configuration"),
        (changed(preset=7), "preset as str"),
    ],
    ids="text command model folder flipped newer empty state config preset".split(),
)
def test_other_files_are_passed_over(spoil, reason, config, killed, folder, uninterrupted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_passed_over(config, killed, folder, spoil, reason, uninterrupted)
    assert not (tmp_path / "canary").exists()


def test_a_model_file_in_its_place_is_passed_over(config, killed, folder, uninterrupted, plain):
    def replace(path):
        path.write_bytes(plain.path.read_bytes())

    reason = "'neural_network_digit checkpoint', found a pickle of something else"
    assert_passed_over(config, killed, folder, replace, reason, uninterrupted)


def test_where_none_is_whole_it_refuses_rather_than_to_start_again(config, killed, folder):
    killed(2)
    for path in folder.files():
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        InputError, match=r"expected an undamaged checkpoint, found 2 that cannot be used.*Remove the folder"
    ):
        resumed(config)
    assert len(folder.files()) == 2


# --- contradictions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"epochs": 9}, "--epochs together with --resume: expected 4, with which the training began, found 9."),
        ({"hidden_sizes": (8, 8)}, "--hidden-sizes together with --resume: expected 8, with which"),
        ({"learning_rate": None}, "--learning-rate together with --resume: expected 0.006, .* found none"),
        ({"keep_best": True}, "--keep-best together with --resume: expected no, .* found yes"),
        ({"workers": 2}, "--workers together with --resume: expected 1, .* found 2"),
        ({"seed": 1}, "--seed"),
        ({"preset": "classic"}, "--preset together with --resume: expected fast, .* found classic"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_flags_that_contradict_are_refused_with_both_values(given, told, config, killed, folder):
    killed(2)
    with pytest.raises(InputError, match=told):
        resumed(config, **given)
    assert len(folder.files()) == 2


def test_flags_that_agree_or_say_where_things_lie_are_welcome(config, killed, uninterrupted, tmp_path):
    killed(4)
    agreeing = {"epochs": 4, "hidden_sizes": (8,), "workers": 1, "preset": "fast", "learning_rate": 0.006}
    free = {"data": "mnist", "data_dir": tmp_path, "mirrors": ("http://127.0.0.1:9/",), "checkpoint_every": "1"}
    _, trained = resumed(config, **agreeing, **free)
    assert end_of(trained) == uninterrupted
    assert trained.network.info["config"]["data_dir"] == str(tmp_path)


def test_a_model_elsewhere_takes_its_checkpoints_along(config, killed, folder, uninterrupted, tmp_path):
    killed(4)
    (tmp_path / "moved").mkdir()
    folder.path.rename(tmp_path / "moved" / "other.checkpoints")
    moved = dataclasses.replace(config, output=tmp_path / "moved" / "other.pkl")
    assert end_of(resumed(moved)[1]) == uninterrupted


def test_other_data_are_refused(config, killed, folder):
    killed(2)
    other = dataclasses.replace(DATASET, name="four stripes", fingerprint="1" * 64)
    told = r"other data: expected three stripes \(0{12}\), with which the training began, found four stripes \(1{12}\)"
    with pytest.raises(InputError, match=told):
        resumed(config, other)
    assert len(folder.files()) == 2


def test_a_checkpoint_tells_what_it_is_about(config, killed, folder):
    killed(4)
    checkpoint = folder.newest(pytest.fail)
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.preset, checkpoint.config, checkpoint.dataset) == ("fast", config, "three stripes")
    assert [record.epoch for record in checkpoint.history] == [1, 2]
    assert module.position_of(checkpoint.state) == (2, 4)
