"""The figure of preparation steps."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from backend.drawing import RIGHT, WRONG
from testing.figures.preparation_steps import explanation, numbered_picture, save_explanation
from testing.reading import Reading, read_picture
from tests.helpers.samples.labelled_digits import Measures, labelled_folder
from tests.helpers.seen import assert_clear, words

NAMES = "0123456789"
STEPS = {"digit", "strokes", "28 x 28"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return labelled_folder(tmp_path_factory.mktemp("explanation") / "here")


@pytest.fixture(scope="module")
def string(folder):
    return read_picture(Measures(), folder / "sheets" / "two.png", several=True, explain=True)


def test_one_digit_is_a_strip_under_its_answer(folder):
    reading = read_picture(Measures(), folder / "drawn" / "seven.png", explain=True)
    (figure,) = explanation(reading, NAMES)
    assert "seven.png: 7 with 91.00%" in words(figure)
    assert_clear(figure)


def test_several_digits_are_strips_below_the_numbered_picture(string):
    (figure,) = explanation(string, NAMES)
    answers = {"1: 7\n91.00%", "2: 7\n91.00%", "3: 1\n91.00%", "4: 7\n91.00%"}
    assert answers | STEPS | {"two.png: 77/17", "all digits", "ink"} <= words(figure)
    shared, own = (sum(text.get_text() == name for text in figure.axes[0].texts) for name in ("ink", "28 x 28"))
    assert (shared, own) == (1, 4)
    assert_clear(figure)


def test_without_steps_what_the_network_saw_is_shown_alone(string):
    (figure,) = explanation(string.without_steps(), NAMES)
    pictures = [image.get_array() for image in figure.axes[0].images]
    assert len(pictures) == 1 + 4
    for pixels, (prepared, _) in zip(pictures[1:], string.digits, strict=True):
        np.testing.assert_array_equal(pixels, 255 - prepared.image)  # ink is dark
    assert "all digits" not in words(figure)
    assert_clear(figure)


def test_what_is_against_a_digit_stands_beside_it_and_colours_its_box(string):
    first, *others = string.digits
    refused = replace(string, digits=((replace(first[0], refusal="It is a blot, not a line."), first[1]), *others))
    (figure,) = explanation(refused, NAMES)
    assert any("blot" in text for text in words(figure))
    assert_clear(figure)
    for part, color in ((range(1), WRONG), (range(1, 4), RIGHT)):
        pixels = numbered_picture(refused, part).reshape(-1, 3)
        colored = [(pixels == np.round(255 * np.array(to_rgb(each)))).all(axis=1).any() for each in (RIGHT, WRONG)]
        assert colored == [color == RIGHT, color == WRONG]


@pytest.mark.parametrize("most", [4096, 280])
def test_boxes_lie_around_their_digits(string, monkeypatch, most):
    monkeypatch.setattr("testing.figures.preparation_steps.PAGE", most)  # a larger picture is drawn smaller
    for index, (prepared, _) in enumerate(string.digits):
        pixels = numbered_picture(string, range(index, index + 1)).astype(int)
        colored = np.argwhere(np.ptp(pixels, axis=2) > 60)
        box, scale = prepared.box, pixels.shape[0] / 560
        assert colored.max(axis=0) == pytest.approx([box.bottom * scale, box.right * scale], abs=4)
        assert colored[:, 1].min() == pytest.approx(box.left * scale, abs=4)


def test_many_digits_take_several_pages(string, tmp_path):
    many = replace(string.without_steps(), digits=string.without_steps().digits * 4)
    first, second = explanation(many, NAMES)
    assert any(text.endswith(", digits 1 to 12") for text in words(first))
    assert {"13: 7\n91.00%", "15: 1\n91.00%"} <= words(second)
    for figure in (first, second):
        assert_clear(figure)


def test_nothing_found_shows_the_picture(folder, tmp_path):
    reading = Reading(str(folder / "blank.png"))
    (figure,) = explanation(reading, NAMES)
    assert words(figure) == {"blank.png: no digit found"}
    saved = save_explanation(reading, NAMES, tmp_path, "blank")
    assert saved == [tmp_path / "blank.steps.png"]
    assert saved[0].is_file()
