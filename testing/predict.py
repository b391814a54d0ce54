"""Read the digits in pictures: ``python testing/predict.py PICTURE...``."""

import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from backend import DEVICES, InputError
from classes.neural_network import NeuralNetwork
from initializers.handwriting import Prepared, find_digits, prepare_digit, steps_figure
from initializers.picture_files import FORMATS, is_picture_name
from initializers.pictures import save_figure
from interface.console import Console
from interface.digits import show_prediction
from interface.script import run_script
from testing.models import newest_model
from testing.prediction import Prediction, predict_image


class Answer(NamedTuple):
    """What became of one picture: the digits in it, or what was wrong.

    Attributes
    ----------
    path : str
        As it was given.
    digits : tuple of (Prepared, Prediction)
        What the network saw and what it makes of it, in reading order.
    error : str
        Why the picture could not be read; empty where it could.
    """

    path: str
    digits: tuple[tuple[Prepared, Prediction], ...] = ()
    error: str = ""

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

    def text(self, names: Sequence[str]) -> str:
        """Return the digits as one string, rows parted by spaces."""
        rows: dict[int, str] = {}
        for prepared, prediction in self.digits:
            rows[prepared.row] = rows.get(prepared.row, "") + names[prediction.digit]
        return " ".join(rows.values())

    def to_dict(self, names: Sequence[str]) -> dict[str, object]:
        """Return built-in types alone: the answer, or the error."""
        if self.error:
            return {"path": self.path, "error": self.error}
        return {
            "path": self.path,
            "digits": self.text(names),
            "confidence": min((prediction.confidence for _, prediction in self.digits), default=0.0),
            "sure": self.is_sure,
            "refusal": self.refusal,
            "boxes": [prepared.box._asdict() for prepared, _ in self.digits],
            "probabilities": [prediction.probabilities.tolist() for _, prediction in self.digits],
        }


def parse_flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what the command line says; a bad flag ends the script with usage and exit code 2.

    Examples
    --------
    >>> parse_flags(["seven.png", "--json"]).pictures
    ['seven.png']
    """
    parser = argparse.ArgumentParser(
        prog="predict.py",
        description="Say which digit each picture shows. The exit status is 1 if one of them could not be read.",
    )
    parser.add_argument(
        "pictures", nargs="+", metavar="PICTURE", help=f"a file ({', '.join(FORMATS)}), or a folder of such files"
    )
    parser.add_argument("--model", type=Path, metavar="PATH", help="model file (default: the newest in model/)")
    parser.add_argument("--device", choices=tuple(DEVICES), default="auto", help="where to compute (default: auto)")
    parser.add_argument("--several", action="store_true", help="read all digits of a picture, not one")
    parser.add_argument(
        "--explain", type=Path, metavar="FOLDER", help="save there what became of each picture, step by step"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="write a list of objects, for scripts")
    shown.add_argument("--show", action="store_true", help="draw what the network sees, and all probabilities")
    return parser.parse_args(arguments)


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """Yield files as they are, and the pictures in folders and their folders in order of their names."""
    for path in paths:
        if Path(path).is_dir():
            yield from map(str, sorted(file for file in Path(path).rglob("*") if is_picture_name(file)))
        else:
            yield path


def answers(network: NeuralNetwork, paths: Iterable[str], *, several: bool = False) -> Iterator[Answer]:
    """Yield what the network makes of each picture; one that fails does not keep the others from being answered.

    Parameters
    ----------
    network : NeuralNetwork
        A trained one.
    paths : iterable of str
        Files, or folders of them.
    several : bool
        Read all digits of a picture instead of one.
    """
    for path in files_of(paths):
        try:
            found = find_digits(path, network.predict_proba) if several else [prepare_digit(path)]
            yield Answer(path, tuple((each, predict_image(network, each.image.ravel())) for each in found))
        except InputError as error:
            yield Answer(path, error=str(error))


def main(console: Console) -> int:
    """Answer every picture; return the exit status."""
    flags = parse_flags()
    network = NeuralNetwork.load_model(flags.model or newest_model(), device=flags.device)
    found, names = [], network.class_names
    for answer in answers(network, flags.pictures, several=flags.several):
        found.append(answer)
        if flags.explain and not answer.error:
            _explain(answer.path, flags.explain)
        if not flags.json:
            _say(console, answer, names, draw=flags.show)
    if flags.json:
        _say_json(found, names)
    return int(any(answer.error for answer in found))


def _explain(path: str, folder: Path) -> None:
    """Save the picture after every step."""
    save_figure(steps_figure(prepare_digit(path, explain=True).steps), folder / f"{Path(path).stem}.steps.png")


def _say_json(found: Sequence[Answer], names: Sequence[str]) -> None:
    """Print the answers as JSON, on a console as wide as the longest line: a folded string would be none."""
    text = json.dumps([answer.to_dict(names) for answer in found], indent=2, allow_nan=False)
    Console(width=max(map(len, text.splitlines()))).say(text)


def _say(console: Console, answer: Answer, names: Sequence[str], *, draw: bool) -> None:
    """Print one answer as a line, below a drawing if that is wanted; an error goes to standard error."""
    if answer.error:
        console.error(answer.error)
        return
    for prepared, prediction in answer.digits if draw else ():
        console.title(answer.path)
        show_prediction(console, prepared.image.ravel(), prediction.probabilities, names)
        console.say()
    console.say(f"{answer.path}: {_in_words(answer, names)}")


def _in_words(answer: Answer, names: Sequence[str]) -> str:
    """Return an answer as a sentence's part: a refusal leads, since it outweighs what the network says."""
    certainty = answer.refusal or ("sure" if answer.is_sure else "not sure")
    if len(answer.digits) != 1:
        least = min((prediction.confidence for _, prediction in answer.digits), default=0.0)
        return f"{answer.text(names) or 'nothing'}, the least of them with {least:.2%}; {certainty}"
    ((_, found),) = answer.digits
    second = f"runner-up {names[found.runner_up]} with {found.probabilities[found.runner_up]:.2%}"
    return f"{names[found.digit]} with {found.confidence:.2%}; {certainty}; {second}"


if __name__ == "__main__":
    sys.exit(run_script(main))
