"""The status lines of the menu."""

import shutil

import pytest

from initializers.data_loader import has_mnist
from initializers.mnist.files import MNIST_FILES
from tests.helpers.terminal import Recorded
from training import overview
from training.overview import device_in_words, preset_row, show_status
from training.presets import PRESETS


def status(dataset=None):
    console = Recorded(width=400)
    show_status(console, dataset)
    return " ".join(console.out.split())


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Empty folders in place of those of data and models."""
    data, models = tmp_path / "data", tmp_path / "model"
    for folder in (data, models):
        folder.mkdir()
    monkeypatch.setattr(overview, "data_folder", lambda: data)
    usual = overview.usual_model
    monkeypatch.setattr(overview, "usual_model", lambda: usual(models))
    return data, models


def test_without_anything_it_says_what_to_do(folders):
    text = status()
    assert "Data not prepared yet: entry 1" in text
    assert "Model none yet: entry 2 trains one" in text
    assert f"Device {device_in_words()}" in text


def test_files_of_mnist_are_seen_by_their_names(folders):
    data, _ = folders
    for file in MNIST_FILES:
        assert not has_mnist(data)
        (data / file.names[0]).touch()
    assert f"MNIST in {data}" in status()


def test_the_model_in_use_is_named_with_its_accuracy(folders, model, digits):
    _, models = folders
    shutil.copy(model, models / "pretrained.pkl")
    assert "pretrained.pkl, comes with the project" in status()
    shutil.copy(model, models / "mine.pkl")
    assert "Model mine.pkl" in status()
    assert "Data embedded digits" in status(digits)


def test_a_damaged_model_is_no_obstacle(folders):
    _, models = folders
    (models / "broken.pkl").write_bytes(b"no pickle")
    assert "Model" in status()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_says_what_to_expect(name):
    shown, network, accuracy, time = preset_row(name)
    assert shown == name
    assert network.startswith("784-")
    assert PRESETS[name].expected_accuracy >= min(PRESETS[name].target, 0.9959)
    assert accuracy.endswith("%")
    assert time.endswith((" s", " min"))
