import pytest

from interface.text import cell, duration, encodable, fitting, size


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.4, "0:59"), (59.5, "1:00"), (3599.6, "1:00:00"), (7325, "2:02:05")]
)
def test_durations_round_once(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_648_877, "1.6 MB")])
def test_sizes(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(False, "no"), (0, "0"), (0.0, "0"), (float("nan"), "nan"), ("", ""), (12345.678, "1.235e+04")]
)
def test_cells(value, text):
    assert cell(value) == text


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_every_text_can_be_encoded_and_keeps_what_the_encoding_has(encoding):
    text = "naïve – 28×28 ✓ 数字 \udcff …"
    encodable(text, encoding).encode(encoding)
    assert ("×" in encodable(text, encoding)) == (encoding != "ascii")
    assert "数" in encodable(text, "utf-8")


def test_control_characters_are_shown_and_not_obeyed():
    assert encodable("a\x1b[31mb\x07\x9bc\rd", "utf-8") == "a�[31mb��c�d"
    assert encodable("a\tb\nc\r\nd", "utf-8") == "a\tb\nc\nd"


def test_the_least_important_parts_go_first_and_one_always_stays():
    parts = [(0, "aaaa"), (2, "bbbb"), (1, "cccc")]
    assert [fitting(parts, width) for width in (16, 15, 10, 9, 1)] == [
        "aaaa  bbbb  cccc",
        "aaaa  cccc",
        "aaaa  cccc",
        "aaaa",
        "aaaa",
    ]
    assert fitting([(0, ""), (1, "x")], 9) == "x"
