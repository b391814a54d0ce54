import pytest

from tests.helpers.terminal import Recorded

CONFUSION = [[f"digit {n}", *(1000 if n == m else n + m for m in range(10))] for n in range(10)]
NAMES = ["true", *"0123456789"]
PRESETS = [["classic", "784-256-128-10, ReLU, plain mini-batch SGD for a hundred epochs", 0.95, "/a/path/" * 9]]


@pytest.fixture(autouse=True)
def _unbounded(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def shown(columns, rows, width=None, **more):
    console = Recorded(width=width)
    console.table(columns, rows, **more)
    return console.out


def test_numbers_stand_to_the_right_and_words_to_the_left():
    text = shown(["Name", "Count"], [["a", 5], ["bcdef", 12345], ["c", None]])
    assert text == "Name   Count\n────────────\na          5\nbcdef  12345\nc          –\n"


def test_a_pipe_gets_every_row_in_one_line_however_long():
    lines = shown(["Preset", "Description", "Accuracy", "Path"], PRESETS).splitlines()
    assert len(lines) == 3
    assert lines[2].endswith("/a/path/" * 9)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 160])
@pytest.mark.parametrize(("columns", "rows"), [(NAMES, CONFUSION), (["Preset", "What", "Acc", "Path"], PRESETS)])
def test_no_line_is_wider_than_the_screen_and_nothing_is_lost(width, columns, rows):
    text = shown(columns, rows, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    letters = sorted("".join(text.replace("─", "").split()))
    wanted = "".join([*columns, *(str(cell) for row in rows for cell in row)])
    for sign in set(wanted) - {" "}:
        assert letters.count(sign) >= wanted.count(sign)


def test_numbers_never_fold_and_wide_tables_come_in_parts_led_by_the_first_column():
    text = shown(NAMES, CONFUSION, 40)
    parts = text.split("\n\n")
    assert len(parts) == 2
    assert all(part.splitlines()[0].startswith("true") for part in parts)
    assert all(len(part.splitlines()) == 12 for part in parts)
    assert text.count("1000") == 10


def test_gaps_narrow_before_a_table_is_taken_apart():
    wide, narrow = (shown(["a", "b", "c"], [[1000, 2000, 3000]], width).splitlines() for width in (16, 15))
    assert wide[2] == "1000  2000  3000"
    assert narrow[2] == "1000 2000 3000"


def test_headings_fold_before_their_column_takes_room_from_others():
    lines = shown(["Train accuracy", "Note"], [["98.00%", "some words"]], 20).splitlines()
    assert [line.rstrip() for line in lines[:2]] == ["   Train", "accuracy  Note"]


def test_the_highlighted_row_is_marked_without_colour():
    lines = shown(["Epoch", "Loss"], [[9, 0.5], [10, 0.25]], highlight_row=1).splitlines()
    assert ["▸" in line for line in lines] == [False, False, False, True]
    assert lines[3].split() == ["▸", "10", "0.25"]


def test_titles_stand_above_after_an_empty_line():
    assert shown(["a"], [[1]], title="Scores").startswith("\nScores\na\n")


def test_empty_tables_show_their_headings():
    assert shown(["Name", "Count"], []).split() == ["Name", "Count", "─" * 11]


def test_ascii_streams_get_ascii_rules():
    console = Recorded(encoding="ascii")
    console.table(["Näme", "Count"], [["é", None]], highlight_row=0)
    assert console.lines == ["Name  Count", "-----------", "> e       -"]


def test_markup_in_cells_is_text():
    assert "[bold]x[/bold] :smile:" in shown(["[red]a"], [["[bold]x[/bold] :smile:"]])
