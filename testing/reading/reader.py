"""One picture read by a network: the digits in it, and why they should not be believed, or why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backend.errors import InputError
from initializers.handwriting import Prepared, digit_and_digits, find_digits, prepare_digit
from initializers.handwriting.refusals import SEVERAL
from testing.inference.prediction import Prediction, predict_image
from testing.metrics.evaluation import Predictor

NOTHING = "none"  # what is read from a picture that is refused, or not read for sure

Digits = tuple[tuple[Prepared, Prediction], ...]


@dataclass(frozen=True, eq=False)
class Reading:
    """What became of one picture: the digits in it, or what was wrong; and what it shows, where that is known.

    Attributes
    ----------
    path : str
        As it was given.
    digits : tuple of (Prepared, Prediction)
        What the network saw and what it makes of it, in reading order.
    error : str
        Why the picture could not be read; empty where it could.
    label : str or None
        What it shows: a digit, several digits with rows parted by "/", or anything else where there is no digit.
    folder : str
        Of a picture with a label, the folder that it lies in, as seen from the one that holds labels.csv.
    """

    path: str
    digits: Digits = ()
    error: str = ""
    label: str | None = None
    folder: str = "."

    @property
    def refusal(self) -> str | None:
        """Why the answer should not be believed, whatever the network says; None if nothing is known against it."""
        if not self.digits:
            return "There is no digit in it."
        return next((prepared.refusal for prepared, _ in self.digits if prepared.refusal), None)

    @property
    def is_sure(self) -> bool:
        """Whether the network is sure of every digit, and nothing is known against one."""
        return not self.refusal and all(prediction.is_sure for _, prediction in self.digits)

    @property
    def confidence(self) -> float:
        """Probability of the digit that is least sure; 0 without digits."""
        return min((prediction.confidence for _, prediction in self.digits), default=0.0)

    @property
    def answer(self) -> str:
        """What was read, written as labels are; `NOTHING` without digits, or in doubt where none should be."""
        if self.label is not None and not is_number(self.label) and not self.is_sure:
            return NOTHING
        return self.text() or NOTHING

    @property
    def is_right(self) -> bool:
        """Whether the answer is the label, or `NOTHING` where no digit is; never where the picture cannot be read."""
        wanted = self.label if self.label is not None and is_number(self.label) else NOTHING
        return not self.error and self.label is not None and self.answer == wanted

    def text(self, names: Sequence[str] | None = None) -> str:
        """Return the digits as one string, rows parted by slashes; without names of the classes, by their numbers."""
        rows: dict[int, str] = {}
        for prepared, prediction in self.digits:
            name = str(prediction.digit) if names is None else names[prediction.digit]
            rows[prepared.row] = rows.get(prepared.row, "") + name
        return "/".join(rows.values())

    def without_steps(self) -> "Reading":
        """Return the same without the pictures between the steps, which are large."""
        return replace(self, digits=tuple((replace(each, steps=()), found) for each, found in self.digits))

    def to_dict(self, names: Sequence[str]) -> dict[str, object]:
        """Return built-in types alone: the answer, or the error; with a label, also whether it is right."""
        known: dict[str, object] = {"path": self.path}
        if self.label is not None:
            known |= {"label": self.label, "right": self.is_right}
        if self.error:
            return known | {"error": self.error}
        return known | {
            "digits": self.text(names),
            "confidence": self.confidence,
            "sure": self.is_sure,
            "refusal": self.refusal,
            "boxes": [prepared.box._asdict() for prepared, _ in self.digits],
            "probabilities": [prediction.probabilities.tolist() for _, prediction in self.digits],
        }


def is_number(label: str) -> bool:
    """Return whether a label names digits, rather than saying that there is none.

    Examples
    --------
    >>> is_number("7"), is_number("12/3"), is_number("blank")
    (True, True, False)
    """
    digits = label.replace("/", "")
    return digits.isascii() and digits.isdecimal()


def read_digits(
    network: Predictor, picture: str | Path, *, several: bool | None = False, explain: bool = False
) -> Digits:
    """Return the digits in a picture, with what a network makes of each.

    Parameters
    ----------
    network : Predictor
        A trained one.
    picture : str or Path
        A file.
    several : bool or None
        Whether to read one digit, or all; None takes what the network finds more likely: all, if the picture holds
        more than one, and it is surer of these on average than of the whole as one digit.
    explain : bool
        Keep the pictures between the steps.

    Raises
    ------
    InputError
        If it cannot be read as a picture, or the network does not take such images.
    """
    if several is None:
        return _likelier(network, picture, explain)
    if not several:
        return _judged(network, [prepare_digit(picture, explain=explain)])
    return _judged(network, find_digits(picture, network.predict_proba, explain=explain))


def read_picture(
    network: Predictor, picture: str | Path, *, several: bool | None = False, explain: bool = False
) -> Reading:
    """Return what `read_digits` finds, or the error that tells why it cannot; parameters as there."""
    try:
        return Reading(str(picture), read_digits(network, picture, several=several, explain=explain))
    except InputError as error:
        return Reading(str(picture), error=str(error))


def _judged(network: Predictor, found: Sequence[Prepared]) -> Digits:
    """Return digits with what the network makes of them."""
    return tuple((each, predict_image(network, each.image.ravel())) for each in found)


def _likelier(network: Predictor, picture: str | Path, explain: bool) -> Digits:
    """Return one digit or several, whichever the network is surer of."""
    only, found = digit_and_digits(picture, network.predict_proba, explain=explain)
    one, several = _judged(network, [only]), _judged(network, found)
    ((whole, prediction),) = one
    mean = sum(found.confidence for _, found in several) / max(len(several), 1)
    is_one = len(several) < 2 or (whole.refusal != SEVERAL and mean <= prediction.confidence)
    return one if is_one else several
