"""The settings that the page may choose: those of ``training/train.py --help`` without places on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interface.flags import Option, options
from interface.prompts import choice
from training.config import TrainingConfig
from training.presets import DEFAULT, PRESETS, preset_config
from web.server.errors import Refusal

# Files, folders and addresses of the server's machine are not for a page to choose.
WITHHELD = frozenset(option.name for option in options(TrainingConfig) if option.kind is Path) | {
    "mirrors", "mlflow", "checkpoint_every", "resume",
}  # fmt: skip


def offered() -> dict[str, Any]:
    """Return the presets and the options, as JSON has them.

    Examples
    --------
    >>> found = offered()
    >>> found["default"], found["options"][0]["flag"], found["options"][0]["default"]
    ('fast', '--hidden-sizes', '320,128')
    """
    return {"default": DEFAULT, "presets": [_preset(name) for name in PRESETS], "options": [*map(_option, _offered())]}


def chosen(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the preset and the replaced fields of `TrainingConfig` that a request names.

    Parameters
    ----------
    body : mapping
        ``preset``, and options by name: text as on the command line, or values.

    Raises
    ------
    InputError
        If there is no such preset or option, or a value is wrong.

    Examples
    --------
    >>> chosen({"preset": "classic", "epochs": 3, "hidden_sizes": "64, 32"})
    ('classic', {'epochs': 3, 'hidden_sizes': (64, 32)})
    """
    known = {option.name: option for option in _offered()}
    preset = body.get("preset", DEFAULT)
    names = [name for name in body if name != "preset"]
    if unknown := [name for name in names if name not in known]:
        raise Refusal(
            422, "the settings", expected="options of /api/training/options", found=", ".join(unknown),
            advice="Leave them out.",
        )  # fmt: skip
    overrides = {name: _read(known[name], _text(known[name], body[name])) for name in names}
    preset_config(preset if isinstance(preset, str) else repr(preset), overrides)
    return preset, overrides


def shown(config: TrainingConfig) -> dict[str, str]:
    """Return the offered options of a configuration as text."""
    return {option.name: option.show(getattr(config, option.name)) for option in _offered()}


def _offered() -> list[Option]:
    return [option for option in options(TrainingConfig) if option.name not in WITHHELD]


def _read(option: Option, text: str) -> Any:
    """Return an option's value; where the command line takes a path as well, a page may choose only a name."""
    return choice(text, option.name, option.choices) if option.or_path else option.read(text)


def _preset(name: str) -> dict[str, Any]:
    preset = PRESETS[name]
    return {
        "name": name,
        "claim": preset.claim,
        "network": preset.network,
        "minutes": preset.expected_minutes,
        "accuracy": preset.expected_accuracy,
        "values": shown(preset.config),
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "flag": option.flag,
        "help": option.help,
        "kind": option.kind.__name__,
        "optional": option.is_optional,
        "list": option.is_tuple,
        "choices": list(option.choices),
        "default": option.show(option.default),
    }


def _text(option: Option, value: Any) -> str:
    """Return a value as text that the option reads."""
    if isinstance(value, str):
        return value
    plain = value is None or isinstance(value, bool | int | float)
    if not plain and not (isinstance(value, list) and all(isinstance(item, str | int | float) for item in value)):
        raise Refusal(
            422, option.name, expected="text, a number, a list of them, true, false or null",
            found=type(value).__name__, advice="Write it as on the command line.",
        )  # fmt: skip
    return option.show(tuple(value) if isinstance(value, list) else value)
