"""Models in the formats of other tools, found by the suffix of a path."""

from collections.abc import Callable
from pathlib import Path

from backend.errors import InputError
from backend.registry import look_up
from classes.neural_network import NeuralNetwork
from training.exchange.array_files import read_arrays, write_arrays
from training.exchange.c_header import write_c_header
from training.exchange.description import Hints, contents_from, described, network_from, parameters_of
from training.exchange.keras_format import write_keras
from training.exchange.onnx_format import write_onnx
from training.exchange.onnx_reader import read_onnx
from training.exchange.pytorch.modules import state_dict
from training.exchange.pytorch.states import network_of_state
from training.exchange.sklearn_format import read_skops, write_skops


def write_npz(network: NeuralNetwork, path: Path) -> Path:
    """Write a network's parameters under their own names, and its description as a string; return the path."""
    return write_arrays(path, parameters_of(network), described(network))


def write_state(network: NeuralNetwork, path: Path) -> Path:
    """Write a network's state dict with PyTorch's names and layouts, and its description; return the path."""
    return write_arrays(path, state_dict(network), described(network))


def read_npz(path: Path, hints: Hints) -> NeuralNetwork:
    """Return the network of an archive of `write_npz`, or of a state dict that ``numpy.savez`` wrote."""
    arrays, text = read_arrays(path)
    if text is None:
        return network_of_state(arrays, None, hints, path.name)
    return network_from(contents_from(text, path.name), arrays, path.name)


def read_state(path: Path, hints: Hints) -> NeuralNetwork:
    """Return the network of a state dict: exactly where `write_state` wrote it, else by the hints."""
    return network_of_state(*read_arrays(path), hints, path.name)


STATES = (".safetensors", ".pt", ".pth")  # files of a state dict
WRITERS: dict[str, Callable[[NeuralNetwork, Path], Path]] = {
    ".pkl": lambda network, path: network.save_model(path),
    ".onnx": write_onnx,
    ".npz": write_npz,
    ".skops": write_skops,
    ".keras": write_keras,
    ".h": write_c_header,
    **dict.fromkeys(STATES, write_state),
}
READERS: dict[str, Callable[[Path, Hints], NeuralNetwork]] = {
    ".pkl": lambda path, _: NeuralNetwork.load_model(path, device="cpu"),
    ".onnx": read_onnx,
    ".npz": read_npz,
    ".skops": read_skops,
    **dict.fromkeys(STATES, read_state),
}


def write_model(network: NeuralNetwork, path: Path) -> Path:
    """Write a network in the format of the path's suffix; return the path. Raises InputError if there is none."""
    return look_up(WRITERS, path.suffix.lower(), "suffix of the output")(network, path)


def read_model(path: Path, hints: Hints | None = None) -> NeuralNetwork:
    """Return the network of a file, in the format of its suffix.

    Parameters
    ----------
    path : Path
        The file, which need not be trusted.
    hints : Hints, optional
        What the file does not say; by default those of a network with ReLU, trained on pixels from 0 to 1.

    Raises
    ------
    InputError
        If the file does not exist, is of another format, or holds what no layer here represents.
    """
    reader = look_up(READERS, path.suffix.lower(), "suffix of the input")
    if not path.is_file():
        raise InputError(f"file {path}", expected="an existing file", found="none", advice="Name another.")
    return reader(path, hints or Hints())
