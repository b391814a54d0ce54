"""Which model is the newest."""

import os

import pytest

from backend.errors import InputError
from testing.models import EVALUATION_FOLDER, MODEL_FOLDER, newest_model


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
