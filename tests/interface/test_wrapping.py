"""Line breaking."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from interface.wrapping import break_offsets
from tests.helpers.terminal import Recorded

NAMES = st.text("abcdef_-.0123456789", min_size=1, max_size=30)
PATHS = st.lists(NAMES, min_size=1, max_size=8).map("/".join)
TEXTS = st.lists(PATHS | NAMES | st.just("漢字"), min_size=1, max_size=8).map(" ".join)


def lines_of(text, width):
    offsets = [0, *break_offsets(text, width), len(text)]
    return [text[start:stop] for start, stop in itertools.pairwise(offsets)]


@given(TEXTS, st.integers(2, 70))
def test_nothing_is_lost_and_no_line_is_too_long(text, width):
    lines = lines_of(text, width)
    assert "".join(lines) == text
    assert max(cell_len(line.rstrip()) for line in lines) <= width


@given(TEXTS, st.integers(2, 70))
def test_what_fits_on_a_line_is_never_broken(text, width):
    whole = "".join(f"{line}\n" for line in lines_of(text, width))
    for word in text.split():
        for name in [word] if cell_len(word) <= width else re.split("(?<=/)", word):
            if cell_len(name) <= width:
                assert name in whole


@pytest.mark.parametrize("length", range(20, 60))
def test_a_file_name_stays_whole_whatever_the_length_of_its_folder(length):
    folder = f"/tmp/{'x' * length}"
    console = Recorded(width=60)
    console.say(f"Model: {folder}/two.png, 4 digits")
    console.error(f"picture {folder}/two.png: expected a picture, found text.")
    console.facts([("Model", f"{folder}/two.png")])
    assert console.out.count("two.png") == 2
    assert console.err.count("two.png") == 1
    assert max(map(len, console.lines)) <= 60


def test_text_of_several_lines_keeps_its_own_line_ends():
    console = Recorded(width=12)
    console.say("one two\n\nthree four five")
    assert console.out == "one two\n\nthree four\nfive\n"


def test_a_single_component_longer_than_a_line_is_broken_anywhere():
    assert break_offsets("a" * 25, 10) == [10, 20]
