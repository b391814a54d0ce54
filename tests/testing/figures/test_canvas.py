"""Figures of pictures positioned in inches."""

import io

import numpy as np
from PIL import Image

from backend.drawing import DPI
from testing.figures.canvas import clipped, new_canvas, place, write
from tests.helpers.seen import assert_clear, words


def test_a_picture_is_at_the_given_position_upright_and_framed():
    figure, axes = new_canvas(4, 3)
    pixels = np.array([[0, 255, 255], [255, 255, 255]], np.uint8)
    place(axes, pixels, 0.5, 1.0, (1.5, 1.0), "#123456")
    (image,) = axes.images
    assert image.get_extent() == [0.5, 2.0, 2.0, 1.0]
    np.testing.assert_array_equal(image.get_array(), pixels)
    (frame,) = axes.patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((0.5, 1.0), 1.5, 1.0)
    drawn = as_drawn(figure)
    assert drawn[round(1.25 * DPI), round(0.75 * DPI)] < 100 < drawn[round(1.75 * DPI), round(0.75 * DPI)]


def as_drawn(figure):
    """Return the figure's grey values, (height, width) in dots of DPI an inch."""
    stream = io.BytesIO()
    figure.savefig(stream, dpi=DPI)
    return np.asarray(Image.open(stream).convert("L"))


def test_large_pictures_are_averaged_to_what_is_drawn():
    _, axes = new_canvas(4, 3)
    pixels = np.zeros((900, 1800, 3), np.uint8)
    pixels[::2] = 200
    place(axes, pixels, 0, 0, (2.0, 1.0))
    drawn = axes.images[0].get_array()
    assert drawn.shape == (DPI, 2 * DPI, 3)
    assert set(np.unique(drawn)) == {100}


def test_words_stand_inside_and_apart():
    figure, axes = new_canvas(4, 2)
    write(axes, "first\nsecond", 0.1, 0.0)
    write(axes, "a heading", 0.1, 0.6, size=12, bold=True)
    assert_clear(figure)
    assert words(figure) == {"first\nsecond", "a heading"}


def test_what_is_too_long_is_cut_at_either_end():
    assert clipped("short", 1.0) == "short"
    assert clipped("abcdefghij", 0.4) == "…ghij"
    assert clipped("abcdefghij", 0.4, at_end=True) == "abcd…"
    assert clipped("abcdefghij", 0.0) == "…j"
