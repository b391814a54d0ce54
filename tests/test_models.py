"""Which model is the newest, and which belong together."""

import os

import pytest

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from testing.models import EVALUATION_FOLDER, MODEL_FOLDER, check_same_classes, check_suits, newest_model
from tests.small import NAMES, small_dataset


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
def test_a_model_for_other_data_is_told_what_is_there(sizes):
    found = "found {} pixels and {} classes".format(*sizes)
    with pytest.raises(InputError, match=rf"model a\.pkl.*64 pixels an image and 3 classes.*{found}"):
        check_suits(network(*sizes), small_dataset(), "a.pkl")


@pytest.mark.parametrize(("one", "two"), [(None, None), (NAMES, NAMES), (NAMES, None), (None, NAMES)])
def test_models_of_the_same_classes_belong_together(one, two):
    check_same_classes(network(names=one), network(names=two))


@pytest.mark.parametrize("other", [network(names=NAMES[::-1]), network(classes=2), network(classes=10)])
def test_models_of_other_classes_do_not(other):
    with pytest.raises(InputError, match=r"3 \(top, middle, bottom\)"):
        check_same_classes(network(names=NAMES), other)


def test_what_a_killed_saving_left_is_no_model(tmp_path):
    for name in ("whole.pkl", ".whole-ab12.pkl"):
        (tmp_path / name).write_bytes(b"")
    assert newest_model(tmp_path).name == "whole.pkl"
