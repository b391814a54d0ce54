"""The trackers of train.py."""

from pathlib import Path

import pytest

from interface.console import Console
from tests.helpers.small import small_dataset
from tests.training.trackers.event_files import scalars
from training.config import TrainingConfig
from training.trackers import TensorBoard
from training.trackers.configured import new_trackers, record_results

pytest.importorskip("tensorboardX")


def trackers(folder, **changes):
    return new_trackers(Console(width=80), TrainingConfig(**changes), Path("model/fast.pkl"), small_dataset())


def test_none_are_the_default(tmp_path):
    assert trackers(tmp_path) == []


def test_a_training_has_a_folder_of_its_own_with_its_settings(tmp_path):
    (tmp_path / "fast").mkdir()
    (tracker,) = trackers(tmp_path, tensorboard=tmp_path)
    assert isinstance(tracker, TensorBoard)
    assert tracker.folder == tmp_path / "fast-2"
    assert tracker.settings["dataset"] == "three stripes"
    assert tracker.settings["optimizer"] == "adamw"


def test_results_are_recorded_and_said(tmp_path, capsys):
    found = trackers(tmp_path, tensorboard=tmp_path)
    record_results(Console(width=200), found, 0.75, Path("model/fast.pkl"))
    assert scalars(tmp_path / "fast") == {"accuracy/test": {0: 0.75}}
    assert "Recorded in" in capsys.readouterr().out


def test_a_result_that_cannot_be_recorded_is_a_warning(tmp_path, capsys):
    (tmp_path / "fast").write_text("a file in the way")
    tracker = TensorBoard(tmp_path / "fast")
    record_results(Console(width=200), [tracker], 0.75, Path("model/fast.pkl"))
    captured = capsys.readouterr()
    assert "TensorBoard has no record of the result" in captured.out + captured.err
