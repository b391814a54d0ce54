import pytest

from backend.errors import InputError
from interface.prompts import (
    EndOfInput,
    ask,
    ask_choice,
    ask_row,
    ask_yes_no,
    choice,
    choose_from_menu,
    number,
)
from tests.helpers.terminal import Recorded, Terminal

MENU = """
from interface.console import Console
from interface.prompts import ask_row, EndOfInput, ask, choose_from_menu, number
console = Console()
try:
    index = choose_from_menu(console, "Handwritten digits", ["Train", "Test", "Exit"])
    epochs = ask(console, "Epochs", lambda text: number(text, "Epochs", int, 1, 100), "5")
    console.say(f"chosen {index} {epochs}")
except EndOfInput:
    console.say("ended")
except KeyboardInterrupt:
    console.say("interrupted")
"""


def test_the_core_asks_until_the_answer_parses():
    console = Recorded("a\n\n 12 \n")

    def parse(answer):
        if not answer.isdigit():
            raise InputError("age", expected="digits", found=repr(answer), advice="Count again.")
        return int(answer)

    assert ask(console, "Age", parse) == 12
    assert console.out.count("Age: ") == 3
    assert "age: expected digits, found 'a'. Count again." in console.out
    assert console.err == ""


def test_an_empty_line_takes_the_default_through_the_same_parser():
    console = Recorded("\n")
    assert ask(console, "Rate", float, "0.5") == 0.5
    assert console.out == "Rate [0.5]: \n"


def test_no_more_answers_end_every_question_on_a_tidy_line():
    for question in (
        lambda console: ask(console, "Name", str),
        lambda console: ask_choice(console, "Name", ("a",), "a"),
        lambda console: ask_yes_no(console, "Name"),
        lambda console: choose_from_menu(console, "Name", ["a"]),
    ):
        console = Recorded()
        with pytest.raises(EndOfInput):
            question(console)
        assert console.out.endswith(": \n")


def test_numbers_keep_to_their_range_and_kind():
    console = Recorded("x\n2.5\n0\n101\n7\n")
    assert ask(console, "Epochs", lambda text: number(text, "Epochs", int, 1, 100), "5") == 7
    assert console.out.count("Epochs: expected a whole number from 1 to 100") == 4
    assert repr(number("1", "Rate", float, 0, 5)) == "1.0"


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "", "1e999", "9" * 5000, "one", "1 2"])
@pytest.mark.parametrize("kind", [int, float])
def test_what_is_no_finite_number_is_refused(text, kind):
    with pytest.raises(InputError, match="n: expected"):
        number(text, "n", kind, 0, 10)


def test_bounds_are_reported_in_words():
    told = []
    for bounds in ({}, {"minimum": 1}, {"maximum": 9}, {"minimum": 1, "maximum": 9}):
        with pytest.raises(InputError) as error:
            number("x", "n", float, **bounds)
        told.append(str(error.value).split(", ")[0])
    stem = "n: expected a number"
    assert told == [stem, f"{stem} of at least 1", f"{stem} of at most 9", f"{stem} from 1 to 9"]


def test_choices_may_be_shortened_while_they_are_clear():
    names = ("relu", "leaky_relu", "tanh", "tan")
    assert [choice(text, "a", names) for text in ("relu", "RELU", "lea", "tan", "tanh")] == [
        "relu",
        "relu",
        "leaky_relu",
        "tan",
        "tanh",
    ]
    for text in ("ta", "", "gelu9"):
        with pytest.raises(InputError, match="expected one of relu, leaky_relu, tanh, tan, found"):
            choice(text, "a", names)
    with pytest.raises(InputError, match=r"Did you mean tanh\?"):
        choice("thanh", "a", names)


def test_choices_show_themselves():
    console = Recorded("x\nsig\n")
    assert ask_choice(console, "Activation", ("relu", "sigmoid"), "relu") == "sigmoid"
    assert "One of relu, sigmoid.\nActivation [relu]: " in console.out


@pytest.mark.parametrize(
    ("answers", "default", "value"),
    [("\n", True, True), ("\n", False, False), ("N\n", True, False), ("maybe\nYES\n", False, True)],
)
def test_yes_and_no(answers, default, value):
    console = Recorded(answers)
    assert ask_yes_no(console, "Go on?", default) is value
    assert ("[Y/n]" in console.out) == default


def test_menus_are_numbered_and_say_what_they_expect():
    console = Recorded("0\n4\ntrain\n3\n")
    assert choose_from_menu(console, "Menu", ["Train", "Test", "Exit"]) == 2
    assert "  1  Train\n  2  Test\n  3  Exit\n" in console.out
    assert console.out.count("expected a whole number from 1 to 3") == 3
    assert console.out.endswith("Choose 1 to 3: 3\n")


def test_long_menus_line_up():
    console = Recorded("10\n")
    assert choose_from_menu(console, "Menu", ["entry"] * 10) == 9
    assert "   9  entry\n  10  entry\n" in console.out


@pytest.mark.parametrize(("columns", "rows"), [(60, 24), (160, 40)])
def test_a_terminal_edits_its_lines_and_keeps_the_prompt(columns, rows):
    terminal = Terminal("-c", MENU, columns=columns, rows=rows)
    terminal.wait_for("Choose 1 to 3:")
    terminal.send("9\r")
    terminal.wait_for("found '9'")
    terminal.send("x\x7f\x7f\x7f2\r")
    terminal.wait_for("Epochs [5]:")
    assert "Choose 1 to 3: 2" in terminal.lines
    terminal.send("\r")
    assert terminal.end() == 0
    assert terminal.lines[-1] == "chosen 1 5"


@pytest.mark.parametrize(("key", "last"), [("\x04", "ended"), ("\x03", "interrupted")])
def test_ctrl_d_and_ctrl_c_leave_a_tidy_line(key, last):
    terminal = Terminal("-c", MENU)
    terminal.wait_for("Choose 1 to 3:")
    terminal.send(key)
    assert terminal.end() == 0
    assert terminal.lines[-1] == last
    assert terminal.lines[-2].startswith("Choose 1 to 3:")


@pytest.mark.parametrize(("answer", "name"), [("", "two"), ("1", "one"), ("3", "three"), ("th", "three")])
def test_a_row_is_chosen_by_number_or_name(answer, name):
    console = Recorded(f"{answer}\n")
    assert ask_row(console, "Preset", ["Name"], [["one"], ["two"], ["three"]], "two") == name
    assert "▸ 2" in console.out


@pytest.mark.parametrize("answer", ["0", "4", "t", "four"])
def test_another_row_is_asked_for_again(answer):
    console = Recorded(f"{answer}\n1\n")
    assert ask_row(console, "Preset", ["Name"], [["one"], ["two"], ["three"]], "two") == "one"
    assert "expected" in console.out
