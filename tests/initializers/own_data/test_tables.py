"""CSV tables of pixels, and of picture files."""

import gzip

import numpy as np
import pytest

from backend.errors import InputError
from initializers.own_data.tables import listed_pictures, read_tables

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 16))
LABELS = ["0", "1", "0", "1", "0", "1"]


def text(names=None, labels=LABELS, last=False, pixels=PIXELS):
    """Return a table with the label first or last."""
    rows = [
        [*map(str, row), label] if last else [label, *map(str, row)]
        for row, label in zip(pixels.tolist(), labels, strict=True)
    ]
    return "\n".join(map(",".join, ([names] if names else []) + rows)) + "\n"


def written(folder, content, name="a.csv"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


NAMED = ["label", *(f"pixel{number}" for number in range(16))]


@pytest.mark.parametrize(
    "content",
    [text(), text(NAMED), text(["Class", *NAMED[1:]]), text([*NAMED[1:], "target"], last=True), "\ufeff" + text(NAMED)],
    ids=["no names", "names", "Class", "the last column", "a byte order mark"],
)
def test_the_label_column_is_found(tmp_path, content):
    found = read_tables(written(tmp_path, content))
    np.testing.assert_array_equal(found.images, PIXELS.reshape(6, 4, 4))
    assert (found.labels, found.is_test) == (LABELS, None)


def test_packed_tables_and_names_as_labels(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text(NAMED, labels=["cat", "dog"] * 3).encode()))
    assert read_tables(path).labels == ["cat", "dog"] * 3


def test_two_tables_are_the_two_parts(tmp_path):
    train, test = written(tmp_path, text(NAMED)), written(tmp_path, text(NAMED), "b.csv")
    found = read_tables(train, test)
    assert found.is_test.tolist() == [False] * 6 + [True] * 6
    with pytest.raises(InputError, match="images of one size"):
        read_tables(train, written(tmp_path, text(pixels=PIXELS[:, :9]), "c.csv"))


def test_a_table_of_picture_files_is_told_from_one_of_pixels(tmp_path):
    listed = written(tmp_path, "path,label\na/1.png,cat\n2.png,dog\n")
    assert listed_pictures(listed) == [(tmp_path / "a/1.png", "cat"), (tmp_path / "2.png", "dog")]
    assert listed_pictures(written(tmp_path, text(NAMED), "b.csv")) is None
    assert listed_pictures(written(tmp_path, text(), "c.csv")) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "a table of lines"),
        ("label,a,b\n", "rows of images, found none"),
        (text(["length", *NAMED[1:]]), "a column named label, class.*found length, pixel0"),
        (text(NAMED, pixels=PIXELS[:, :0].reshape(6, 0)), "."),
        (text(NAMED[:6], pixels=PIXELS[:, :5]), "square images.*found 5 values a row.*NeuralNetworkClassifier"),
        (text(NAMED).replace(str(PIXELS[2, 3]), "", 1), "."),
        (text(NAMED).replace(f",{PIXELS[2, 3]},", ",x,", 1), "text in the column"),
        (text(NAMED, labels=["0", "", "0", "1", "0", "1"]), "a label in every row, found none in row 2"),
        ('label,a\n"unclosed,1\n', "."),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_tables(written(tmp_path, content))


def test_an_empty_cell_is_named_by_its_row(tmp_path):
    rows = text(NAMED).splitlines()
    rows[3] = rows[3].rsplit(",", 1)[0] + ","
    with pytest.raises(InputError, match="a number in every cell, found an empty one in row 3"):
        read_tables(written(tmp_path, "\n".join(rows)))


def test_a_binary_file_is_no_table(tmp_path):
    (tmp_path / "a.csv").write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="a table of lines"):
        read_tables(tmp_path / "a.csv")
