"""Saving the result of a training run, even if its intended path is not writable."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
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
    """Check before training that the model file can be written.

    Parameters
    ----------
    network : NeuralNetwork
        Its parameters determine the expected size of the file.
    path : Path
        The model file.

    Raises
    ------
    OSError
        If the folder cannot be created or written to, or the disk has too little room for the model.
    """
    check_room(path, network.stack.parameters.values.nbytes + BESIDE_WEIGHTS)


def save_trained(console: Console, network: NeuralNetwork, path: Path) -> Path:
    """Write a trained network, its history and its curves, and print their paths; return the path of the model.

    If `path` cannot be written, an interactive user is asked for another one. A history or curves that cannot be
    written cause a warning, since the model is already saved.

    Parameters
    ----------
    console : Console
        Prints the paths and asks for another one.
    network : NeuralNetwork
        The trained network.
    path : Path
        Intended path of the model file.

    Raises
    ------
    InputError
        If the user could not be asked. The error says where the network was saved instead.
    OSError
        If the network could not be saved anywhere.
    """
    try:
        network.save_model(path)
    except OSError as failure:
        path = _save_elsewhere(console, network, path, failure)
    try:
        tables = network.history.save(path.with_suffix(".history"))
        curves = save_figure(training_curves(network.history, network.info["dataset"]), path.with_suffix(".curves.png"))
    except OSError as failure:
        reason = failure.strerror or str(failure)
        console.warn(f"Saved the model as {path}, but not its history and curves: {reason}.")
    else:
        names = ", ".join(file.name for file in (*tables, curves))
        console.say(f"Saved {path}, with {names} in the same folder.")
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
    """Save the network as the user has answered; raise an error, so that they are asked again, if that is impossible.

    Raises
    ------
    InputError
        If the file cannot be written, or the answer names the home folder of an unknown user.
    """
    try:
        return network.save_model(Path(answer).expanduser())
    except (OSError, RuntimeError) as failure:
        found = getattr(failure, "strerror", None) or str(failure)
        raise InputError(
            answer, expected="a file that can be written", found=found, advice="Name another."
        ) from failure


def _default(path: Path) -> str | None:
    """Return the path to suggest; None if no folder can be suggested."""
    place = next(_other_places(path), None)
    return None if place is None else str(place)


def _other_places(path: Path) -> Iterator[Path]:
    """Yield unused paths of the same name in the current, the home and the temporary folder, as far as they exist."""
    folders: tuple[Callable[[], Path], ...] = (Path.cwd, Path.home, lambda: Path(tempfile.gettempdir()))
    for folder in folders:
        # The current folder may have been removed, the home folder may be unknown: continue with the next one.
        try:
            place = _unused(folder(), path)
        except (OSError, RuntimeError):
            continue
        yield place


def _unused(folder: Path, path: Path) -> Path:
    """Return a path in the folder that does not exist yet: the name of `path`, with a number if necessary."""
    names = itertools.chain([path.name], (f"{path.stem}-{number}{path.suffix}" for number in itertools.count(2)))
    return next(folder / name for name in names if not (folder / name).exists())
