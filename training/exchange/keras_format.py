"""Keras: a `.keras` file from pixels to probabilities, which ``keras.saving.load_model`` reads on any of its backends.

The file is a ZIP archive of the layers' settings in JSON and their variables in HDF5. Keras has images as
(N, H, W, C) and weights as (I, O) and (K, L, C, O), as this project has them.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from backend.files import write_bytes
from backend.optional import optional_module
from backend.registry import look_up
from classes.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool2D,
    Reshape,
    SpatialDropout,
)
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS
from training.exchange.description import layer_parameters

VERSION = "3.0.0"  # the first version of Keras with this format
Config = dict[str, Any]
KerasLayer = tuple[str, Config, list[np.ndarray]]  # class, settings and variables

ACTIVATION_LAYERS: dict[str, KerasLayer] = {
    "leaky_relu": ("LeakyReLU", {"negative_slope": 0.01}, []),
    **{name: ("Activation", {"activation": name}, []) for name in ("relu", "elu", "silu", "sigmoid", "tanh")},
}


def write_keras(network: NeuralNetwork, path: str | Path) -> Path:
    """Write a network as a Keras model; return the path.

    Its input (N, I) holds pixels from 0 to 255, its output (N, C) probabilities.

    Parameters
    ----------
    network : NeuralNetwork
        The network.
    path : str or Path
        The file to write.

    Raises
    ------
    InputError
        If the package ``h5py`` is missing, or a layer or activation has no counterpart.
    """
    h5py = optional_module("h5py", "h5py", "format Keras")
    layers = list(_layers(network))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": VERSION}))
        archive.writestr("config.json", json.dumps(_configuration(layers, network.input_size)))
        archive.writestr("model.weights.h5", _variables(h5py, layers))
    return write_bytes(path, buffer.getvalue())


def _layers(network: NeuralNetwork) -> Iterator[KerasLayer]:
    """Yield the layers, with the scaling of the pixels at the beginning and the softmax at the end."""
    scaling = INPUT_SCALINGS[network.input_scaling]
    yield "Rescaling", {"scale": scaling.factor, "offset": scaling.offset}, []
    for index, layer in enumerate(network.stack.layers):
        name, maker = look_up({kind.kind: entry for kind, entry in _LAYERS.items()}, layer.kind, "layer for Keras")
        config, parameters = maker(layer), layer_parameters(network, index)
        yield name, config, list(parameters.values())  # in the order in which Keras has them
        if (activation := getattr(layer, "activation", "identity")) != "identity":
            yield look_up(ACTIVATION_LAYERS, activation, "activation for Keras")
    yield "Rescaling", {"scale": 1.0 / network.temperature, "offset": 0.0}, []
    yield "Softmax", {}, []


def _nothing(_: Layer) -> Config:
    """Return no settings."""
    return {}


def _pooling(layer: Any) -> Config:
    """Return the settings of a pooling layer."""
    return {"pool_size": layer.size, "strides": layer.stride}


def _convolution(layer: Any) -> Config:
    """Return the settings of a convolution."""
    same = {"kernel_size": layer.kernel, "strides": layer.stride, "padding": layer.padding, "use_bias": layer.bias}
    return {"filters": layer.filters, **same}


_LAYERS: dict[type[Layer], tuple[str, Callable[[Any], Config]]] = {
    Dense: ("Dense", lambda layer: {"units": layer.units}),
    Conv2D: ("Conv2D", _convolution),
    BatchNorm: ("BatchNormalization", lambda layer: {"momentum": layer.momentum, "epsilon": layer.epsilon}),
    MaxPool2D: ("MaxPooling2D", _pooling),
    AveragePool2D: ("AveragePooling2D", _pooling),
    GlobalAveragePool: ("GlobalAveragePooling2D", _nothing),
    Reshape: ("Reshape", lambda layer: {"target_shape": layer.output}),
    Flatten: ("Flatten", _nothing),
    Dropout: ("Dropout", lambda layer: {"rate": layer.rate}),
    SpatialDropout: ("SpatialDropout2D", lambda layer: {"rate": layer.rate}),
}


def _configuration(layers: list[KerasLayer], inputs: int) -> Config:
    """Return the configuration of a ``Sequential`` model."""
    entries = [("InputLayer", {"batch_shape": [None, inputs], "dtype": "float32"}, []), *layers]
    config = {
        "name": "neural_network_digit",
        "layers": [
            {"module": "keras.layers", "class_name": name, "config": config | {"name": f"layer_{place}"}}
            for place, (name, config, _) in enumerate(entries)
        ],
        "build_input_shape": [None, inputs],
    }
    return {"module": "keras", "class_name": "Sequential", "config": config}


def _variables(h5py: Any, layers: list[KerasLayer]) -> bytes:
    """Return the HDF5 file: the variables of the second `Dense` layer are ``layers/dense_1/vars/0`` and ``.../1``."""
    buffer, used = BytesIO(), dict[str, int]()
    with h5py.File(buffer, "w") as file:
        for name, _, arrays in layers:
            group = _GROUPS.get(name, name.lower())
            place = used.get(group, 0)
            used[group] = place + 1
            variables = file.create_group(f"layers/{group}_{place}/vars" if place else f"layers/{group}/vars")
            for number, array in enumerate(arrays):
                variables[str(number)] = array
    return buffer.getvalue()


_GROUPS = {"BatchNormalization": "batch_normalization"}  # the classes with variables whose names are several words
