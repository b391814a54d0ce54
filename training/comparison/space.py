"""The space of a search, written like a grid, with ranges: ``learning_rate=0.0005..0.02 hidden_sizes=128 256,128``."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from backend.errors import InputError
from interface.flags import Option
from training.comparison.grid import field_texts, searchable_options, values_of

HELP = (
    "fields that --search changes: FIELD=LOW..HIGH for numbers, or FIELD=VALUE VALUE ... as in --grid. Ranges from a "
    "positive number to one of at least ten times its size are searched on a logarithmic scale"
)
USUAL = (
    "learning_rate=0.0005..0.02", "weight_decay=0.001..0.5", "label_smoothing=0..0.1", "batch_size=64,128,256",
    "hidden_sizes=128", "256,128", "320,128", "512,256",
)  # fmt: skip
"""The space of a search that names none."""

LOGARITHMIC = 10.0  # ratio of the ends of a range above which it is searched on a logarithmic scale


class Range(NamedTuple):
    """Numbers from `low` to `high`, both included.

    Attributes
    ----------
    low, high : int or float
        The ends.
    is_whole : bool
        Whether only whole numbers are meant.
    """

    low: float
    high: float
    is_whole: bool

    @property
    def is_logarithmic(self) -> bool:
        """Whether each factor is as likely, and not each difference."""
        return self.low > 0 and self.high / self.low >= LOGARITHMIC


Space = Mapping[str, Range | tuple[Any, ...]]


def parse_space(words: Sequence[str]) -> dict[str, Range | tuple[Any, ...]]:
    """Return the range or the values of every field that the words name.

    Raises
    ------
    InputError
        If a field is unknown or named twice, or a range or a value is wrong.

    Examples
    --------
    >>> parse_space(["epochs=3..9", "activation=relu,tanh"])
    {'epochs': Range(low=3, high=9, is_whole=True), 'activation': ('relu', 'tanh')}
    """
    known = searchable_options()
    return {name: _range_or_values(known[name], texts) for name, texts in field_texts(words, tuple(known)).items()}


def suggested(trial: Any, space: Space) -> dict[str, Any]:
    """Return the point that a trial of Optuna proposes.

    Parameters
    ----------
    trial : optuna.Trial
        Of the study.
    space : Space
        As `parse_space` returns it.
    """
    point = {}
    for name, values in space.items():
        if not isinstance(values, Range):
            # Optuna stores texts, numbers and None; a tuple is chosen by its text.
            texts = {_text(value): value for value in values}
            point[name] = texts[trial.suggest_categorical(name, tuple(texts))]
        elif values.is_whole:
            point[name] = trial.suggest_int(name, int(values.low), int(values.high), log=values.is_logarithmic)
        else:
            point[name] = _rounded(trial.suggest_float(name, values.low, values.high, log=values.is_logarithmic))
    return point


def _rounded(value: float) -> float:
    """Return a number with four digits, which is as good and easier to read.

    Examples
    --------
    >>> _rounded(0.00123456)
    0.001235
    """
    return float(f"{value:.4g}")


def _text(value: Any) -> str:
    """Return a value as text, such as 256,128."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _range_or_values(option: Option, texts: Sequence[str]) -> Range | tuple[Any, ...]:
    """Return the range that a single text with two dots means, else the values."""
    if len(texts) != 1 or ".." not in texts[0]:
        return values_of(option, texts)
    if option.kind not in (int, float) or option.is_tuple:
        expected, advice = f"values of {option.name}", "Only numbers have ranges."
        raise InputError("--space", expected=expected, found=repr(texts[0]), advice=advice)
    low, high = (option.read(text, f"--space {option.name}") for text in texts[0].split("..", 1))
    if low is None or high is None or low >= high:
        raise InputError(
            "--space", expected=f"{option.name}=LOW..HIGH, the lower one first", found=repr(texts[0]),
            advice="Example: learning_rate=0.001..0.01.",
        )  # fmt: skip
    return Range(low, high, is_whole=option.kind is int)
