"""Folders with labels.csv: valid and invalid contents, and accuracy."""

import pytest

from backend import InputError
from testing.reading import labelled_folders as labelled
from testing.reading.labelled_folders import Labelled, by_folder, read_folder, read_labels, table_rows
from tests.helpers.samples.labelled_digits import ROWS, Measures, labelled_folder, write_labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return labelled_folder(tmp_path_factory.mktemp("labelled") / "here")


def test_every_picture_is_read_as_its_label_asks(folder):
    readings = read_folder(Measures(), folder)
    assert [reading.label for reading in readings] == list(ROWS.values())
    assert [reading.answer for reading in readings] == ["7", "1", "77/17", "none", "1"]
    assert [reading.is_right for reading in readings] == [True, True, True, True, False]
    assert [reading.path for reading in readings] == [str(folder / name) for name in ROWS]


@pytest.mark.parametrize(("label", "answer"), [("7", "7"), ("77", "77/17"), ("7/7", "77/17"), ("seven", "none")])
def test_one_digit_is_asked_for_by_a_label_of_one_alone(tmp_path, label, answer):
    folder = labelled_folder(tmp_path / "here", {"sheets/two.png": label})
    (reading,) = read_folder(Measures(), folder)
    assert reading.answer == answer
    assert len(reading.digits) == (4 if "/" in answer else 1)


def test_pictures_are_counted_by_folder_in_order(folder):
    readings = read_folder(Measures(), folder)
    assert by_folder(readings) == [("drawn", 3, 2), ("sheets", 1, 1), (".", 1, 1)]
    assert table_rows(readings)[-1] == ("all", 5, 4, "80.0%")
    assert table_rows(readings[:1]) == [("drawn", 1, 1, "100.0%")]
    assert table_rows([]) == []


def test_one_that_cannot_be_read_is_wrong_and_the_rest_is_read(tmp_path):
    folder = labelled_folder(tmp_path / "here", {"broken.png": "blank", "drawn/seven.png": "7"})
    (folder / "broken.png").write_bytes(b"no picture")
    broken, seven = read_folder(Measures(), folder)
    assert "something else" in broken.error
    assert (broken.is_right, seven.is_right) == (False, True)


def labels(tmp_path, text, *pictures):
    """Write labels.csv and files of the names given; return the folder."""
    for name in pictures:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "labels.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        "path,label\na/x.png,7\ny.png,12/3\n",
        "\ufeffpath,label\r\na/x.png,7\r\n\r\ny.png,12/3",
        "writer,label,path,note\nw,7,a/x.png,\nw,12/3,y.png,more,and more\n",
        'path, label\n"a/x.png", "7"\n./y.png,12/3\n',
        "path,label\na/../a/x.png,7\ny.png , 12/3\n",
    ],
    ids=["plain", "mark and Windows", "more columns", "quotes and spaces", "roundabout"],
)
def test_tables_of_many_programs_say_the_same(tmp_path, text):
    folder = labels(tmp_path, text, "a/x.png", "y.png")
    assert read_labels(folder) == [Labelled("a/x.png", "7"), Labelled("y.png", "12/3")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found an empty file"),
        ("path;label\na.png;7\n", "found path;label"),
        ("file,digit\na.png,7\n", "found file,digit"),
        ("path,label,label\na.png,7,8\n", "found path,label,label"),
        ("path,label\n", "a line for every picture, found none"),
        ("path,label\na.png\n", "line 2 without a label"),
        ("path,label\na.png,  \n", "line 2 without a label"),
        ("path,label\n\n,7\n", "line 3 without a path"),
        ("path,label\na.png,7\n./a.png,7\n", r"'\./a\.png' in lines 2 and 3"),
        ("path,label\n/etc/passwd,7\n", "'/etc/passwd' in line 2"),
        ("path,label\na/../../b.png,7\n", r"'a/\.\./\.\./b\.png' in line 2"),
        ("path,label\n.,7\n", "inside of its folder"),
        ("path,label\na.png,7\nb.png,1\n", r"1 that are not \(b\.png\)"),
        ("path,label\na,7\nb,1\nc,1\nd,1\n", r"4 that are not \(a, b, c and others\)"),
        ("path,label\na\0b.png,7\n", "1 that are not"),
        ('path,label\n"a.png" b,7\n', "in line 2"),
        ("path,label\na.png," + 200_000 * "x", "in line 2"),
        ("path,label\na.png,é\n".encode("latin-1"), "another encoding"),
        ("path,label\na.png,7\n".encode("utf-16"), "another encoding"),
    ],
)
def test_what_cannot_be_true_is_one_clear_error(tmp_path, text, words):
    with pytest.raises(InputError, match=rf"(?s)^labels .*labels\.csv: expected .*{words}.*path,label"):
        read_labels(labels(tmp_path, text, "a.png"))


def test_labels_that_are_no_file_or_too_long(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="nothing of that name"):
        read_folder(Measures(), tmp_path)
    (tmp_path / "labels.csv").mkdir()
    with pytest.raises(InputError, match="something else"):
        read_labels(tmp_path)
    (tmp_path / "labels.csv").rmdir()
    monkeypatch.setattr(labelled, "LARGEST_FILE", 9)
    write_labels(tmp_path, ROWS)
    with pytest.raises(InputError, match="at most 9 bytes"):
        read_labels(tmp_path)
