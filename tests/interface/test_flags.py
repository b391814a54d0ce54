import argparse
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pytest

from backend.errors import InputError
from interface.flags import add_flags, ask_fields, config_from_flags, given_flags, options
from tests.helpers.terminal import Recorded


def about(default, text, **more):
    return field(default=default, metadata={"help": text} | more)


@dataclass(frozen=True)
class Config:
    hidden_sizes: tuple[int, ...] = about((256, 128), "neurons of the hidden layers")
    rates: tuple[float, ...] = about((0.2, 0.5), "a rate a layer")
    activation: str = about("relu", "what bends the lines", choices=("relu", "sigmoid", "tanh"))
    schedule: str | None = about(None, "how the rate falls", choices=lambda: ("cosine", "step"))
    epochs: int = about(20, "passes over the data")
    learning_rate: float | None = about(None, "100 % the optimizer's own by default")
    early_stopping: bool = about(True, "stop when nothing improves")
    data_dir: Path | None = about(None, "folder of the data")  # noqa: RUF009  it is a field
    name: str = about("classic", "of the run")
    version: int = about(1, "of the format", flag=False)
    data: str = about("auto", "what is learned", choices=("auto", "mnist"), or_path=True)

    def __post_init__(self):
        if self.epochs < 1:
            raise InputError("epochs", expected="at least 1", found=str(self.epochs), advice="Take 20.")


def parsed(*arguments):
    parser = argparse.ArgumentParser(prog="train.py")
    parser.add_argument("--preset", default="classic")
    add_flags(parser, Config)
    return parser.parse_args(arguments)


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        parsed(*arguments)
    assert end.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_only_given_flags_override():
    assert given_flags(parsed(), Config) == {}
    assert given_flags(parsed("--epochs", "20", "--preset", "x"), Config) == {"epochs": 20}


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["--hidden-sizes", "512, 64"], {"hidden_sizes": (512, 64)}),
        (["--hidden-sizes=32"], {"hidden_sizes": (32,)}),
        (["--hidden-sizes", "none"], {"hidden_sizes": ()}),
        (["--rates", "0.1,1"], {"rates": (0.1, 1.0)}),
        (["--activation", "SIG"], {"activation": "sigmoid"}),
        (["--schedule", "step"], {"schedule": "step"}),
        (["--schedule", "None"], {"schedule": None}),
        (["--learning-rate", "1e-3"], {"learning_rate": 0.001}),
        (["--learning-rate", "none"], {"learning_rate": None}),
        (["--no-early-stopping"], {"early_stopping": False}),
        (["--early-stopping"], {"early_stopping": True}),
        (["--data-dir", "some/where"], {"data_dir": Path("some/where")}),
        (["--name", "none"], {"name": "none"}),
    ],
)
def test_every_kind_of_field_is_read(arguments, value):
    given = given_flags(parsed(*arguments), Config)
    assert given == value
    assert [type(item) for item in given.values()] == [type(item) for item in value.values()]


def test_a_preset_keeps_what_was_not_given():
    preset = Config(epochs=5, activation="tanh")
    assert config_from_flags(parsed("--epochs", "7"), preset) == replace(preset, epochs=7)


def test_the_configuration_s_own_checks_speak():
    with pytest.raises(InputError, match="epochs: expected at least 1, found 0"):
        config_from_flags(parsed("--epochs", "0"), Config())


@pytest.mark.parametrize(
    ("flag", "text", "complaint"),
    [
        ("--epochs", "many", "train.py: error: --epochs: expected a whole number, found 'many'. Enter such a number."),
        ("--rates", "0.1,x", "train.py: error: --rates: expected a number, found 'x'. Enter such a number."),
        (
            "--activation",
            "rleu",
            "train.py: error: --activation: expected one of relu, sigmoid, tanh, found 'rleu'. Did you mean relu?",
        ),
        ("--name", " ", "train.py: error: --name: expected a value, found nothing. Enter one."),
        ("--version", "2", "train.py: error: unrecognized arguments: --version 2"),
    ],
)
def test_wrong_values_end_as_argparse_s_own_errors_do(capsys, flag, text, complaint):
    assert refused(capsys, flag, text) == complaint


def test_help_shows_texts_choices_and_defaults(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        parsed("--help")
    text = capsys.readouterr().out
    assert "--hidden-sizes N,..." in text
    assert "neurons of the hidden layers (default: 256,128)" in text
    assert "what bends the lines; one of relu, sigmoid, tanh (default: relu)" in text
    assert "100 % the optimizer's own by default (default: none)" in text
    assert "--early-stopping, --no-early-stopping" in text
    assert "stop when nothing improves (default: yes)" in text
    assert "--version" not in text
    assert "one of auto, mnist, or a path (default: auto)" in text


def test_a_name_or_a_path_becomes_a_name_or_an_absolute_path(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    (tmp_path / "mnist").mkdir()
    for text, value in {"mni": "mnist", "mnist": "mnist", "digits": str(tmp_path / "digits")}.items():
        assert given_flags(parsed("--data", text), Config) == {"data": value}
    assert given_flags(parsed("--data", "./new.csv"), Config) == {"data": str(tmp_path / "new.csv")}
    assert "expected one of auto, mnist, found 'letters'" in refused(capsys, "--data", "letters")


@pytest.mark.parametrize("option", options(Config), ids=lambda option: option.name)
def test_what_is_shown_can_be_read_again(option):
    assert option.read(option.show(option.default)) == option.default


def test_types_that_no_flag_can_have_are_named():
    @dataclass(frozen=True)
    class Odd:
        table: dict[str, int] = field(default_factory=dict)

    with pytest.raises(TypeError, match="dict"):
        add_flags(argparse.ArgumentParser(), Odd)


def test_prompts_offer_the_present_values_and_return_the_changed_ones():
    console = Recorded("\n512\n\nsig\nno\n")
    config = Config(epochs=5)
    changed = ask_fields(console, config, ["epochs", "hidden_sizes", "schedule", "activation", "early_stopping"])
    assert changed == {"hidden_sizes": (512,), "activation": "sigmoid", "early_stopping": False}
    assert "Epochs [5]: " in console.out
    assert "Hidden sizes [256,128]: 512" in console.out
    assert "Schedule [none]: " in console.out
    assert "One of relu, sigmoid, tanh." in console.out


def test_prompts_refuse_what_the_configuration_refuses():
    console = Recorded("0\nx\n3\n")
    assert ask_fields(console, Config(), ["epochs"]) == {"epochs": 3}
    assert "epochs: expected at least 1, found 0. Take 20." in console.out
    assert "Epochs: expected a whole number, found 'x'" in console.out


def test_all_fields_have_their_options_in_order():
    assert [option.name for option in options(Config)] == [item.name for item in fields(Config)]
