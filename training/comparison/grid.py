"""A grid of configurations, written as on a command line: ``hidden_sizes=128 256,128 learning_rate=0.001,0.003``."""

import difflib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from backend.errors import InputError
from interface.flags import Option, options
from training.checkpoints import FREE
from training.config import TrainingConfig

# Fields that the comparison sets itself, or that do not affect training.
ELSEWHERE = ("seed", "workers", *FREE)
HELP = (
    "fields of the configuration and their values, every combination of which is trained: FIELD=VALUE VALUE ..., "
    "as in hidden_sizes=128 256,128 learning_rate=0.001 0.003. Spaces (or quoted semicolons) part values; commas "
    "part the numbers of one hidden_sizes or dropout, and values everywhere else"
)

Grid = Mapping[str, tuple[Any, ...]]


def parse_grid(words: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Return the values of every field that the words name.

    Parameters
    ----------
    words : sequence of str
        ``field=value``, each followed by further values of that field. `HELP` describes the separators.

    Raises
    ------
    InputError
        If a field is unknown, named twice or not one that a grid may vary, or if a value is missing or wrong.

    Examples
    --------
    >>> parse_grid(["hidden_sizes=128", "256,128", "learning_rate=0.001,none"])
    {'hidden_sizes': ((128,), (256, 128)), 'learning_rate': (0.001, None)}
    """
    known = searchable_options()
    return {name: values_of(known[name], texts) for name, texts in field_texts(words, tuple(known)).items()}


def searchable_options() -> dict[str, Option]:
    """Return the fields of the configuration that decide what is learned."""
    return {option.name: option for option in options(TrainingConfig) if option.name not in ELSEWHERE}


def grid_points(grid: Grid) -> list[dict[str, Any]]:
    """Return every combination of values, the last field changing fastest; without fields there is one, empty.

    Examples
    --------
    >>> grid_points({"epochs": (1, 2), "dtype": ("float32",)})
    [{'epochs': 1, 'dtype': 'float32'}, {'epochs': 2, 'dtype': 'float32'}]
    >>> grid_points({})
    [{}]
    """
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def point_name(point: Mapping[str, Any]) -> str:
    """Return a combination of values as it would be typed.

    Examples
    --------
    >>> point_name({"hidden_sizes": (256, 128), "learning_rate": 0.003})
    'hidden_sizes=256,128 learning_rate=0.003'
    """
    shown = {option.name: option.show for option in options(TrainingConfig)}
    return " ".join(f"{name}={shown[name](value)}" for name, value in point.items())


def field_texts(words: Sequence[str], known: Sequence[str]) -> dict[str, list[str]]:
    """Return the texts of the values of each field, out of those that are known."""
    texts: dict[str, list[str]] = {}
    for name, text in _named(words):
        if name is not None:
            name = _field_name(name, known)
            if name in texts:
                raise _refused(expected="every field once", found=f"{name} twice", advice="Put its values together.")
            texts[name] = []
        if not texts:
            raise _refused(expected="FIELD=VALUE", found=repr(text), advice="Example: learning_rate=0.001 0.003.")
        texts[next(reversed(texts))].append(text)
    return texts


def _named(words: Sequence[str]) -> Iterator[tuple[str | None, str]]:
    """Yield each value with its field's name, or None if it belongs to the previous field."""
    for word in " ".join(words).replace(";", " ").split():
        name, sign, text = word.rpartition("=")
        yield (name if sign else None), text


def _field_name(name: str, known: Sequence[str]) -> str:
    """Return the name of a field, which may be written as its flag is."""
    field = name.lstrip("-").replace("-", "_")
    if field in known:
        return field
    if field in ELSEWHERE:
        advice = "Use --seeds." if field == "seed" else "Leave it out: it is the same for all."
        raise _refused(expected="fields that decide what is learned", found=name, advice=advice)
    near = difflib.get_close_matches(field, known, 1)
    advice = f"Did you mean {near[0]}?" if near else "Use one of these."
    raise _refused(expected=f"one of {', '.join(known)}", found=repr(name), advice=advice)


def values_of(option: Option, texts: Sequence[str]) -> tuple[Any, ...]:
    """Return a field's values, each once, in the order of their texts."""
    if option.is_tuple:
        # A space after a comma would silently turn one network into two.
        astray = next((text for text in texts if not text or text[0] == "," or text[-1] == ","), None)
        if astray is not None:
            expected = f"values of {option.name} with commas inside only"
            raise _refused(expected=expected, found=repr(astray), advice="256,128 is one value, 256 128 are two.")
        return tuple(dict.fromkeys(option.read(text, f"--grid {option.name}") for text in texts))
    parts = [part for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(option.read(part, f"--grid {option.name}") for part in parts))


def _refused(*, expected: str, found: str, advice: str) -> InputError:
    return InputError("--grid", expected=expected, found=found, advice=advice)
