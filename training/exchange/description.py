"""A network as a text and arrays, for formats that store arrays by name; and networks made of foreign layers."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from backend.errors import InputError
from classes.files.model_file import ModelContents, build_network, checked_contents, contents_of
from classes.files.packing import packed_array
from classes.layers import Conv2D, Dense, Layer
from classes.layers.parameters import Shape
from classes.layers.sequential import declare_all
from classes.network import Network
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS

KEY = "neural_network_digit"  # name under which a file holds the description
Arrays = dict[str, np.ndarray]
RAW = "raw"  # input scaling of a model that was trained on pixels from 0 to 255
SCALINGS = (*INPUT_SCALINGS, RAW)


@dataclass(frozen=True)
class Hints:
    """What a file of another tool does not say about a network.

    Attributes
    ----------
    layers : str, optional
        The layers in the compact notation; None derives dense layers and batch normalisation from the arrays.
    activation : str
        A key of `ACTIVATIONS`, after all hidden layers.
    input_scaling : str
        A key of `INPUT_SCALINGS`, or `RAW`: what was done to the pixels before the network.
    class_names : sequence of str, optional
        One for each class; None numbers them.
    image_size : int
        Height and width of the images that convolutions take, in pixels.
    """

    layers: str | None = None
    activation: str = "relu"
    input_scaling: str = "unit"
    class_names: Sequence[str] | None = None
    image_size: int = 28


def parameters_of(network: Network) -> Arrays:
    """Return all parameters on the host, by their names in the network, such as ``0.W``."""
    views, to_host = network.stack.parameters, network.backend.to_host
    return {name: np.ascontiguousarray(to_host(views.view(name))) for name in views.shapes}


def layer_parameters(network: Network, index: int) -> Arrays:
    """Return the parameters of one layer on the host, as float32, by their names in the layer, such as ``W``."""
    prefix, found = f"{index}.", parameters_of(network)
    return {name[len(prefix) :]: found[name].astype("float32") for name in found if name.startswith(prefix)}


def described(network: Network) -> str:
    """Return everything but the parameters as JSON: layers, input scaling, temperature, class names, history."""
    contents = asdict(contents_of(network))
    del contents["parameters"]
    try:
        return json.dumps(contents)
    except (TypeError, ValueError) as failure:
        raise InputError(
            "info of the network", expected="numbers, strings, lists and dicts", found=str(failure),
            advice="Remove the entry from network.info.",
        ) from failure  # fmt: skip


def contents_from(text: str, name: str) -> ModelContents:
    """Return what `described` wrote, as the contents of a model without parameters.

    Raises
    ------
    InputError
        If the text is not such a description; the error names the file `name`.
    """
    try:
        contents = json.loads(text)
    except (ValueError, RecursionError):
        contents = None
    if not isinstance(contents, dict):
        advice = "Export the model again."
        raise InputError(name, expected="a description of a network in JSON", found="none", advice=advice)
    return checked_contents(contents | {"parameters": {}}, name)


def network_from(contents: ModelContents, arrays: Mapping[str, np.ndarray], name: str) -> NeuralNetwork:
    """Return the network with these contents and these parameters.

    Raises
    ------
    InputError
        If the arrays are not those of the layers, or not finite.
    """
    dtype = "float64" if contents.dtype == "float64" else "float32"
    packed = {key: packed_array(np.asarray(array, dtype)) for key, array in arrays.items()}
    return build_network(NeuralNetwork, ModelContents(**(asdict(contents) | {"parameters": packed})), name)


def assembled(layers: Sequence[Layer], input_shape: Shape, arrays: Arrays, hints: Hints, name: str) -> NeuralNetwork:
    """Return a network of layers and parameters that were read from a file of another tool.

    Parameters
    ----------
    layers : sequence of Layer
        The layers; the first takes samples of `input_shape`.
    input_shape : tuple of int
        (I,) or (H, W, C).
    arrays : dict of str to ndarray
        The parameters by their names, such as ``0.W``.
    hints : Hints
        Input scaling and class names.
    name : str
        Name of the file in errors.

    Raises
    ------
    InputError
        If the layers do not suit each other, the arrays do not suit the layers, or a weight is not finite.
    """
    shapes = declare_all(layers, input_shape)[1]
    if hints.input_scaling == RAW:
        arrays = _for_raw_pixels(layers, arrays)
    for key, shape in shapes.items():
        found = arrays[key].shape if key in arrays else "none"
        if found != shape or not np.isfinite(arrays[key]).all():
            raise InputError(
                f"{name}: {key}", expected=f"finite numbers of shape {shape}", found=f"shape {found}" if found != shape
                else "NaN or infinity", advice="Pass the layers as they were trained.",
            )  # fmt: skip
    scaling = "unit" if hints.input_scaling == RAW else hints.input_scaling
    network = NeuralNetwork(
        math.prod(input_shape), layers=list(layers), input_scaling=scaling, class_names=hints.class_names, device="cpu"
    )
    for key, array in arrays.items():
        network.stack.parameters.view(key)[...] = array
    return network


def _for_raw_pixels(layers: Sequence[Layer], arrays: Arrays) -> Arrays:
    """Return the arrays with the first layer's weights multiplied by 255, for inputs from 0 to 1."""
    first = int(next(iter(arrays)).split(".")[0])
    if not isinstance(layers[first], (Conv2D, Dense)):
        found = layers[first].kind
        raise InputError(
            "input scaling raw", expected="a first layer with weights", found=found, advice="Convert without it."
        )
    return arrays | {f"{first}.W": arrays[f"{first}.W"] * np.float32(255)}
