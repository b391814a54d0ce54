"""The figures of robustness."""

import numpy as np
import pytest

from backend.drawing import RIGHT, TRAIN, WRONG
from testing.corruptions import CORRUPTIONS
from testing.figures.robustness import CELL_HEIGHT, CELL_WIDTH, corruption_gallery, robustness_bars

VALUES = {"shot_noise": 0.975, "brightness": 0.05, "fog": 0.5}


def test_bars_stand_at_their_values_from_zero_in_order():
    figure = robustness_bars(VALUES, 0.99, "MNIST")
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([97.5, 5, 50])
    assert {bar.get_x() for bar in axes.patches} == {0}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["shot noise", "brightness", "fog"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first on top
    assert [text.get_text() for text in axes.texts] == ["97.5", "5.0", "50.0"]
    assert axes.texts[1].get_position()[0] > 5  # beside a bar that is too short for it
    clean, mean = axes.lines
    assert (clean.get_label(), mean.get_label()) == ("clean: 99.00%", "mean under corruption: 50.83%")
    assert (clean.get_xdata()[0], mean.get_xdata()[0]) == pytest.approx((99, 50.8333), abs=1e-3)
    assert axes.get_title(loc="left") == "MNIST: accuracy under the corruptions of MNIST-C"


def test_a_baseline_is_drawn_by_name():
    (axes,) = robustness_bars(VALUES, 0.99, "MNIST", {"fog": 0.25, "shot_noise": 0.5, "brightness": 1.0}).axes
    points = axes.lines[-1]
    assert points.get_label() == "baseline"
    np.testing.assert_allclose(points.get_xdata(), [50, 100, 25])
    np.testing.assert_allclose(points.get_ydata(), [0, 1, 2])
    assert points.get_color() != TRAIN


def gallery(names=("cat", "a very long name")):
    pictures = {name: np.full((2, 28, 28), number, np.uint8) for number, name in enumerate(["clean", *CORRUPTIONS])}
    pictures["fog"][1] = 200
    answers = {name: list(names) for name in pictures} | {"fog": [names[1], names[0]]}
    return corruption_gallery(pictures, answers, names, "MNIST")


def test_the_gallery_has_a_row_a_corruption_and_a_column_a_digit():
    (axes,) = gallery().axes
    sheet = axes.images[0].get_array()
    assert sheet.shape == (16 * CELL_HEIGHT, 2 * CELL_WIDTH - 4)
    row = [label.get_text() for label in axes.get_yticklabels()].index("fog")
    assert axes.get_yticks()[row] == row * CELL_HEIGHT + 14
    assert sheet[row * CELL_HEIGHT, 0] == row
    assert sheet[row * CELL_HEIGHT + 27, CELL_WIDTH] == 200
    assert not sheet[row * CELL_HEIGHT + 28].any()
    assert not sheet[:, 28:CELL_WIDTH].any()


def test_answers_tell_right_from_wrong_by_colour_and_sign():
    (axes,) = gallery().axes
    said = [(text.get_text(), text.get_color()) for text in axes.texts]
    assert said[:2] == [("✓ cat", RIGHT), ("✓ a very l…", RIGHT)]
    row = 1 + list(CORRUPTIONS).index("fog")
    assert said[2 * row : 2 * row + 2] == [("✗ a very l…", WRONG), ("✗ cat", WRONG)]


def test_both_can_be_drawn():
    for figure in (gallery(), robustness_bars(VALUES, 1.0, "MNIST", VALUES)):
        figure.draw_without_rendering()
