"""Saving a trained network if its path is not writable."""

import errno
import os
from pathlib import Path

import pytest

from backend import InputError
from classes import NeuralNetwork
from tests.helpers.terminal import Recorded
from tests.training.test_workflow import QUICK, trained
from training import saving
from training.saving import save_trained

NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def network(blobs):
    network = NeuralNetwork(2, (3,), 3)
    network.train(*blobs, epochs=1, verbose=False)
    network.info = {"dataset": "three clouds"}
    return network


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The current, the home and the temporary folder."""
    folders = [tmp_path / name for name in ("current", "home", "temporary")]
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    monkeypatch.setattr(Path, "home", lambda: folders[1])
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(folders[2]))
    return folders


@pytest.fixture
def full(monkeypatch):
    """Make writing models fail in some folders."""
    folders, save = [], NeuralNetwork.save_model

    def save_model(self, path, **options):
        if Path(path).parent in folders:
            raise NO_ROOM
        return save(self, path, **options)

    monkeypatch.setattr(NeuralNetwork, "save_model", save_model)
    return folders


def hand(answers):
    console = Recorded(answers)

    console.__class__ = type("ByHand", (Recorded,), {"is_answered_by_hand": property(lambda _: True)})
    return console


@pytest.mark.parametrize("count", [0, 1, 2])
def test_where_no_one_can_be_asked_it_is_saved_at_the_first_place_that_works_and_told(
    network, places, full, tmp_path, count
):
    full += [tmp_path / "model", *places[:count]]
    with pytest.raises(InputError, match=r"found No space left on device\. The trained network was saved as") as error:
        save_trained(Recorded(), network, tmp_path / "model" / "mine.pkl")
    assert str(places[count] / "mine.pkl") in str(error.value)
    assert NeuralNetwork.load_model(places[count] / "mine.pkl").info == network.info


def test_a_model_of_the_same_name_elsewhere_is_kept(network, places, full, tmp_path):
    full.append(tmp_path / "model")
    (places[0] / "mine.pkl").write_text("another one")
    with pytest.raises(InputError, match="mine-2\\.pkl"):
        save_trained(Recorded(), network, tmp_path / "model" / "mine.pkl")
    assert (places[0] / "mine.pkl").read_text() == "another one"


def test_where_no_place_works_the_first_failure_is_reported(network, places, full, tmp_path):
    full += [tmp_path / "model", *places]
    with pytest.raises(OSError, match="No space left"):
        save_trained(Recorded(), network, tmp_path / "model" / "mine.pkl")


@pytest.mark.parametrize(("answer", "name"), [("", "mine.pkl"), ("yours.pkl", "yours.pkl")])
def test_somebody_who_can_answer_is_asked_until_it_is_saved(network, places, full, tmp_path, monkeypatch, answer, name):
    full += [tmp_path / "model"]
    monkeypatch.setattr(saving, "training_curves", lambda *_: None)
    monkeypatch.setattr(saving, "save_figure", lambda _, path: path)
    console = hand(f"{tmp_path / 'model' / 'again.pkl'}\n{answer}\n")
    path = save_trained(console, network, tmp_path / "model" / "mine.pkl")
    assert path.resolve() == places[0] / name
    assert NeuralNetwork.load_model(path).info == network.info
    assert "again.pkl: expected a file that can be written" in " ".join(console.out.split())


def test_without_room_no_training_begins(digits, tmp_path, monkeypatch):
    monkeypatch.setattr("training.saving.check_room", lambda path, size: (_ for _ in ()).throw(NO_ROOM))
    monkeypatch.setattr(NeuralNetwork, "train_epochs", lambda *_, **__: pytest.fail("it was trained"))
    with pytest.raises(OSError, match="No space left"):
        trained(digits, QUICK.__class__(hidden_sizes=(8,), epochs=1, output=tmp_path / "small.pkl"))
