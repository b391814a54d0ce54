"""Model files: the description of a network in built-in types."""

import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from backend import Backend, InputError
from backend.registry import look_up
from classes.checks import checked_number
from classes.construction import DTYPES
from classes.files.packing import bad_file, packed_array, read_packed, refusal, unpacked_array, write_packed
from classes.layers import LAYERS, Layer
from classes.layers.sequential import declare_all
from classes.losses import LOSSES
from classes.network import Network
from classes.optimizers import OPTIMIZERS
from classes.training.records import History

FORMAT = "neural_network_digit model"
VERSION = 1

MOST_LAYERS = 200  # largest number of layers in a file, so that a malicious one cannot take long to check
STORED_WEIGHTS = ("float16", "float32")  # data types of weights in a file, independent of the network's own

Made = TypeVar("Made")
AnyNetwork = TypeVar("AnyNetwork", bound=Network)


@dataclass(frozen=True)
class ModelContents:
    """The contents of a model file, in built-in types.

    Attributes
    ----------
    input_size : int
        Number of input values of a sample.
    layers : list of dict
        ``kind`` and settings of each layer.
    loss, optimizer : dict
        ``kind`` and settings.
    learning_rate : float
        Base learning rate.
    input_scaling, dtype : str
        As in `NeuralNetwork`.
    temperature : float
        Temperature of the calibrated probabilities.
    class_names : list of str
        One name per class.
    parameters : dict of str to dict
        ``shape`` (list of int), ``dtype`` (one of `packing.ARRAY_TYPES`) and ``data`` (bytes) of each array by name.
    history : dict
        As returned by `History.to_dict`.
    info : dict
        Data set, preset, accuracy when saved, and other information.
    """

    input_size: int
    layers: list[dict[str, Any]]
    loss: dict[str, Any]
    optimizer: dict[str, Any]
    learning_rate: float
    input_scaling: str
    dtype: str
    temperature: float
    class_names: list[str]
    parameters: dict[str, dict[str, Any]]
    history: dict[str, Any]
    info: dict[str, Any]


FIELD_TYPES: dict[str, type] = {
    "input_size": int, "layers": list, "loss": dict, "optimizer": dict, "learning_rate": float, "input_scaling": str,
    "dtype": str, "temperature": float, "class_names": list, "parameters": dict, "history": dict, "info": dict,
}  # fmt: skip


def contents_of(network: Network, *, weights: str | None = None) -> ModelContents:
    """Return the contents of a model file of this network.

    Parameters
    ----------
    network : Network
        The network.
    weights : {"float16", "float32"}, optional
        Data type to which parameters are rounded; None keeps the network's own.

    Raises
    ------
    InputError
        If a parameter is not finite, or exceeds the range of `weights` (65504 in half precision).
    """
    return ModelContents(
        input_size=network.input_size,
        layers=[{"kind": layer.kind, **layer.settings()} for layer in network.stack.layers],
        loss={"kind": network.loss.kind, **network.loss.settings()},
        optimizer={"kind": network.optimizer.kind, "weight_decay": network.optimizer.weight_decay},
        learning_rate=float(network.learning_rate),
        input_scaling=network.input_scaling,
        dtype=network.dtype,
        temperature=float(network.temperature),
        class_names=list(network.class_names),
        parameters=_packed_parameters(network, weights),
        history=network.history.to_dict(),
        info=dict(network.info),
    )


def _packed_parameters(network: Network, weights: str | None) -> dict[str, dict[str, Any]]:
    """Return all parameters as shape, dtype and bytes."""
    dtype = network.dtype if weights is None else look_up({name: name for name in STORED_WEIGHTS}, weights, "weights")
    parameters, to_host = network.stack.parameters, network.backend.to_host
    return {name: packed_array(_rounded(to_host(parameters.view(name)), name, dtype)) for name in parameters.shapes}


def _rounded(array: np.ndarray, name: str, dtype: str) -> np.ndarray:
    """Return a parameter rounded to a dtype, after checking that no value exceeds its range."""
    with np.errstate(over="ignore"):  # overflows are refused below
        kept = array.astype(dtype, copy=False)
    is_lost = ~np.isfinite(kept)
    if is_lost.any():
        raise InputError(
            f"weights {name}",
            expected=f"finite numbers of at most {np.finfo(dtype).max:.6g}, which is all that {dtype} holds",
            found=f"{array[is_lost][0]:.6g}",
            advice="Save them in a wider dtype, or train the model again if they are not finite.",
        )
    return kept


def write_contents(path: str | Path, contents: ModelContents) -> Path:
    """Write a model file, completely or not at all; return its path.

    Raises
    ------
    InputError
        If `path` is a folder, or the contents have other than built-in types, in `info` for example; then nothing is
        written.
    OSError
        If the file cannot be written.
    """
    if Path(path).is_dir():
        found, advice = "a folder", f"Name a file in it, such as {Path(path) / 'model.pkl'}."
        raise InputError(f"model file {path}", expected="the path of a file", found=found, advice=advice)
    return write_packed(path, {"format": FORMAT, "version": VERSION, **asdict(contents)}, "model file")


