"""Networks from the state dicts of PyTorch, written by this project or by others."""

from collections.abc import Mapping, Sequence

import numpy as np

from backend.errors import InputError
from classes.files.model_file import layers_of
from classes.layers import BatchNorm, Conv2D, Dense, Layer
from classes.layers.notation import layers_from_notation
from classes.layers.parameters import Shape
from classes.layers.reshape import with_images
from classes.layers.sequential import declare_all
from classes.neural_network import NeuralNetwork
from training.exchange.description import Arrays, Hints, assembled, contents_from, network_from
from training.exchange.pytorch.modules import Module, modules_of

Group = tuple[str, Arrays]  # the name of a module and its tensors


def network_of_state(state: Mapping[str, np.ndarray], text: str | None, hints: Hints, name: str) -> NeuralNetwork:
    """Return the network of a state dict.

    Parameters
    ----------
    state : dict of str to ndarray
        Tensors by names such as ``fc1.weight``.
    text : str, optional
        The description that `described` wrote beside them: then nothing else is needed.
    hints : Hints
        What to assume without a description.
    name : str
        Name of the file in errors.

    Returns
    -------
    NeuralNetwork
        Without a description, its layers are those of ``hints.layers``, filled from the modules in their order; or
        the linear layers and batch normalisations that the state dict has, in the order of their names.

    Raises
    ------
    InputError
        If the tensors are not those of the layers.
    """
    groups = _groups(state)
    if text is not None:
        contents = contents_from(text, name)
        layers, shapes = layers_of(contents)
        return network_from(contents, _filled(modules_of(layers), groups, shapes, name), name)
    if hints.layers is None:
        layers, input_shape = _derived(groups, hints.activation, name)
    else:
        layers, input_shape = _described(groups, hints, name)
    shapes = declare_all(layers, input_shape)[1]
    return assembled(layers, input_shape, _filled(modules_of(layers), groups, shapes, name), hints, name)


def _groups(state: Mapping[str, np.ndarray]) -> list[Group]:
    """Return the tensors of each module, in the order of the state dict; a linear layer without a bias gets zeros."""
    found: dict[str, Arrays] = {}
    for key, array in state.items():
        module, _, tensor = key.rpartition(".")
        found.setdefault(module, {})[tensor] = array
    for tensors in found.values():
        if "weight" in tensors and tensors["weight"].ndim == 2:
            tensors.setdefault("bias", np.zeros(len(tensors["weight"]), tensors["weight"].dtype))
    return list(found.items())


def _derived(groups: Sequence[Group], activation: str, name: str) -> tuple[list[Layer], Shape]:
    """Return the dense layers and batch normalisations that the tensors belong to, and the shape of an input."""
    layers: list[Layer] = []
    for place, (module, tensors) in enumerate(groups):
        following = groups[place + 1][1] if place + 1 < len(groups) else None
        weight = tensors.get("weight", np.empty(0))
        if "running_mean" in tensors:
            layers.append(BatchNorm(activation=activation if following else "identity"))
        elif weight.ndim == 2:
            is_plain = following is None or "running_mean" in following
            layers.append(Dense(len(weight), "identity" if is_plain else activation))
        else:
            raise InputError(
                f"{name}: {module or 'tensors without a module'}",
                expected="linear layers and batch normalisations, which can be told by their tensors",
                found=_listed(tensors),
                advice="Name the layers, for example --layers 32C3-MP2-64C3-MP2-128.",
            )
    if not (weights := _weights(groups)):
        found, advice = "none", "Save model.state_dict()."
        raise InputError(name, expected="weights of linear layers", found=found, advice=advice)
    return layers, (weights[0].shape[1],)


def _described(groups: Sequence[Group], hints: Hints, name: str) -> tuple[list[Layer], Shape]:
    """Return the layers of the compact notation, and the shape of an input."""
    weights = _weights(groups)
    if not weights or hints.layers is None:
        raise InputError(name, expected="weights", found="none", advice="Save model.state_dict().")
    layers = layers_from_notation(hints.layers, len(weights[-1]), hints.activation)
    inputs = weights[0].shape[1] * (hints.image_size**2 if weights[0].ndim == 4 else 1)
    shape = (hints.image_size, hints.image_size, weights[0].shape[1]) if weights[0].ndim == 4 else (inputs,)
    convolutions = [tensors for _, tensors in groups if tensors.get("weight", np.empty(0)).ndim == 4]
    for layer, tensors in zip((each for each in layers if isinstance(each, Conv2D)), convolutions, strict=False):
        layer.bias = "bias" in tensors
    return with_images(layers, shape), (inputs,)


def _weights(groups: Sequence[Group]) -> list[np.ndarray]:
    """Return the weights of linear layers and convolutions."""
    return [tensors["weight"] for _, tensors in groups if "weight" in tensors and tensors["weight"].ndim in (2, 4)]


def _filled(modules: Sequence[Module], groups: Sequence[Group], shapes: Mapping[str, Shape], name: str) -> Arrays:
    """Return the parameters by their names: each module takes the first tensors of its shapes that are left."""
    left = list(groups)
    arrays: Arrays = {}
    for module in modules:
        if not module.tensors:
            continue
        wanted = {key: tensor.shape(shapes[tensor.parameter]) for key, tensor in module.tensors.items()}
        fitting = next((group for group in left if _fits(group[1], wanted, module)), None)
        if fitting is None:
            found = "; ".join(f"{key}: {_listed(tensors)}" for key, tensors in left[:3]) or "no tensors left"
            raise InputError(
                f"{name}: {module.code}", expected=_listed(wanted), found=found,
                advice="Name the layers as they were trained, for example --layers 128-BN-64.",
            )  # fmt: skip
        left.remove(fitting)
        arrays |= {tensor.parameter: tensor.from_torch(fitting[1][key]) for key, tensor in module.tensors.items()}
    if left:
        found = "; ".join(f"{key}: {_listed(tensors)}" for key, tensors in left[:3])
        advice = "Name all layers, for example --layers 128-BN-64."
        raise InputError(name, expected="tensors of these layers alone", found=found, advice=advice)
    return arrays


def _fits(tensors: Arrays, wanted: Mapping[str, Shape], module: Module) -> bool:
    """Return whether tensors are those of a module."""
    return {key: array.shape for key, array in tensors.items() if key not in module.counters} == wanted


def _listed(tensors: Mapping[str, np.ndarray] | Mapping[str, Shape]) -> str:
    """Return names and shapes, for messages."""
    return ", ".join(f"{key} {list(getattr(each, 'shape', each))}" for key, each in tensors.items())
