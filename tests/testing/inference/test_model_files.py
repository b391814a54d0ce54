"""The choice of the model file."""

import os
from pathlib import Path

import pytest

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from testing.inference.model_files import (
    EVALUATION_FOLDER,
    MODEL_FOLDER,
    PRETRAINED,
    check_output,
    check_same_classes,
    check_suits,
    data_for,
    model_to_use,
    newest_model,
    suited_dataset,
    trained_models,
    usual_model,
)
from tests.helpers.small import NAMES, small_dataset


def written(path, time):
    path.write_bytes(b"")
    os.utime(path, (time, time))
    return path


def test_the_file_written_last_counts_whatever_its_name(tmp_path):
    newest = written(tmp_path / "a.pkl", 2000)
    written(tmp_path / "b.pkl", 1000)
    written(tmp_path / "c.txt", 3000)
    (tmp_path / "d.pkl").mkdir()
    assert newest_model(tmp_path) == newest


def test_files_as_new_as_each_other_go_by_name(tmp_path):
    written(tmp_path / "a.pkl", 1000)
    assert newest_model(tmp_path) == tmp_path / "a.pkl"
    written(tmp_path / "b.pkl", 1000)
    assert newest_model(tmp_path) == tmp_path / "b.pkl"


@pytest.mark.parametrize("folder", ["", "missing"])
def test_without_a_model_the_error_says_how_to_train_one(tmp_path, folder):
    with pytest.raises(InputError, match=r"training/train\.py"):
        newest_model(tmp_path / folder)


def test_the_folders_stand_beside_the_packages():
    assert (MODEL_FOLDER.parent / "testing" / "test.py").exists()
    assert EVALUATION_FOLDER.parent == MODEL_FOLDER


def network(inputs=64, classes=3, names=None):
    return NeuralNetwork(inputs, (), classes, class_names=names)


def test_a_model_that_suits_is_let_through():
    check_suits(network(), small_dataset())


@pytest.mark.parametrize("sizes", [(64, 2), (64, 10), (784, 3)])
def test_a_model_for_other_data_is_refused_with_both_sizes(sizes):
    found = "found {} pixels and {} classes".format(*sizes)
    with pytest.raises(InputError, match=rf"model a\.pkl.*64 pixels per image and 3 classes.*{found}"):
        check_suits(network(*sizes), small_dataset(), "a.pkl")


@pytest.mark.parametrize(("one", "two"), [(None, None), (NAMES, NAMES), (NAMES, None), (None, NAMES)])
def test_models_of_the_same_classes_belong_together(one, two):
    check_same_classes(network(names=one), network(names=two))


@pytest.mark.parametrize("other", [network(names=NAMES[::-1]), network(classes=2), network(classes=10)])
def test_models_of_other_classes_do_not(other):
    with pytest.raises(InputError, match=r"3 \(top, middle, bottom\)"):
        check_same_classes(network(names=NAMES), other)


@pytest.mark.parametrize(
    ("trained", "asked", "expected"),
    [
        ("fashion", "auto", "fashion"),
        ("/home/me/letters", "auto", "/home/me/letters"),
        ("fashion", "kmnist", "kmnist"),
        ("embedded", "auto", "auto"),
        (None, "auto", "auto"),
    ],
)
def test_a_model_is_evaluated_on_the_data_of_its_training(trained, asked, expected):
    trained_network = network()
    trained_network.info = {} if trained is None else {"config": {"data": trained}}
    assert data_for(trained_network, asked) == expected


def test_labels_are_numbered_as_in_the_network():
    found = suited_dataset(network(names=NAMES[::-1]), small_dataset())
    assert found.class_names == NAMES[::-1]
    assert suited_dataset(network(), small_dataset()).class_names == NAMES
    digits = network()
    digits.info = {"dataset": "MNIST"}
    with pytest.raises(InputError, match="found top, middle, bottom"):
        suited_dataset(digits, small_dataset())


def test_what_a_killed_saving_left_is_no_model(tmp_path):
    for name in ("whole.pkl", ".whole-ab12.pkl"):
        (tmp_path / name).write_bytes(b"")
    assert newest_model(tmp_path).name == "whole.pkl"


@pytest.fixture
def pretrained(tmp_path):
    return written(tmp_path / PRETRAINED.name, 9000)


def test_the_pretrained_model_is_used_where_no_one_has_trained(tmp_path, pretrained):
    assert usual_model(tmp_path) == (pretrained, True)
    (tmp_path / ".killed-ab12.pkl").write_bytes(b"")
    assert usual_model(tmp_path) == (pretrained, True)


def test_a_model_that_was_trained_here_goes_first_however_new_a_checkout_makes_the_other(tmp_path, pretrained):
    own = written(tmp_path / "fast.pkl", 1000)
    assert usual_model(tmp_path) == (own, False)
    assert newest_model(tmp_path) == own
    assert trained_models(tmp_path) == [own]


def test_the_pretrained_model_is_no_newest_model(tmp_path, pretrained):
    with pytest.raises(InputError, match=r"training/train\.py"):
        newest_model(tmp_path)


def test_with_neither_the_error_says_how_to_train_one(tmp_path):
    with pytest.raises(InputError, match=r"training/train\.py"):
        model_to_use(None, pytest.fail, tmp_path)


def test_it_is_reported_when_the_model_is_the_pretrained_one(tmp_path, pretrained):
    said = []
    assert model_to_use(None, said.append, tmp_path) == pretrained
    (sentence,) = said
    assert sentence.startswith("No model has been trained here yet: the pretrained one is used")
    assert f"({tmp_path.name}/pretrained.pkl)" in sentence


def test_nothing_is_reported_of_a_model_that_was_asked_for_or_trained_here(tmp_path, pretrained):
    assert model_to_use(pretrained, pytest.fail, tmp_path) == pretrained
    assert model_to_use(tmp_path / "missing.pkl", pytest.fail, tmp_path) == tmp_path / "missing.pkl"
    own = written(tmp_path / "fast.pkl", 1000)
    assert model_to_use(None, pytest.fail, tmp_path) == own


def test_no_training_takes_the_place_of_the_pretrained_model(tmp_path, monkeypatch):
    assert check_output(tmp_path / PRETRAINED.name) == tmp_path / PRETRAINED.name  # another folder's
    monkeypatch.chdir(MODEL_FOLDER.parent)
    for path in (PRETRAINED, Path("model/pretrained.pkl"), Path("model/../model/pretrained.pkl")):
        with pytest.raises(InputError, match=r"training/pretrained\.py"):
            check_output(path)
