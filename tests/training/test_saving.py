"""Saving a trained network if its path is not writable."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend import InputError
from classes import NeuralNetwork
from tests.helpers.terminal import Recorded
from tests.training.test_workflow import QUICK, trained
from training import saving
from training.saving import save_trained

ROOT = Path(__file__).parents[2]
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


def test_a_removed_current_folder_does_not_lose_the_network(network, places, full, tmp_path):
    full.append(tmp_path / "model")
    shutil.rmtree(places[0])
    with pytest.raises(InputError, match="saved as"):
        save_trained(Recorded(), network, tmp_path / "model" / "mine.pkl")
    assert NeuralNetwork.load_model(places[1] / "mine.pkl").info == network.info


def test_an_unknown_home_folder_does_not_lose_the_network(network, places, full, tmp_path, monkeypatch):
    def unknown():
        raise RuntimeError("Could not determine home directory.")

    full += [tmp_path / "model", places[0]]
    monkeypatch.setattr(Path, "home", unknown)
    with pytest.raises(InputError, match="saved as"):
        save_trained(Recorded(), network, tmp_path / "model" / "mine.pkl")
    assert NeuralNetwork.load_model(places[2] / "mine.pkl").info == network.info


def test_the_home_of_an_unknown_user_is_asked_again(network, places, full, tmp_path, monkeypatch):
    full.append(tmp_path / "model")
    monkeypatch.setattr(saving, "training_curves", lambda *_: None)
    monkeypatch.setattr(saving, "save_figure", lambda _, path: path)
    console = hand("~no-such-user/mine.pkl\n\n")
    assert save_trained(console, network, tmp_path / "model" / "mine.pkl") == places[0] / "mine.pkl"


def test_a_history_that_cannot_be_written_is_a_warning_that_says_where_the_model_is(network, tmp_path, monkeypatch):
    def no_room(self, path):
        raise NO_ROOM

    monkeypatch.setattr(type(network.history), "save", no_room)
    console = Recorded()
    assert save_trained(console, network, tmp_path / "mine.pkl") == tmp_path / "mine.pkl"
    assert NeuralNetwork.load_model(tmp_path / "mine.pkl").info == network.info
    said = " ".join(console.err.split())
    assert f"Saved the model as {tmp_path / 'mine.pkl'}" in said
    assert "No space left on device" in said


TRAIN = [sys.executable, "training/train.py", "--data", "embedded", "--hidden-sizes", "32", "--epochs", "1"]
CAN_MOUNT = shutil.which("unshare") is not None and not subprocess.run(
    ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
).returncode  # fmt: skip
WITH_TMPFS = pytest.mark.skipif(not CAN_MOUNT, reason="no private mounts here (unshare)")


def on_tmpfs(folder, size, command):
    """Run a command in a mount namespace where `folder` is an empty file system of this size."""
    folder.mkdir()
    script = 'mount -t tmpfs -o size="$1" none "$0" && shift && exec "$@"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, folder, size, *command],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100, check=False,
    )  # fmt: skip


@WITH_TMPFS
def test_a_real_file_system_without_room_ends_the_run_before_training(tmp_path):
    done = on_tmpfs(tmp_path / "small", "64k", [*TRAIN, "--output", tmp_path / "small" / "a.pkl"])
    assert done.returncode == 1
    assert "a.pkl: No space left on device." in " ".join(done.stderr.split())
    assert "epoch" not in done.stdout.lower()


FILL_THEN_SAVE = """
import os, sys
from pathlib import Path
import numpy as np
from classes import NeuralNetwork
from interface.script import run_script
from training.saving import save_trained

folder, elsewhere = Path(sys.argv[1]), Path(sys.argv[2])
os.chdir(elsewhere)
network = NeuralNetwork(2, (3,), 3)
network.train(np.eye(2).repeat(9, 0), np.arange(18) % 3, epochs=1, verbose=False)
network.info = {"dataset": "two points"}
filler = os.open(folder / "filler", os.O_CREAT | os.O_WRONLY)
try:
    while os.write(filler, bytes(4096)) == 4096:
        pass
except OSError:
    pass
sys.exit(run_script(lambda console: save_trained(console, network, folder / "a.pkl") and 0))
"""


@WITH_TMPFS
def test_a_file_system_that_fills_up_during_training_does_not_lose_the_network(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-c", FILL_THEN_SAVE, tmp_path / "small", elsewhere]
    done = on_tmpfs(tmp_path / "small", "2m", command)
    assert str(elsewhere / "a.pkl") in "".join((done.stdout + done.stderr).split("\n")), done.stderr
    assert NeuralNetwork.load_model(elsewhere / "a.pkl").info == {"dataset": "two points"}