def read_contents(path: str | Path) -> ModelContents:
    """Return the contents of a model file, without executing anything in it.

    Parameters
    ----------
    path : str or Path
        A `.pkl` file, which need not be trusted.

    Returns
    -------
    ModelContents
        Fields of the right types; `build_network` checks that they are consistent.

    Raises
    ------
    InputError
        If the file does not exist, is not a pickle of built-in types, is damaged, or is not a model of this version.
    """
    return checked_contents(read_packed(path, "model file", FORMAT, VERSION), f"model file {path}")


def checked_contents(contents: dict[str, Any], name: str) -> ModelContents:
    """Return the contents of the file called `name`, after checking the types of all fields."""
    for field, wanted in FIELD_TYPES.items():
        if type(contents.get(field)) is not wanted:
            raise bad_file(name, f"{field} as {wanted.__name__}", type(contents.get(field)).__name__)
    return ModelContents(**{field: contents[field] for field in FIELD_TYPES})


def build_network(
    network_class: type[AnyNetwork], contents: ModelContents, path: str, *, device: str | Backend = "cpu"
) -> AnyNetwork:
    """Return the network that the contents describe, after checking that they are consistent.

    Parameters
    ----------
    network_class : type
        The class to make one of: `NeuralNetwork`, or one that inherits from it.
    contents : ModelContents
        As returned by `read_contents` or `contents_of`.
    path : str
        Name of the contents in errors.
    device : {"cpu", "gpu", "auto"} or Backend
        Where to compute.

    Raises
    ------
    InputError
        If a kind is unknown, the shapes of layers do not match, or weights are missing or not finite.
    """
    try:
        return _built(network_class, contents, device)
    except InputError as error:
        raise InputError(
            f"model file {path}: {error.wrong}", expected=error.expected, found=error.found, advice=error.advice
        ) from error


def _built(network_class: type[AnyNetwork], contents: ModelContents, device: str | Backend) -> AnyNetwork:
    """Return the network; errors do not name the file."""
    layers, shapes = layers_of(contents)
    arrays = _checked_arrays(contents, shapes)
    network = network_class(
        contents.input_size,
        layers=layers,
        loss=_made(LOSSES, contents.loss, "loss"),
        optimizer=str(contents.optimizer.get("kind")),
        weight_decay=_made(OPTIMIZERS, contents.optimizer, "optimizer").weight_decay,
        learning_rate=contents.learning_rate,
        input_scaling=contents.input_scaling,
        dtype=contents.dtype,
        class_names=contents.class_names,
        device=device,
    )
    for name, array in arrays.items():
        network.stack.parameters.view(name)[...] = network.backend.from_host(array)
    advice = "Train a new model, or use another file."
    network.temperature = checked_number(
        contents.temperature, "temperature", "a positive number", lambda t: 0.0 < t < math.inf, advice
    )
    network.history = _checked_history(contents.history)
    network.info = dict(contents.info)
    return network


def layers_of(contents: ModelContents) -> tuple[list[Layer], dict[str, tuple[int, ...]]]:
    """Return the layers that the contents describe, and the shapes of their parameters by name; nothing is allocated.

    Raises
    ------
    InputError
        If there are too many layers, a kind is unknown, or the shape of one does not suit the next.
    """
    if len(contents.layers) > MOST_LAYERS:
        raise refusal("layers", f"at most {MOST_LAYERS}", str(len(contents.layers)))
    layers = [_made(LAYERS, layer, "layer") for layer in contents.layers]
    return layers, declare_all(layers, (contents.input_size,))[1]


def _made(registry: Mapping[str, Callable[..., Made]], described: Any, what: str) -> Made:
    """Return the object described by ``{"kind": ..., **settings}``, where the kind is a key of a registry."""
    if not isinstance(described, dict):
        raise refusal(what, "a dict", type(described).__name__)
    settings = dict(described)
    maker = look_up(registry, settings.pop("kind", None), what)
    try:
        return maker(**settings)
    except TypeError as failure:
        raise refusal(f"settings of a {what}", "those that it has", str(failure)) from failure


def _checked_arrays(contents: ModelContents, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Return the arrays of the file, after checking that they are those that the layers declare."""
    look_up(dict.fromkeys(DTYPES), contents.dtype, "dtype")
    if set(shapes) != set(contents.parameters):
        raise refusal("parameters", reprlib.repr(sorted(shapes)), reprlib.repr(list(contents.parameters)))
    return {name: _array(name, contents.parameters[name], shape, contents.dtype) for name, shape in shapes.items()}


def _array(name: str, packed: Any, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return a parameter from its packed form, finite and in the network's dtype."""
    with np.errstate(over="ignore"):  # overflows are refused below
        array = unpacked_array(packed, name, shape).astype(dtype)
    if not np.isfinite(array).all():
        raise refusal(name, "finite weights", f"NaN, infinity or more than {dtype} holds")
    return array


def _checked_history(described: dict[str, Any]) -> History:
    """Return the history of the file."""
    try:
        return History.from_dict(described)
    except (TypeError, KeyError, AttributeError) as failure:
        raise refusal("history", "records of epochs", f"{type(failure).__name__}: {failure}") from failure
