"""The sections of a report."""

import pytest

from testing.report.blocks import Fact, plain, with_note


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "yes"),
        (7, "7"),
        (0.25, "0.25"),
        ("naïve → ✓", "naïve → ✓"),
        ("\x00\x7f", "��"),
        ("\udfff", "?"),
    ],
)
def test_every_value_becomes_text_that_a_file_can_hold(value, text):
    assert plain(value) == text
    plain(value).encode("utf-8")


def test_notes_stand_in_brackets():
    assert with_note(Fact("Accuracy", 0.5, "of 10")) == "0.5 (of 10)"
    assert with_note(Fact("Accuracy", None)) == "–"
