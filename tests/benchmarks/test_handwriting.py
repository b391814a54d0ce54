"""The handwriting benchmark."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.handwriting import drawing, photograph, table
from benchmarks.samples import error_sheet
from benchmarks.samples.error_sheet import (
    ACCEPTED,
    LENGTH,
    MISREAD,
    REFUSED,
    STRING,
    UNREADABLE,
    cause,
    draw_errors,
    error_sheets,
)
from initializers.handwriting import prepare_digit
from testing.reading import Reading
from testing.reading.labelled_folders import read_folder
from tests.helpers.samples.labelled_digits import Measures, labelled_folder
from tests.helpers.seen import assert_clear, words


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    return read_folder(Measures(), labelled_folder(tmp_path_factory.mktemp("handwriting") / "here"))


def test_the_table_counts_by_folder():
    made = [("a", "blank"), ("a", "7"), (".", "blank")]
    lines = table([Reading("x.png", label=label, folder=folder) for folder, label in made]).splitlines()
    assert lines[2:] == ["| a | 2 | 1 | 50.0% |", "| . | 1 | 1 | 100.0% |", "| all | 3 | 2 | 66.7% |"]


def digits(readings, place, count, **changes):
    """Return the digit of a reading so many times, changed."""
    (prepared, found), *_ = readings[place].digits
    return tuple((replace(prepared, **changes), found) for _ in range(count))


@pytest.mark.parametrize(
    ("label", "count", "refusal", "expected"),
    [
        ("7", 1, None, None),
        ("7", 1, "It is a blot.", REFUSED),
        ("4", 1, None, MISREAD),
        ("blank", 1, None, ACCEPTED),
        ("blank", 1, "It is a blot.", None),
        ("77", 2, None, None),
        ("77", 3, None, LENGTH),
        ("7/7", 2, None, LENGTH),
        ("71", 2, None, STRING),
        ("71", 0, None, LENGTH),
        ("77", 2, "It is a blot.", REFUSED),
    ],
)
def test_every_error_has_a_cause(readings, label, count, refusal, expected):
    found = digits(readings, 0, count, refusal=refusal)
    assert cause(Reading("x.png", found, label=label)) == expected


def test_what_the_network_saw_stands_beside_the_picture_with_dark_ink(readings):
    (figure,) = error_sheets([replace(readings[0], label="4")])
    _, seen = figure.axes[0].images
    np.testing.assert_array_equal(seen.get_array(), 255 - readings[0].digits[0][0].image)


def test_sheets_show_every_cause_with_its_pictures(readings):
    seven, one, *_ = readings
    wrong = [
        replace(seven, label="4"),
        replace(one, label="0"),
        replace(seven, label="4", path=one.path),
        replace(one, label="a word of many letters that goes on and on"),
        replace(seven, digits=digits(readings, 0, 1, refusal="There is more than one thing in the picture.")),
        replace(seven, digits=digits(readings, 0, 8), label="123"),
        replace(seven, digits=digits(readings, 0, 2), label="17"),
        Reading("/nowhere/" + 30 * "long" + ".png", error="broken", label="7"),
    ]
    (figure,) = error_sheets([*readings[:2], *wrong])
    said = words(figure)
    assert {f"{name} (1)" for name in (UNREADABLE, ACCEPTED, LENGTH, STRING)} | {f"{MISREAD} (3)"} <= said
    assert f"{REFUSED} (1, 1 of them predicted correctly)" in said
    assert "8 of 10 pictures and the network's input: true → read, confidence" in said
    assert {"0 → 1, 91%", "4 → 7, 91%", "7: not read", "123 → 77777777, 91%"} <= said
    told = [text.get_text() for text in figure.axes[0].texts]
    assert told.index("0 → 1, 91%") < told.index("4 → 7, 91%")
    assert len(figure.axes[0].images) == 2 * 7
    assert_clear(figure)


def test_many_errors_take_pages_with_headings_of_their_own(readings, tmp_path, monkeypatch):
    monkeypatch.setattr(error_sheet, "_HEIGHT", 4.6)
    wrong = 6 * [replace(readings[0], label="4")]
    pages = list(error_sheets([replace(readings[1], label="71"), *wrong]))
    assert [f"{MISREAD} (6)" in words(page) for page in pages] == [True, False]
    assert f"{MISREAD} (6), continued" in words(pages[1])
    assert all(page.get_size_inches()[1] < 4.6 + 0.5 for page in pages)
    saved = draw_errors([replace(readings[1], label="71"), *wrong], tmp_path / "errors.png")
    assert saved == [tmp_path / "errors.png", tmp_path / "errors-2.png"]
    assert all(path.is_file() for path in saved)


def test_no_heading_stands_alone_at_a_pages_end(readings, monkeypatch):
    monkeypatch.setattr(error_sheet, "_HEIGHT", 3.0)
    wrong = [replace(readings[1], label="71"), replace(readings[0], label="4")]
    first, second = error_sheets(wrong)
    assert f"{MISREAD} (1)" not in words(first)
    assert f"{MISREAD} (1)" in words(second)


def test_without_errors_there_is_no_sheet(readings, tmp_path):
    assert draw_errors(readings[:2], tmp_path / "errors.png") == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("make", [drawing, lambda: photograph(np.random.default_rng(0), 900)])
def test_the_pictures_for_the_speed_show_a_digit(make):
    assert prepare_digit(make()).refusal is None
