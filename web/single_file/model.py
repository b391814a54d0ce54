"""A model as JSON for the browser: weights in half precision, and what is known about it."""

import base64
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from classes.layers.dense import Dense
from classes.layers.dropout import Dropout
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS
from testing.inference.prediction import threshold_of
from web.server.models import described

PIXELS = 784


def model_as_json(path: Path) -> dict[str, Any]:
    """Return a model as built-in types.

    Parameters
    ----------
    path : Path
        A model file with dense layers and, possibly, dropout, which does nothing in prediction.

    Raises
    ------
    InputError
        If it is no model file, has other layers, or does not take images of 28 x 28 pixels.
    """
    network = NeuralNetwork.load_model(path, device="cpu")
    layers = [layer for layer in network.stack.layers if not isinstance(layer, Dropout)]
    other = next((type(layer).__name__ for layer in layers if not isinstance(layer, Dense)), None)
    if other is not None or network.input_size != PIXELS:
        found = f"a layer {other}" if other else f"{network.input_size} inputs"
        advice = "Choose a model of dense layers with --model, or serve this one with web/serve.py."
        raise InputError(f"model {path.name}", expected="dense layers for 784 pixels", found=found, advice=advice)
    scaling = INPUT_SCALINGS[network.input_scaling]
    parts = {
        "layers": [_layer(network, place) for place, layer in enumerate(network.stack.layers) if layer in layers],
        "factor": scaling.factor,
        "offset": scaling.offset if scaling.mean else 0.0,
        "temperature": network.temperature,
        "threshold": threshold_of(network.info),
    }
    return {"network": parts, "description": described(path)}


def _layer(network: NeuralNetwork, place: int) -> dict[str, Any]:
    """Return a dense layer."""
    layer, view = network.stack.layers[place], network.stack.parameters.view
    assert isinstance(layer, Dense)
    weights = {name: _halves(view(f"{place}.{name}")) for name in ("W", "b")}
    return {"units": layer.units, "activation": layer.activation, **weights}


def _halves(values: np.ndarray) -> str:
    """Return numbers in half precision, little-endian, as base64."""
    return base64.b64encode(values.astype("<f2").tobytes()).decode()
