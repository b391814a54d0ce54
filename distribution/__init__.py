"""A neural network for handwritten digits, written from scratch in NumPy.

This file becomes that of the installed package, ``neural_network_digit``. Importing it imports NumPy and nothing else:
the names that need other libraries are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING

import classes as _classes
from backend.errors import InputError
from backend.places import IS_INSTALLED
from classes import *  # noqa: F403

if TYPE_CHECKING:
    from initializers.data_loader import MNISTDataLoader
    from testing.inference.model_files import PRETRAINED
    from testing.reading import read_digits, read_picture
    from training.estimator import NeuralNetworkClassifier

__all__ = ["PRETRAINED", "InputError", "MNISTDataLoader", "NeuralNetworkClassifier", "read_digits", "read_picture"]
__all__ += _classes.__all__

_MODULES = {
    "MNISTDataLoader": "initializers.data_loader",
    "NeuralNetworkClassifier": "training.estimator",
    "PRETRAINED": "testing.inference.model_files",
    "read_digits": "testing.reading",
    "read_picture": "testing.reading",
}


def __getattr__(name: str) -> object:
    """Return one of the names that are imported at their first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}" if IS_INSTALLED else _MODULES[name])
    globals()[name] = getattr(module, name)
    return globals()[name]
