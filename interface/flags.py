"""Command-line flags and prompts generated from one frozen dataclass.

A field's type determines how text is parsed, its default is shown, and its metadata contain the rest: ``help`` (a
sentence), ``choices`` (names, or a callable that returns them), ``or_path`` (True accepts a path as well) and ``flag``
(False keeps it off the command line).
"""

import argparse
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from backend.errors import InputError
from backend.files import looks_like_path
from interface.console import Console
from interface.prompts import ask, choice, number

C = TypeVar("C")

NONE = "none"
_TRUTH = {"yes": True, "no": False, "true": True, "false": False}
_READERS: dict[type, Callable[[str, str], Any]] = {
    int: lambda text, name: number(text, name, int),
    float: lambda text, name: number(text, name, float),
    bool: lambda text, name: _TRUTH[choice(text, name, tuple(_TRUTH))],
    Path: lambda text, _: Path(text).expanduser(),
    str: lambda text, _: text,
}
_METAVARS: dict[type, str] = {int: "N", float: "X", Path: "PATH", str: "TEXT"}


class Option:
    """One field of a configuration: parses and formats its value, and has its flag.

    Parameters
    ----------
    config_class : type
        A dataclass.
    field : Field
        One of its fields. Its type is int, float, str, bool or Path, or a tuple of one of these (its text has
        commas), and may allow None (its text is "none").

    Examples
    --------
    >>> from dataclasses import dataclass, field
    >>> @dataclass(frozen=True)
    ... class Config:
    ...     hidden_sizes: tuple[int, ...] = field(default=(256, 128), metadata={"help": "neurons"})
    >>> option = options(Config)[0]
    >>> option.flag, option.read("512, 64"), option.show((512, 64)), option.read("none")
    ('--hidden-sizes', (512, 64), '512,64', ())
    """

    def __init__(self, config_class: type, field: "Field[Any]") -> None:
        self.name = field.name
        self.flag = "--" + field.name.replace("_", "-")
        self.help = str(field.metadata.get("help", ""))
        self.default = field.default_factory() if field.default_factory is not MISSING else field.default
        self._choices = field.metadata.get("choices")
        self.or_path = bool(field.metadata.get("or_path"))
        self.kind, self.is_optional, self.is_tuple = _taken_apart(typing.get_type_hints(config_class)[field.name])

    @property
    def choices(self) -> tuple[str, ...]:
        """The names to choose from; empty where any text will do."""
        return tuple((self._choices() if callable(self._choices) else self._choices) or ())

    def read(self, text: str, name: str | None = None) -> Any:
        """Return the value of `text`; raise InputError, naming the field `name`, if it is invalid."""
        name, text = name or self.name, text.strip()
        if text.lower() == NONE and (self.is_optional or self.is_tuple):
            return None if self.is_optional else ()
        if self.is_tuple:
            return tuple(self._read_one(item.strip(), name) for item in text.strip("()").split(",") if item.strip())
        return self._read_one(text, name)

    def show(self, value: Any) -> str:
        """Return the text that `read` turns into `value`."""
        if value is None or value == ():
            return NONE
        if isinstance(value, bool):
            return "yes" if value else "no"
        return ",".join(map(str, value)) if self.is_tuple else str(value)

    def _read_one(self, text: str, name: str) -> Any:
        if not text:
            raise InputError(name, expected="a value", found="nothing", advice="Enter one.")
        if self.or_path and text not in self.choices and looks_like_path(text):
            return str(Path(text).expanduser().absolute())  # so that a model's record holds in other folders
        return choice(text, name, self.choices) if self.choices else _READERS[self.kind](text, name)


def options(config_class: type) -> list[Option]:
    """Return the options of a dataclass, in order."""
    return [Option(config_class, field) for field in fields(config_class)]


def add_flags(parser: argparse.ArgumentParser, config_class: type) -> None:
    """Add a flag for every field of a dataclass, except those with ``flag: False`` in their metadata.

    Parameters
    ----------
    parser : ArgumentParser
        Receives the flags.
    config_class : type
        The configuration. A field ``early_stopping: bool`` becomes ``--early-stopping`` and
        ``--no-early-stopping``, every other one ``--its-name VALUE``.
    """
    for field in fields(config_class):
        if field.metadata.get("flag", True):
            _add_flag(parser, Option(config_class, field))


def given_flags(namespace: argparse.Namespace, config_class: type) -> dict[str, Any]:
    """Return only the values of the flags that were given, so that they can override a preset."""
    given = vars(namespace)
    return {field.name: given[field.name] for field in fields(config_class) if field.name in given}


def config_from_flags(namespace: argparse.Namespace, base: C) -> C:
    """Return `base`, for example a preset, with its values replaced by the given flags."""
    return replace(base, **given_flags(namespace, type(base)))  # type: ignore[type-var]


def ask_fields(console: Console, config: Any, names: Iterable[str]) -> dict[str, Any]:
    """Ask for the named fields, with the current values as defaults; return the changed configuration.

    An answer is refused, and asked for again, if its text or the configuration with it raises InputError.
    """
    known = {option.name: option for option in options(type(config))}
    changed: dict[str, Any] = {}
    for name in names:
        current = getattr(config, name)
        value = _ask_field(console, replace(config, **changed), known[name])
        if value != current:
            changed[name] = value
    return changed


def _ask_field(console: Console, config: Any, option: Option) -> Any:
    def parse(answer: str) -> Any:
        value = option.read(answer, question)
        replace(config, **{option.name: value})  # the configuration's own checks
        return value

    question = option.name.replace("_", " ").capitalize()
    sentences = [f"{option.help[:1].upper()}{option.help[1:]}."] if option.help else []
    sentences += [f"One of {', '.join(option.choices)}."] if option.choices else []
    console.say()
    console.say(" ".join(sentences), "quiet")
    return ask(console, question, parse, option.show(getattr(config, option.name)))


class _Read(argparse.Action):
    """Read a flag's text with its option; a wrong one ends the program as argparse's own errors do."""

    def __init__(self, option: Option, **settings: Any) -> None:
        super().__init__(**settings)
        self._option = option

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        try:
            setattr(namespace, self.dest, self._option.read(str(values), option_string))
        except InputError as error:
            parser.error(str(error))


def _add_flag(parser: argparse.ArgumentParser, option: Option) -> None:
    choices = f"one of {', '.join(option.choices)}" + (", or a path" if option.or_path else "")
    texts = (option.help, choices if option.choices else "")
    help_text = "; ".join(text for text in texts if text)
    if option.default is not MISSING:
        help_text += f" (default: {option.show(option.default)})"
    help_text = help_text.replace("%", "%%").strip()
    common: dict[str, Any] = {"dest": option.name, "default": argparse.SUPPRESS, "help": help_text}
    if option.kind is bool:
        parser.add_argument(option.flag, action=argparse.BooleanOptionalAction, **common)
        return
    metavar = "NAME" if option.choices else _METAVARS[option.kind]
    metavar = f"{metavar},..." if option.is_tuple else metavar
    parser.add_argument(option.flag, action=_Read, option=option, metavar=metavar, **common)


def _taken_apart(hint: Any) -> tuple[type, bool, bool]:
    """Return a type hint's innermost type, whether it is optional, and whether it is a tuple."""
    is_optional = typing.get_origin(hint) in (typing.Union, types.UnionType)
    if is_optional:
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    is_tuple = typing.get_origin(hint) is tuple
    kind = typing.get_args(hint)[0] if is_tuple else hint
    if kind not in _READERS:
        raise TypeError(f"no flag can be made of the type {hint}")
    return kind, is_optional, is_tuple
