"""Detection and removal of skew."""

import numpy as np
import pytest
from PIL import Image

from initializers.handwriting.components import Box, connected_components, glyph_of
from initializers.handwriting.ink import find_ink
from initializers.handwriting.skew import NONE, direction, turned
from tests.helpers.samples.drawn_digits import ink, on_paper


def string(angle, count, row=0, apart=80, height=60):
    """Return boxes along a line at an angle, and their pieces' too."""
    slope = np.radians(angle)
    steps = apart * np.arange(count)
    x = 500 + steps * np.cos(slope) - row * np.sin(slope)
    y = 500 + steps * np.sin(slope) + row * np.cos(slope)
    edges = np.rint(np.stack([y - height / 2, x - 20, y + height / 2, x + 20], axis=1)).astype(int)
    return [Box(*map(int, one)) for one in edges]


@pytest.mark.parametrize("angle", [-60, -30, 20, 45, 65])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_rows_have_one_direction_however_many_there_are(angle, rows):
    boxes = [box for row in range(rows) for box in string(angle, 4, 130 * row)]
    found, _, certain = direction(boxes)
    assert abs(found - angle) < 1
    assert certain


def test_the_order_of_the_boxes_does_not_matter():
    boxes = string(30, 5)
    assert direction(boxes[::-1]) == direction(boxes)
    assert direction([boxes[place] for place in (2, 0, 4, 1, 3)]) == direction(boxes)


def test_digits_in_the_same_place_are_no_trouble():
    box = Box(10, 10, 40, 30)
    assert direction([box, box]) == NONE


def test_two_digits_have_a_direction_that_is_not_certain():
    found, _, certain = direction(string(30, 2))
    assert abs(found - 30) < 1
    assert not certain


@pytest.mark.parametrize("angle", [0, 8, -10, 80, 90])
def test_what_is_as_good_as_level_and_what_is_a_column_have_none(angle):
    assert direction(string(angle, 5)) == NONE


def test_pieces_and_single_digits_have_none():
    piece = Box(300, 300, 310, 315)
    assert direction([]) == direction([piece]) == direction([*string(0, 1), piece]) == NONE
    assert direction([*string(0, 4), piece]) == NONE


def test_digits_of_different_heights_keep_the_direction():
    generator = np.random.default_rng(1)
    boxes = [Box(box.top + int(generator.integers(-6, 7)), *box[1:]) for box in string(25, 6)]
    assert abs(direction(boxes)[0] - 25) < 6


@pytest.mark.parametrize("angle", [-50.0, 20.0, 63.0])
@pytest.mark.parametrize("shape", [(40, 30), (300, 420)])
def test_turned_ink_keeps_its_labels_and_its_boxes_find_back(angle, shape):
    pixels = np.full(shape, 240, np.uint8)
    unit = shape[0] // 10
    pixels[3 * unit : 5 * unit, 2 * unit : 3 * unit] = pixels[6 * unit : 7 * unit, 4 * unit : 6 * unit] = 20
    found = find_ink(pixels)
    view = turned(found, angle)
    original = {part.labels: part.box for part in connected_components(found.labels)}
    for part in connected_components(view.ink.labels):
        box = view.back(glyph_of(view.ink.amount, view.ink.labels, part))
        assert np.abs(np.subtract(box, original[part.labels])).max() <= 1 + 0.01 * max(shape)
    area = (view.ink.amount > 0.5).sum() / (found.amount > 0.5).sum()
    assert area == pytest.approx(view.scale**2, rel=0.1)


def test_ink_that_is_hardly_turned_has_the_very_box_that_it_had():
    pixels = np.full((200, 300), 240, np.uint8)
    pixels[40:90, 61:72] = 20
    found = find_ink(pixels)
    (part,) = connected_components(found.labels)
    view = turned(found, 0.0)
    assert view.back(glyph_of(view.ink.amount, view.ink.labels, part)) == part.box


def test_ink_is_turned_as_a_picture_is():
    amount = ink("7")
    slanted = np.asarray(Image.fromarray((255 * amount).astype(np.uint8)).rotate(-30, expand=True)) / 255
    view = turned(find_ink(on_paper(slanted)), 30.0)
    middle = np.array(view.ink.amount.shape) // 2
    upright = view.ink.amount[middle[0] - 140 : middle[0] + 140, middle[1] - 140 : middle[1] + 140]
    assert np.corrcoef(upright.ravel(), amount.ravel())[0, 1] > 0.95


def test_a_box_that_turns_out_of_the_frame_ends_at_it():
    pixels = np.full((60, 60), 240, np.uint8)
    pixels[:20, :6] = 20
    found = find_ink(pixels)
    view = turned(found, 45.0)
    box = view.back(glyph_of(view.ink.amount, view.ink.labels, connected_components(view.ink.labels)[0]))
    assert (box.top, box.left) == (0, 0)
    assert abs(box.bottom - 20) <= 1
    assert abs(box.right - 6) <= 1


def test_steps_in_all_directions_are_not_certain_and_speak_against_a_turn():
    places = [(0, 0), (0, 80), (40, 150), (110, 190)]
    found = direction([Box(down, across, down + 60, across + 40) for down, across in places])
    assert not found.certain
    assert found.odds <= 0


def test_the_steeper_two_digits_lie_the_likelier_they_were_turned():
    odds = [direction(string(angle, 2)).odds for angle in (15, 30, -45, 60)]
    assert odds == sorted(odds)
    assert odds[0] < 0 < odds[1]
