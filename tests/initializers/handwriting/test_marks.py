"""Marks between digits, which are not read: the number is not accepted."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from initializers.handwriting import find_digits
from initializers.handwriting.marks import MARK, SLASH

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FONTS = pytest.mark.parametrize("font", ["DejaVuSans", "DejaVuSerif", "DejaVuSansMono"])


def typed(text, font, noise=0):
    """Return a picture of a typed text, black on white, with specks of one pixel."""
    picture = Image.new("L", (60 * len(text) + 60, 120), 255)
    ImageDraw.Draw(picture).text((30, 20), text, fill=0, font=ImageFont.truetype(FONT / f"{font}.ttf", 70))
    pixels = np.array(picture)
    rng = np.random.default_rng(0)
    pixels[rng.integers(pixels.shape[0], size=noise), rng.integers(pixels.shape[1], size=noise)] = 0
    return pixels


def refusals(*arguments, **options):
    return [digit.refusal for digit in find_digits(typed(*arguments, **options))]


@FONTS
@pytest.mark.parametrize(
    ("text", "place"), [("3.14", 0), ("1,000", 0), ("12:30", 1), ("10-20", 1), ("0.5", 0), ("50.", 1), ("-5", None)]
)
def test_a_mark_refuses_the_digit_before_it(text, place, font):
    found = refusals(text, font)
    if place is None:  # before a single digit a mark may be part of it
        assert found == [None]
        return
    assert found[place] == MARK
    assert found.count(None) == len(found) - 1


@FONTS
@pytest.mark.parametrize("text", ["12/03/2024", "7/8"])
def test_slashes_are_refused(text, font):
    found = refusals(text, font)
    assert [reason == SLASH for reason in found] == [sign == "/" for sign in text]


@FONTS
@pytest.mark.parametrize("text", ["1234567890", "4711", "117", "71", "100", "7"])
def test_numbers_are_not(text, font):
    assert set(refusals(text, font)) == {None}
    assert set(refusals(text, font, noise=20)) == {None}


def test_each_text_line_is_looked_at_by_itself():
    upper, lower = typed("3.14", "DejaVuSans"), typed("2024", "DejaVuSans")
    digits = find_digits(np.concatenate([upper, lower]))
    assert next(digit.refusal for digit in digits if digit.row == 0) == MARK
    assert {digit.refusal for digit in digits if digit.row == 1} == {None}


def test_a_one_that_leans_like_the_others_is_no_slash():
    picture = Image.new("L", (300, 120), 255)
    draw = ImageDraw.Draw(picture)
    for left in (40, 120, 200):
        draw.line([(left + 30, 20), (left, 100)], fill=0, width=8)
    assert {digit.refusal for digit in find_digits(np.array(picture))} == {None}
