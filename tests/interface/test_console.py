import subprocess
import sys
import warnings

import pytest
from rich.text import Text

from backend.errors import InputError
from interface.console import Console
from tests.helpers.terminal import ROOT, Recorded, Terminal, environment

PATH = "/data/" + "folder/" * 12 + "model.pkl"


@pytest.fixture(autouse=True)
def _unbounded(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def program(body):
    return f"from interface.console import Console\nconsole = Console()\n{body}"


def piped(body, *, answers="", **changes):
    """Run a few lines in a process of their own, all streams pipes."""
    return subprocess.run(
        [sys.executable, "-c", program(body)],
        input=answers,
        capture_output=True,
        encoding=changes.get("PYTHONIOENCODING", "utf-8"),
        cwd=ROOT,
        env=environment(**changes),
        timeout=60,
        check=False,
    )


def test_text_is_taken_literally_and_unfolded_in_a_pipe():
    console = Recorded()
    text = "[bold]not markup[/bold] :smile: 12 'quoted' " + "x" * 300
    console.say(text, "good")
    console.say()
    assert console.out == text + "\n\n"
    assert console.width == 80
    assert not console.is_terminal


@pytest.mark.parametrize("width", [60, 80, 160])
def test_long_lines_fold_at_a_given_width_and_lose_nothing(width):
    console = Recorded(width=width)
    console.say(PATH)
    console.facts([("Model file", PATH), ("Parameters", 235146)])
    assert console.width == width
    assert max(map(len, console.lines)) <= width
    assert "".join(console.out.split()).count(PATH) == 2


def test_the_environment_may_bound_a_pipe(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    console = Recorded()
    console.say("word " * 20)
    assert console.width == 30
    assert max(map(len, console.lines)) <= 30


def test_facts_line_their_values_up():
    console = Recorded()
    console.facts([("Name", "classic"), ("Accuracy", 0.98125), ("Kept", True), ("Device", None)], title="Model")
    assert console.lines == ["", "Model", "Name      classic", "Accuracy  0.9812", "Kept      yes", "Device    –"]


def test_titles_are_underlined_to_their_length():
    console = Recorded()
    console.title("Training")
    assert console.lines == ["", "Training", "────────"]


def test_remarks_warnings_and_errors_go_to_the_other_stream_and_say_what_they_are():
    console = Recorded()
    console.note("[b]by the way")
    console.warn("[red]careful")
    console.error(InputError("x", expected="1", found="2", advice="Take 1."))
    assert console.out == ""
    assert console.err == "Note: [b]by the way\nWarning: [red]careful\nError: x: expected 1, found 2. Take 1.\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_streams_that_lack_signs_get_lookalikes(encoding):
    console = Recorded(encoding=encoding)
    console.title("28×28 – naïve")
    console.say("✓ done → 数\udcff")
    console.warn("„ß‟ ✗")
    console.facts([("Né", None)])
    assert not console.has_unicode
    assert "+ done -> ??" in console.out
    assert ("28x28 - naive" in console.out) == (encoding == "ascii")


def test_lines_read_from_a_pipe_are_echoed():
    console = Recorded("six\r\nseven")
    assert [console.read_line("a: "), console.read_line("b: ")] == ["six", "seven"]
    with pytest.raises(EOFError):
        console.read_line("c: ")
    assert console.out == "a: six\nb: seven\nc: "


def test_a_missing_input_is_at_its_end(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(EOFError):
        Console().read_line("? ")


def test_a_real_pipe_gets_no_control_codes_and_broken_bytes_can_be_mended():
    body = "console.title('A'); console.say('b', 'good'); console.table(['c'], [[1]], highlight_row=0)"
    done = piped(body, FORCE_COLOR="1", COLORTERM="truecolor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    body = "try: console.read_line('? ')\nexcept ValueError as error: console.say(error)"
    done = piped(body, answers="\xff\n", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    done = subprocess.run(
        [sys.executable, "-c", program(body)], input=b"\xff\n", capture_output=True, cwd=ROOT, env=environment()
    )
    assert b"expected text in utf-8" in done.stdout


def test_a_c_locale_does_not_crash():
    done = piped("console.title('Naïve ✓'); console.warn('—')", LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "\nNaive +\n-------\n", "Warning: -\n")


@pytest.mark.parametrize(("columns", "rows"), [(60, 24), (160, 40)])
def test_a_terminal_folds_and_has_colour(columns, rows):
    body = f"console.say({PATH!r}, 'good'); console.warn('careful'); console.say(console.width)"
    terminal = Terminal("-c", program(body), columns=columns, rows=rows)
    assert terminal.end() == 0
    assert "".join(terminal.lines[:-2]) == PATH
    assert terminal.lines[-2:] == ["Warning: careful", str(columns)]
    assert terminal.colors(0)[0][0] == "green"


def test_no_color_and_dumb_terminals_are_respected():
    body = "console.say('fine', 'good'); console.say(f'{console.is_terminal} {console.has_greys}')"
    plain = Terminal("-c", program(body), NO_COLOR="1")
    assert plain.end() == 0
    assert plain.lines == ["fine", "True False"]
    assert plain.colors(0)[0] == ("default", "default")
    dumb = Terminal("-c", program(body), TERM="dumb")
    assert dumb.end() == 0
    assert dumb.lines == ["fine", "False False"]
    assert "\x1b" not in dumb.raw


def test_what_is_reported_during_a_live_display_stands_above_it_and_the_display_leaves_nothing():
    body = """
import sys, warnings
from rich.text import Text
with console.live() as draw:
    draw(Text("first"))
    console.say("said")
    console.warn("warned")
    warnings.warn("Python's own")
    draw(Text("second"))
    console.say("last"), draw(Text("third"))
    input()
"""
    terminal = Terminal("-c", program(body), echo=False)
    terminal.wait_for("third")
    assert terminal.lines[:2] == ["said", "Warning: warned"]
    assert any("Python's own" in line for line in terminal.lines)
    assert terminal.lines[-2:] == ["last", "third"]
    terminal.send("\n")
    assert terminal.end() == 0
    assert terminal.lines[:2] == ["said", "Warning: warned"]
    assert not any(word in terminal.text for word in ("first", "second", "third"))


def test_shown_content_has_no_trailing_spaces_but_keeps_coloured_ones():
    console = Recorded()
    console.show(Text("a   \nb"))
    assert console.out == "a\nb\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        console.show(Text(""))
