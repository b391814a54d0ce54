"""Models in the formats of other tools: a module for each format, found by the suffix of a path."""

from collections.abc import Callable
from pathlib import Path

from backend.registry import look_up
from classes.neural_network import NeuralNetwork
from training.exchange.onnx_format import write_onnx

Writer = Callable[[NeuralNetwork, Path], Path]

WRITERS: dict[str, Writer] = {".onnx": write_onnx, ".pkl": lambda network, path: network.save_model(path)}


def write_model(network: NeuralNetwork, path: Path) -> Path:
    """Write a network in the format of the path's suffix; return the path. Raises InputError if there is none."""
    return look_up(WRITERS, path.suffix.lower(), "suffix of the output")(network, path)
