"""Saving the result of a training, even if its intended path is not writable."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from backend import InputError
from backend.drawing import save_figure
from backend.files import check_room
from classes import NeuralNetwork
from interface.console import Console
from interface.prompts import EndOfInput, ask
from testing.figures import training_curves

BESIDE_WEIGHTS = 100_000  # bytes of a model file, its history and its curves in addition to the weights; usually 80,000


def check_output_room(network: NeuralNetwork, path: Path) -> None:
    """Fail before the training, not after it, where the model could not be written.

    Raises
    ------
    OSError
        If the folder cannot be created or written to, or the disk has too little room for the model.
    """
    check_room(path, network.stack.parameters.values.nbytes + BESIDE_WEIGHTS)


def save_trained(console: Console, network: NeuralNetwork, path: Path) -> Path:
    """Write a trained network, its history and its curves, and say where; return the path of the model.

    Where `path` cannot be written any more, somebody who can answer is asked for another one.

    Raises
    ------
    InputError
        If nobody could be asked. The error tells where the network was saved instead.
    OSError
        If no place was found.
    """
    try:
        network.save_model(path)
    except OSError as failure:
        path = _save_elsewhere(console, network, path, failure)
    tables = network.history.save(path.with_suffix(".history"))
    curves = save_figure(training_curves(network.history, network.info["dataset"]), path.with_suffix(".curves.png"))
    console.say(f"Saved {path}, with {', '.join(file.name for file in (*tables, curves))} in the same folder.")
    return path


def _save_elsewhere(console: Console, network: NeuralNetwork, path: Path, failure: OSError) -> Path:
    """Save the network where the user says, or at the first of the usual places that can be written to."""
    reason = failure.strerror or str(failure)
    if console.is_answered_by_hand:
        console.warn(f"{path} could not be written: {reason}.")
        with suppress(EndOfInput):
            return ask(console, "Save the trained network as", lambda answer: _saved(network, answer), _default(path))
    for place in _other_places(path):
        with suppress(OSError):
            network.save_model(place)
            raise InputError(
                f"model file {path}",
                expected="a place that can be written to",
                found=reason,
                advice=f"The trained network was saved as {place}: move it to where you want it.",
            ) from failure
    raise failure


def _saved(network: NeuralNetwork, answer: str) -> Path:
    """Save the network under the path that was answered; refuse one that cannot be written."""
    path = Path(answer).expanduser()
    try:
        return network.save_model(path)
    except OSError as failure:
        found = failure.strerror or str(failure)
        raise InputError(
            str(path), expected="a file that can be written", found=found, advice="Name another."
        ) from failure


def _default(path: Path) -> str:
    """Return the path to suggest."""
    return str(next(_other_places(path)))


def _other_places(path: Path) -> Iterator[Path]:
    """Yield paths of the same name in the current, the home and the temporary folder, none of which exists yet."""
    for folder in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
        names = itertools.chain([path.name], (f"{path.stem}-{number}{path.suffix}" for number in itertools.count(2)))
        yield next(folder / name for name in names if not (folder / name).exists())
