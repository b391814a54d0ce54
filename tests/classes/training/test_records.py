"""Records and histories, in memory and in files."""

import csv
import dataclasses
import json

import pytest

from classes.training.records import COLUMNS, EpochRecord, History

FIRST = EpochRecord(1, 2, 0.5, 0.8, 0.25, 0.91, 0.1, 2.0, 30000.0)
SECOND = EpochRecord(2, 2, 0.25, 0.9, None, None, 0.05, 1.5, 40000.0)


@pytest.fixture
def history():
    return History([FIRST, SECOND], chosen_epoch=1)


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FIRST.epoch = 3


def test_a_record_reads_as_a_line():
    assert str(FIRST) == (
        "epoch 1/2: loss 0.5000, accuracy 80.00%, validation loss 0.2500, accuracy 91.00%, 2.00 s, 30,000 images/s"
    )
    assert str(SECOND) == "epoch 2/2: loss 0.2500, accuracy 90.00%, 1.50 s, 40,000 images/s"


def test_half_of_the_validation_figures_is_not_shown():
    for name in ("val_loss", "val_accuracy"):
        assert "validation" not in str(dataclasses.replace(FIRST, **{name: None}))


def test_a_history_is_a_list_of_records(history):
    assert len(history) == 2
    assert list(history) == [FIRST, SECOND]
    assert history.last is SECOND
    assert History([FIRST, FIRST, SECOND]).last is SECOND
    assert history.column("val_loss") == [0.25, None]
    assert len(History()) == 0


def test_a_dictionary_round_trip_gives_the_same_history(history):
    described = history.to_dict()
    assert json.loads(json.dumps(described)) == described  # built-in types alone
    assert History.from_dict(described) == history


def test_the_table_has_a_line_an_epoch_and_empty_cells_for_what_is_missing(history, tmp_path):
    path, _ = history.save(tmp_path / "runs" / "history")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS == tuple(field.name for field in dataclasses.fields(EpochRecord))
    assert [float(row["train_loss"]) for row in rows] == [0.5, 0.25]
    assert [row["val_accuracy"] for row in rows] == ["0.91", ""]
    assert path.name == "history.csv"


def test_numbers_in_files_are_exact(tmp_path):
    odd = dataclasses.replace(FIRST, train_loss=0.1 + 0.2, val_loss=1e-300)
    table, text = History([odd]).save(tmp_path / "history")
    assert "0.30000000000000004" in table.read_text()
    assert History.from_dict(json.loads(text.read_text())) == History([odd])


def test_json_holds_the_same_and_has_null_for_what_json_cannot_say(tmp_path, history):
    _, path = history.save(tmp_path / "history")
    assert History.from_dict(json.loads(path.read_text())) == history
    bad = dataclasses.replace(FIRST, train_loss=float("nan"), val_loss=float("inf"))
    _, path = History([bad]).save(tmp_path / "bad")
    row = json.loads(path.read_text(), parse_constant=pytest.fail)["epochs"][0]
    assert (row["train_loss"], row["val_loss"], row["train_accuracy"]) == (None, None, 0.8)


def test_files_end_with_a_line_end_and_a_stem_with_a_dot_is_kept(tmp_path, history):
    paths = history.save(tmp_path / "run.1")
    assert [path.name for path in paths] == ["run.1.csv", "run.1.json"]
    assert all(path.read_bytes().endswith(b"\n") for path in paths)
