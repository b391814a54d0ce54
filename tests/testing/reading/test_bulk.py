"""Reading many pictures into a table."""

import csv
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from backend.errors import InputError
from testing import predict
from testing.inference.model_files import PRETRAINED
from testing.reading import bulk
from testing.reading.bulk import COLUMNS, Job, Table, read_many, write_parquet
from tests.helpers.terminal import Recorded

JOB = Job((str(PRETRAINED),), 1, False)


@pytest.fixture
def pictures(tmp_path, digits, monkeypatch):
    """Five digits and a broken picture; a shard has two."""
    monkeypatch.setattr(bulk, "SHARD", 2)
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(5):
        Image.fromarray(digits.X_test[number].reshape(28, 28)).save(folder / f"{number}.png")
    (folder / "5.png").write_bytes(b"broken")
    return sorted(map(str, folder.iterdir()))


def rows(path):
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_every_picture_has_a_row_also_if_it_cannot_be_read(tmp_path, pictures, digits):
    table = Table(tmp_path / "a.csv")
    assert sum(read_many(pictures, JOB, table, engine="threading", jobs=2)) == 6
    header, *found = rows(table.path)
    assert tuple(header) == COLUMNS
    by_path = {row[0]: row for row in found}
    assert sorted(by_path) == pictures
    assert np.mean([by_path[path][1] == str(digits.y_test[n]) for n, path in enumerate(pictures[:5])]) >= 0.8
    assert by_path[pictures[5]][5]
    assert table.errors == 1


def test_an_interrupted_run_continues_behind_the_last_whole_row(tmp_path, pictures):
    whole = Table(tmp_path / "whole.csv")
    list(read_many(pictures, JOB, whole, engine="threading", jobs=1))
    text = whole.path.read_text(encoding="utf-8")
    for length in (0, 10, len(text) // 2, len(text)):
        part = tmp_path / "part.csv"
        part.write_text(text[:length], encoding="utf-8")
        if not length:
            part.unlink()
        table = Table(part) if length != 10 else None
        if table is None:  # not even the line of names is whole
            with pytest.raises(InputError, match="a table with the columns"):
                Table(part)
            continue
        list(read_many(pictures, JOB, table, engine="threading", jobs=1))
        assert sorted(rows(part)) == sorted(rows(whole.path))
        assert table.errors == 1


def test_another_table_is_not_overwritten(tmp_path):
    (tmp_path / "a.csv").write_text("path,label\n1.png,7\n")
    with pytest.raises(InputError, match="a table with the columns path,digits"):
        Table(tmp_path / "a.csv")


def test_pictures_are_listed_only_as_they_are_needed(tmp_path, pictures, monkeypatch):
    monkeypatch.setattr(bulk, "AHEAD", 1)
    listed = []

    def listing():
        for path in pictures:
            listed.append(path)
            yield path

    answers = read_many(listing(), JOB, Table(tmp_path / "a.csv"), engine="threading", jobs=1)
    next(answers)
    assert len(listed) <= 3


def test_the_script_writes_a_table_and_says_how_many(tmp_path, pictures, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = ["scans", "--output", "a.csv", "--one", "--parallel", "threading", "--model", str(PRETRAINED)]
    monkeypatch.setattr("sys.argv", ["predict.py", *flags])
    console = Recorded()
    assert predict.main(console) == 1  # as ever if a picture cannot be read
    assert "6 pictures, 1 of which cannot be read" in console.out
    again = Recorded()
    predict.main(again)
    assert "6 pictures are already in a.csv" in again.out
    monkeypatch.setattr("sys.argv", ["predict.py", "scans", "--output", "a.txt", "--model", str(PRETRAINED)])
    with pytest.raises(InputError, match=r"ends in \.csv or \.parquet"):
        predict.main(Recorded())
    monkeypatch.setattr("sys.argv", ["predict.py", *flags, "--json"])
    with pytest.raises(InputError, match="--output: expected a table alone"):
        predict.main(Recorded())


def test_a_table_becomes_a_parquet_file(tmp_path, pictures):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = Table(tmp_path / "a.csv")
    list(read_many(pictures, JOB, table, engine="threading", jobs=1))
    found = parquet.read_table(write_parquet(table.path, tmp_path / "a.parquet")).to_pylist()
    assert len(found) == 6
    assert {type(row["digits"]) for row in found} == {str}
    assert {row["sure"] for row in found[:5]} <= {True, False}


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.csv", None)
    shutil.copy(__file__, tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"Parquet: .*pip install pyarrow"):
        write_parquet(tmp_path / "a.csv", tmp_path / "a.parquet")
