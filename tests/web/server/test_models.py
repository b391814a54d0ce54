"""The models that can be chosen."""

import shutil
import threading

import pytest

from classes import NeuralNetwork
from testing.inference.model_files import PRETRAINED
from web.server.errors import Refusal
from web.server.models import ModelStore, described, listed, network_of


@pytest.fixture
def folder(tmp_path):
    shutil.copy(PRETRAINED, tmp_path)
    network = NeuralNetwork(784, (8,), 10, seed=1)
    network.info = {"test_accuracy": 0.5, "preset": "tiny"}
    network.save_model(tmp_path / "tiny.pkl")
    (tmp_path / "broken.pkl").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    return tmp_path


def test_the_default_comes_first_and_broken_files_are_left_out(folder):
    store = ModelStore(folder, folder / "tiny.pkl")
    assert set(store.paths()) == {"tiny.pkl", "pretrained.pkl", "broken.pkl"}
    found = listed(store)
    assert [model["name"] for model in found] == ["tiny.pkl", "pretrained.pkl"]
    assert found[0]["accuracy"] == 0.5
    assert found[0]["parameters"] == 784 * 8 + 8 + 80 + 10


def test_a_model_from_elsewhere_can_be_the_default(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "mine.pkl"
    shutil.copy(folder / "tiny.pkl", other)
    store = ModelStore(folder, other)
    assert next(iter(store.paths())) == "mine.pkl"
    assert store.path(None) == store.path("mine.pkl") == other


@pytest.mark.parametrize("name", ["", "none.pkl", "../tiny.pkl", "notes.txt", "/etc/passwd", "tiny.pkl\x00"])
def test_only_listed_names_are_models(folder, name):
    with pytest.raises(Refusal) as caught:
        ModelStore(folder).path(name)
    assert caught.value.status == 404


def test_an_unreadable_model_is_refused_without_its_place(folder):
    with pytest.raises(Refusal) as caught:
        described(folder / "broken.pkl")
    assert caught.value.status == 503
    assert str(folder) not in str(caught.value)
    with pytest.raises(Refusal):
        network_of(folder / "gone.pkl")


def test_networks_are_read_once_a_thread_and_again_when_they_change(folder):
    path = folder / "tiny.pkl"
    first = network_of(path)
    assert network_of(path) is first
    found = []
    thread = threading.Thread(target=lambda: found.append(network_of(path)))
    thread.start()
    thread.join()
    assert found[0] is not first
    NeuralNetwork(784, (4,), 10).save_model(path)
    assert network_of(path).stack.output_shapes[0] == (4,)


def test_a_description(folder):
    tiny = described(folder / "tiny.pkl")
    assert [layer["name"] for layer in tiny["layers"]] == ["input", "dense", "dense", "total"]
    assert "preset: tiny" in tiny["card"]
    assert tiny["threshold"] == 0.75
    pretrained = described(folder / "pretrained.pkl")
    assert len(pretrained["history"]["epoch"]) == len(pretrained["history"]["train_loss"]) > 0
    assert pretrained["accuracy"] > 0.99
