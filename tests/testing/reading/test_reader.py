"""Reading one picture of one digit or several."""

from dataclasses import replace

import numpy as np
import pytest

from backend import InputError
from initializers.handwriting import Prepared
from initializers.handwriting.components import Box
from initializers.handwriting.refusals import BLANK, SEVERAL
from testing.inference.prediction import Prediction
from testing.reading import NOTHING, Reading, read_digits, read_picture
from testing.reading import reader as reading
from tests.helpers.samples.labelled_digits import Measures, labelled_folder

NAMES = tuple("abcdefghij")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return labelled_folder(tmp_path_factory.mktemp("reading") / "here")


def digit(value, confidence=0.9, *, refusal=None, row=0):
    p = np.full(10, (1 - confidence) / 9)
    p[value] = confidence
    return Prepared(np.zeros((28, 28), np.uint8), Box(1, 2, 3, 4), (), refusal, row), Prediction(p)


STRING = Reading("x.png", (digit(1), digit(2, 0.8), digit(3, row=1)))


def test_rows_are_parted_as_in_labels():
    assert STRING.text(NAMES) == "bc/d"
    assert STRING.answer == "12/3"
    assert STRING.confidence == pytest.approx(0.8)


def test_an_answer_names_classes_by_their_numbers_however_many_there_are():
    prepared, _ = digit(0)
    found = Reading("x.png", ((prepared, Prediction(np.eye(26)[25])),), label="7")
    assert (found.answer, found.is_right) == ("25", False)


@pytest.mark.parametrize(
    ("label", "digits", "answer", "right"),
    [
        ("7", (digit(7),), "7", True),
        ("7", (digit(7, 0.3, refusal=SEVERAL),), "7", True),  # asked for a digit, it counts what was read
        ("7", (digit(1),), "1", False),
        ("7", (), NOTHING, False),
        ("12/3", STRING.digits, "12/3", True),
        ("123", STRING.digits, "12/3", False),
        ("letter", (digit(7),), "7", False),
        ("letter", (digit(7, 0.5),), NOTHING, True),
        ("letter", (digit(7, refusal=BLANK),), NOTHING, True),
        ("letter", (), NOTHING, True),
        (None, (digit(7),), "7", False),
    ],
)
def test_an_answer_is_right_as_its_label_asks(label, digits, answer, right):
    found = Reading("x.png", digits, label=label)
    assert (found.answer, found.is_right) == (answer, right)


def test_what_cannot_be_read_is_never_right():
    assert not Reading("x.png", error="broken", label="blank").is_right


def test_built_in_types_alone_and_whether_it_is_right_where_that_is_known():
    assert "label" not in STRING.to_dict(NAMES)
    told = replace(STRING, label="12/3").to_dict(NAMES)
    assert list(told)[:4] == ["path", "label", "right", "digits"]
    assert (told["right"], told["digits"], told["sure"], told["refusal"]) == (True, "bc/d", True, None)
    assert told["boxes"] == 3 * [{"top": 1, "left": 2, "bottom": 3, "right": 4}]
    wrong = Reading("x.png", error="broken", label="7").to_dict(NAMES)
    assert wrong == {"path": "x.png", "label": "7", "right": False, "error": "broken"}


def test_one_doubt_is_a_doubt_about_all():
    assert STRING.is_sure
    assert not Reading("x.png", (digit(1), digit(2, 0.6))).is_sure
    assert Reading("x.png", (digit(1), digit(2, refusal=BLANK))).refusal == BLANK
    assert Reading("x.png").refusal == "There is no digit in it."


def test_one_digit_or_all_of_them(folder):
    (one,) = read_digits(Measures(), folder / "sheets" / "two.png")
    several = read_picture(Measures(), folder / "sheets" / "two.png", several=True)
    assert one[0].refusal == SEVERAL
    assert several.answer == "77/17"
    assert several.path == str(folder / "sheets" / "two.png")


@pytest.mark.parametrize(("several", "count"), [(False, 1), (True, 4)])
def test_steps_are_kept_where_they_are_asked_for_and_can_be_dropped(folder, several, count):
    found = read_picture(Measures(), folder / "sheets" / "two.png", several=several, explain=True)
    assert len(found.digits) == count
    assert all(prepared.steps for prepared, _ in found.digits)
    dropped = found.without_steps()
    assert not any(prepared.steps for prepared, _ in dropped.digits)
    assert dropped.to_dict(NAMES) == found.to_dict(NAMES)


def test_a_picture_that_fails_is_an_error_of_its_own(folder):
    assert "nothing of that name" in read_picture(Measures(), folder / "missing.png").error
    with pytest.raises(InputError, match="nothing of that name"):
        read_digits(Measures(), folder / "missing.png")


@pytest.mark.parametrize(
    ("one", "many", "count"),
    [
        (digit(7, 0.6), (digit(1), digit(7)), 2),
        (digit(7, 0.95), (digit(1), digit(7)), 1),
        (digit(7, 0.99, refusal=SEVERAL), (digit(1), digit(7)), 2),
        (digit(7, 0.3), (digit(7),), 1),
        (digit(5, 0.2, refusal=BLANK), (), 1),
    ],
)
def test_untold_it_takes_what_the_network_is_surer_of(monkeypatch, one, many, count):
    monkeypatch.setattr(reading, "digit_and_digits", lambda *_, explain: ("one", ["many"]))
    monkeypatch.setattr(reading, "_judged", lambda network, found: (one,) if found == ["one"] else many)
    assert len(read_digits(Measures(), "x.png", several=None)) == count
