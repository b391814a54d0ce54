"""Slanted rows of digits."""

import numpy as np
import pytest
from PIL import Image

from initializers.handwriting import find_digits, prepare_digit
from initializers.handwriting.ink import find_ink
from initializers.handwriting.layout import best_layout
from tests.helpers.samples.drawn_digits import alike, cropped, ink, on_paper


def sheet(rows):
    """Return the ink of rows of drawn digits."""
    lines = [np.hstack([ink(digit, 100, 12, 15) for digit in row]) for row in rows]
    width = max(line.shape[1] for line in lines)
    return np.vstack([np.pad(line, ((20, 20), (0, width - line.shape[1]))) for line in lines])


def slanted(amount, angle):
    """Return a picture of ink turned; above 0, rows fall to the right."""
    picture = Image.fromarray(np.rint(255 * amount).astype(np.uint8))
    return on_paper(np.asarray(picture.rotate(-angle, Image.Resampling.BICUBIC, expand=True)) / 255)


PLAIN = {digit: prepare_digit(on_paper(ink(digit, 100, 12, 15))).image for digit in "01457"}


def judge(images):
    """Say how much images are like the drawn digits: a network that knows nothing else."""
    likeness = np.array([[alike(image.reshape(28, 28), plain) for plain in PLAIN.values()] for image in images])
    return likeness.clip(0.01, 1)


def read(found):
    rows = {}
    for digit in found:
        best = max(PLAIN, key=lambda name: alike(digit.image, PLAIN[name]))
        rows[digit.row] = rows.get(digit.row, "") + best
    return "/".join(rows.values())


@pytest.mark.parametrize("angle", [-55, -30, 0, 7, 30, 55])
@pytest.mark.parametrize("deciding", [None, judge])
def test_strings_are_read_at_any_angle(angle, deciding):
    assert read(find_digits(slanted(sheet(["40715"]), angle), deciding)) == "40715"


@pytest.mark.parametrize("angle", [-40, 25])
def test_two_slanted_rows_stay_two(angle):
    found = find_digits(slanted(sheet(["4071", "5047"]), angle))
    assert read(found) == "4071/5047"


def test_of_two_digits_at_an_angle_a_judge_decides():
    picture = slanted(sheet(["47"]), 45)
    assert read(find_digits(picture, judge)) == "47"
    level = [digit.image for digit in find_digits(picture)]
    assert max(alike(level[0], PLAIN["4"]), alike(level[1], PLAIN["7"])) < 0.8


def test_a_judge_leaves_level_digits_of_different_heights_alone():
    padded = np.pad(sheet(["47"]), 80)
    padded[:, 210:] = np.roll(padded[:, 210:], -40, axis=0)
    found = find_digits(on_paper(padded), judge)
    assert read(found) == "47"
    assert best_layout(find_ink(on_paper(padded)), lambda _: 0.9).digits[0].box == found[0].box


def test_boxes_of_turned_digits_lie_where_the_picture_has_them():
    picture = slanted(sheet(["4071"]), 35)
    boxes = [part.box for part in find_digits(picture)]
    dark = picture < 120
    assert sum(int(dark[box.slices].sum()) for box in boxes) >= dark.sum()
    for box in boxes:
        inside = dark[box.slices]
        assert all(edge.any() for edge in (inside[:3], inside[-3:], inside[:, :3], inside[:, -3:]))


def test_an_underline_is_no_digit():
    amount = np.pad(sheet(["407"]), ((0, 60), (0, 0)))
    rows = np.arange(amount.shape[1]) // 12 + 150
    for extra in range(8):
        amount[rows + extra, np.arange(amount.shape[1])] = 1
    assert read(find_digits(on_paper(amount))) == "407"


def test_dirt_is_no_digit_where_rows_are_slanted_either():
    amount = np.pad(sheet(["4071"]), ((60, 60), (0, 0)))
    amount[20:24, 100:104] = amount[-20:-15, 300:304] = 1
    assert read(find_digits(slanted(amount, 35))) == "4071"


def test_the_likelihoods_of_all_digits_count():
    layout = best_layout(find_ink(on_paper(sheet(["4071"]))), lambda _: 0.9)
    assert layout.likelihood == pytest.approx(4 * np.log(0.9))


@pytest.mark.parametrize("order", [1, -1])
def test_a_string_may_fill_the_frame(order):
    amount = np.pad(cropped(ink("0", 100, 12, 15)), ((0, 0), (40, 0)))
    amount[:, :12] = 1  # a 1 along the whole edge
    found = find_digits(on_paper(amount[:, ::order]))
    assert [digit.box.width < 20 for digit in found][::order] == [True, False]


def test_touching_digits_at_an_angle_are_turned_and_cut():
    whole = sheet(["040"])
    touching = np.zeros((170, 330))
    for place, left in enumerate((0, 86, 178)):
        part = whole[:, 130 * place : 130 * (place + 1)]
        touching[:, left : left + 130] = np.maximum(touching[:, left : left + 130], part)
    found = find_digits(slanted(touching, 40), judge)
    assert len(found) == 3
    assert [digit.box.left for digit in found] == sorted(digit.box.left for digit in found)


def test_strings_of_mnist_are_found_whole_at_any_angle(mnist):
    images = mnist.X_test[:40].reshape(-1, 4, 28, 28)
    for number, row in enumerate(images):
        strip = np.kron(np.hstack(row), np.ones((3, 3))) / 255
        found = find_digits(slanted(strip, (-50, -25, 25, 50)[number % 4]))
        assert len(found) >= 4
        assert {digit.row for digit in found} == {0}


@pytest.mark.parametrize(("height", "gap", "likely", "count"), [
    (60, 6, 0.9, 1), (60, 6, 0.3, 2), (60, 30, 0.9, 2), (95, 6, 0.9, 2),
])  # fmt: skip
def test_a_low_part_next_to_another_is_joined_to_it_if_the_judge_prefers_that(height, gap, likely, count):
    amount = np.zeros((180, 240))
    top = 90 - height // 2  # as high as the other's middle: a level row
    amount[40:140, 60:90] = amount[top : top + height, 90 + gap : 120 + gap] = 1
    found = best_layout(find_ink(on_paper(amount)), lambda one: likely if one.shape[1] > 40 else 0.7)
    assert len(found.digits) == count
    assert found.digits[0].box.left == 60
    assert found.digits[-1].box.right == 120 + gap


@pytest.mark.parametrize("angle", [10, 25, -40])
def test_a_slanted_string_may_be_underlined(angle):
    underlined = np.pad(sheet(["407"]), ((0, 30), (0, 0)))
    underlined[145:153, 10:-10] = 1
    assert read(find_digits(slanted(underlined, angle))) == "407"
