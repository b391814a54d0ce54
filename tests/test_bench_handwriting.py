"""The benchmark on handwriting counts by folder, draws its errors and makes its own photographs."""

import numpy as np
import pytest
from PIL import Image

from backend import InputError
from benchmarks.handwriting import Reading, draw_errors, drawing, photograph, read_folder, table
from initializers.handwriting import prepare_digit
from tests.drawn_digits import ink, on_paper

FOLDERS = {"drawn/seven.png": ("7", "7"), "drawn/one.png": ("1", "1"), "sheets/two.png": ("7/17", "717")}


class Measures:
    """Stands in for a network: says 1 where the digit is narrow, else 7."""

    def predict_proba(self, images):
        widths = images.reshape(-1, 28, 28).any(axis=1).sum(axis=1)
        p = np.full((len(images), 10), 0.01)
        p[np.arange(len(images)), np.where(widths < 9, 1, 7)] = 0.91
        return p


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "drawn").mkdir()
    (tmp_path / "sheets").mkdir()
    for name in "71":
        picture = Image.fromarray(on_paper(ink(name)))
        picture.save(tmp_path / "drawn" / {"7": "seven.png", "1": "one.png"}[name])
    rows = np.vstack([np.hstack([ink("7"), np.zeros((280, 280))]), np.hstack([ink("1"), ink("7")])])
    Image.fromarray(on_paper(rows)).save(tmp_path / "sheets" / "two.png")
    Image.fromarray(np.full((30, 30), 255, np.uint8)).save(tmp_path / "blank.png")
    lines = [f"{path},{label}" for path, (label, _) in FOLDERS.items()]
    (tmp_path / "labels.csv").write_text("\n".join(["path,label", *lines, "blank.png,blank", "drawn/one.png,7"]))
    return tmp_path


def test_every_picture_is_read_as_its_label_asks(folder):
    readings = read_folder(Measures(), folder)
    assert [reading.answer for reading in readings] == ["7", "1", "7/17", "none", "1"]
    assert [reading.is_right for reading in readings] == [True, True, True, True, False]


def test_the_table_counts_by_folder(folder):
    lines = table(read_folder(Measures(), folder)).splitlines()
    assert lines[2:] == ["| drawn | 3 | 2 | 66.7% |", "| sheets | 1 | 1 | 100.0% |", "| . | 1 | 1 | 100.0% |"]


def test_errors_are_drawn_and_only_if_there_are_some(folder):
    readings = read_folder(Measures(), folder)
    assert draw_errors(readings[:3], folder / "errors.png") is None
    assert draw_errors(readings, folder / "errors.png").is_file()


def test_letters_have_to_be_refused():
    reading = Reading("x.png", "X", "7", np.zeros((28, 28), np.uint8))
    assert not reading.is_right
    assert reading._replace(answer="none").is_right


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"labels\.csv"):
        read_folder(Measures(), tmp_path)


@pytest.mark.parametrize("make", [drawing, lambda: photograph(np.random.default_rng(0))])
def test_the_pictures_for_the_speed_show_a_digit(make):
    assert prepare_digit(make()).refusal is None
