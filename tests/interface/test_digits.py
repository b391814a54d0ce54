import numpy as np
import pytest

from interface.digits import digit_lines, probability_bars, show_digit, show_prediction
from tests.helpers.terminal import Recorded, Terminal

NAMES = tuple("0123456789")
SURE = np.array([0, 0, 0, 0.875, 0, 0.125, 0, 0, 0, 0], dtype=np.float32)
DIGIT = np.zeros((28, 28), dtype=np.uint8)
DIGIT[4:24, 13:15] = 255

SHOW = """
import numpy as np
from interface.console import Console
from interface.digits import show_digit
image = np.zeros((28, 28), dtype=np.uint8)
image[4:24, 13:15], image[5, 0] = 255, 128
show_digit(Console(), image, "a one")
"""


@pytest.mark.parametrize("blocks", [True, False])
def test_a_digit_takes_fourteen_lines_of_twenty_eight_signs_flat_or_not(blocks):
    lines = digit_lines(DIGIT, blocks=blocks)
    assert [len(line) for line in lines] == [28] * 14
    assert lines == digit_lines(DIGIT.reshape(784), blocks=blocks)
    assert lines[2] == " " * 13 + ("██" if blocks else "@@") + " " * 13
    assert set("".join(lines)) == {" ", "█" if blocks else "@"}


def test_every_sign_shows_the_pixel_above_and_the_one_below():
    image = np.array([[0, 0, 255, 255], [0, 255, 0, 255]], dtype=np.uint8)
    assert digit_lines(image) == [" ▄▀█"]
    assert digit_lines(image, blocks=False) == [" ==@"]
    assert digit_lines(image[:, :3][:1]) == ["  ▀"]


def test_ten_shades_rise_with_the_ink_and_do_not_overflow():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None], 2, axis=0)
    (line,) = digit_lines(ramp, blocks=False)
    assert "".join(dict.fromkeys(line)) == " .:-=+*#%@"


def test_the_caption_stands_below():
    console = Recorded()
    show_digit(console, DIGIT, "a [bold]one")
    assert console.lines[-1] == "a [bold]one"
    assert len(console.lines) == 15


def test_streams_without_blocks_get_ascii():
    console = Recorded(encoding="ascii")
    show_digit(console, DIGIT)
    probability_bars(console, SURE, NAMES, truth=5)
    assert console.lines[3].strip() == "@@"
    assert "x predicted, wrong" in console.out


def bars(**more):
    console = Recorded(width=more.pop("width", 80))
    probability_bars(console, SURE, more.pop("class_names", NAMES), **more)
    return console.lines


def test_bars_are_as_long_as_their_probabilities():
    lines = bars()
    assert len(lines) == 10
    assert (lines[3].count("━"), lines[5].count("━"), lines[0].count("━")) == (26, 3, 0)
    assert "87.50%" in lines[3]
    assert len({line.index("%") for line in lines}) == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, {3: "← predicted"}),
        ({"highlight": 5}, {5: "← predicted"}),
        ({"truth": 3}, {3: "✓ predicted, right"}),
        ({"truth": 5}, {3: "✗ predicted, wrong", 5: "← true"}),
    ],
)
def test_words_tell_the_prediction_and_the_truth(more, words):
    lines = bars(**more)
    assert {n: line.split("%")[1].strip() for n, line in enumerate(lines) if not line.endswith("%")} == words


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_bars_and_predictions_fit_their_screen(width):
    names = ["a name of some length", *NAMES[1:]]
    assert max(map(len, bars(width=width, class_names=names, truth=5))) <= width
    console = Recorded(width=width)
    show_prediction(console, DIGIT, SURE, NAMES, truth=5)
    assert max(map(len, console.lines)) <= width
    side_by_side = any("██" in line and "%" in line for line in console.lines)
    assert side_by_side == (width >= 80)
    assert "✗ predicted, wrong" in console.out


def test_a_terminal_with_colours_gets_greys_of_its_own_paper():
    terminal = Terminal("-c", SHOW, COLORTERM="truecolor")
    assert terminal.end() == 0
    assert terminal.lines[14] == "a one"
    assert terminal.colors(0)[0][1] == "000000"
    assert terminal.colors(2)[13][1] == "ffffff"
    assert terminal.colors(2)[0] == ("000000", "808080")


def test_a_terminal_without_colours_gets_blocks():
    terminal = Terminal("-c", SHOW, NO_COLOR="1")
    assert terminal.end() == 0
    assert terminal.lines[3].strip() == "██"
    assert terminal.lines[2].startswith("▄")
