"""Reading a picture with a network: its digits, and the reasons why they are not accepted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backend.errors import InputError
from initializers.handwriting import Prepared, digit_and_digits, find_digits, prepare_digit
from initializers.handwriting.refusals import SEVERAL
from testing.inference.prediction import Prediction, predict_image
from testing.metrics.evaluation import Predictor

NOTHING = "none"  # answer for a picture without an accepted digit

Digits = tuple[tuple[Prepared, Prediction], ...]


@dataclass(frozen=True, eq=False)
class Reading:
    """The result for one picture: its digits or an error, and its label, if it is known.

    Attributes
    ----------
    path : str
        Path of the picture, as given.
    digits : tuple of (Prepared, Prediction)
        The prepared digits and their predictions, in reading order.
    error : str
        Why the picture could not be read; empty if it could.
    label : str or None
        Its label: one digit, several digits with text lines separated by "/", or any other text for no digit.
    folder : str
        For a labelled picture, its folder relative to that of labels.csv.
    """

    path: str
    digits: Digits = ()
    error: str = ""
    label: str | None = None
    folder: str = "."

    @property
    def refusal(self) -> str | None:
        """Why the picture is refused independently of the network's confidence; None if it is not."""
        if not self.digits:
            return "There is no digit in it."
        return next((prepared.refusal for prepared, _ in self.digits if prepared.refusal), None)

    @property
    def is_sure(self) -> bool:
        """Whether no digit is refused, and all confidences reach the threshold."""
        return not self.refusal and all(prediction.is_sure for _, prediction in self.digits)

    @property
    def confidence(self) -> float:
        """Lowest confidence of the digits; 0 without digits."""
        return min((prediction.confidence for _, prediction in self.digits), default=0.0)

    @property
    def answer(self) -> str:
        """The answer in the format of labels; `NOTHING` without digits, or if a non-digit picture is not accepted."""
        if self.label is not None and not is_number(self.label) and not self.is_sure:
            return NOTHING
        return self.text() or NOTHING

    @property
    def is_right(self) -> bool:
        """Whether the answer is correct; False if the picture could not be read."""
        wanted = self.label if self.label is not None and is_number(self.label) else NOTHING
        return not self.error and self.label is not None and self.answer == wanted

    def text(self, names: Sequence[str] | None = None) -> str:
        """Return the digits as a string of class names or, without names, class numbers; "/" separates text lines."""
        rows: dict[int, str] = {}
        for prepared, prediction in self.digits:
            name = str(prediction.digit) if names is None else names[prediction.digit]
            rows[prepared.row] = rows.get(prepared.row, "") + name
        return "/".join(rows.values())

    def without_steps(self) -> "Reading":
        """Return the same result without the images of the steps, which are large."""
        return replace(self, digits=tuple((replace(each, steps=()), found) for each, found in self.digits))

    def to_dict(self, names: Sequence[str]) -> dict[str, object]:
        """Return the result as built-in types: the answer or the error and, with a label, whether it is correct."""
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
    """Return whether a label consists of digits, and not of a text for no digit.

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
    """Return the digits in a picture with their predictions.

    Parameters
    ----------
    network : Predictor
        A trained network.
    picture : str or Path
        Path of the picture.
    several : bool or None
        Whether to read one digit, or all. None reads all digits if there are several, and their mean confidence is
        higher than that of the whole picture as one digit.
    explain : bool
        Whether to keep the images of all steps.

    Raises
    ------
    InputError
        If the picture cannot be read, or the network expects other images.
    """
    if several is None:
        return _likelier(network, picture, explain)
    if not several:
        return _judged(network, [prepare_digit(picture, explain=explain)])
    return _judged(network, find_digits(picture, network.predict_proba, explain=explain))


def read_picture(
    network: Predictor, picture: str | Path, *, several: bool | None = False, explain: bool = False
) -> Reading:
    """Return the result of `read_digits`, or its error; the parameters are the same."""
    try:
        return Reading(str(picture), read_digits(network, picture, several=several, explain=explain))
    except InputError as error:
        return Reading(str(picture), error=str(error))


def _judged(network: Predictor, found: Sequence[Prepared]) -> Digits:
    """Return prepared digits with their predictions."""
    return tuple((each, predict_image(network, each.image.ravel())) for each in found)


def _likelier(network: Predictor, picture: str | Path, explain: bool) -> Digits:
    """Return one digit or several, whichever has the higher confidence."""
    only, found = digit_and_digits(picture, network.predict_proba, explain=explain)
    one, several = _judged(network, [only]), _judged(network, found)
    ((whole, prediction),) = one
    mean = sum(found.confidence for _, found in several) / max(len(several), 1)
    is_one = len(several) < 2 or (whole.refusal != SEVERAL and mean <= prediction.confidence)
    return one if is_one else several
