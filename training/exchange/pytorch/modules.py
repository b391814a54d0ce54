"""The ``nn.Sequential`` of PyTorch that computes what a network does, and its state dict.

PyTorch has images as (N, C, H, W) and this project as (N, H, W, C), weights of a linear layer as (O, I) and (I, O),
filters as (O, C, K, L) and (K, L, C, O).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend.errors import InputError
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
from classes.layers.parameters import Shape
from classes.network import Network
from initializers.batches import INPUT_SCALINGS
from training.exchange.description import Arrays, parameters_of

ACTIVATION_MODULES = {
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU(0.01)",
    "elu": "nn.ELU()",
    "gelu": 'nn.GELU(approximate="tanh")',
    "silu": "nn.SiLU()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
}
STATISTICS = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}  # of BatchNorm


@dataclass(frozen=True)
class Tensor:
    """How PyTorch stores a parameter of this project.

    Attributes
    ----------
    parameter : str
        Its name here, such as ``0.W``.
    axes : tuple of int
        Its axes here, in the order in which PyTorch has them.
    rows : ndarray of int, optional
        Its rows here, in the order in which PyTorch has them; None for the same order. Rows differ after images have
        been flattened.
    """

    parameter: str
    axes: tuple[int, ...] = (0,)
    rows: np.ndarray | None = None

    def to_torch(self, array: np.ndarray) -> np.ndarray:
        """Return a parameter as PyTorch has it."""
        return np.ascontiguousarray((array if self.rows is None else array[self.rows]).transpose(self.axes))

    def from_torch(self, array: np.ndarray) -> np.ndarray:
        """Return a tensor of PyTorch as this project has the parameter."""
        array = array.transpose(np.argsort(self.axes))
        return np.ascontiguousarray(array if self.rows is None else array[np.argsort(self.rows)])

    def shape(self, shape: Shape) -> Shape:
        """Return the shape in PyTorch of a parameter that has a shape here."""
        return tuple(shape[axis] for axis in self.axes)


@dataclass(frozen=True)
class Module:
    """A module of an ``nn.Sequential``: the expression that makes it, and its tensors by their names in it."""

    code: str
    tensors: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def counters(self) -> tuple[str, ...]:
        """Names of whole numbers that the module stores and that this project has no use for."""
        return ("num_batches_tracked",) if "running_mean" in self.tensors else ()


def channels_first(shape: Shape) -> np.ndarray:
    """Return the places in a flattened image (H, W, C) of the pixels of the same image flattened as (C, H, W).

    Examples
    --------
    >>> channels_first((1, 2, 3))
    array([0, 3, 1, 4, 2, 5])
    """
    return np.arange(np.prod(shape)).reshape(shape).transpose(2, 0, 1).ravel()


def modules_of(layers: Sequence[Layer]) -> list[Module]:
    """Return the modules that do what declared layers do. Raises InputError if a layer has no counterpart."""
    found: list[Module] = []
    rows = None  # order of the numbers in a row, until a linear layer mixes them
    for place, layer in enumerate(layers):
        if isinstance(layer, Flatten):
            rows = channels_first(layer.shape)
        maker = _MAKERS.get(type(layer))
        if maker is None:
            advice = "Leave it out of the network."
            raise InputError("layer", expected="one that PyTorch has", found=layer.kind, advice=advice)
        found += maker(layer, f"{place}.", rows)
        if isinstance(layer, Dense):
            rows = None
        activation = getattr(layer, "activation", "identity")
        if activation != "identity":
            found.append(Module(look_up(ACTIVATION_MODULES, activation, "activation for PyTorch")))
    return found


def state_dict(network: Network) -> Arrays:
    """Return the tensors of the network's ``nn.Sequential`` by their names, such as ``0.weight``."""
    parameters, state = parameters_of(network), {}
    for place, module in enumerate(modules_of(network.stack.layers)):
        for name, tensor in module.tensors.items():
            state[f"{place}.{name}"] = tensor.to_torch(parameters[tensor.parameter])
        for name in module.counters:
            state[f"{place}.{name}"] = np.array(0, dtype="int64")
    return state


def sequential_code(network: Network) -> str:
    """Return Python code that makes the network's ``nn.Sequential``, whose input are scaled pixels (N, I).

    Examples
    --------
    >>> from classes.neural_network import NeuralNetwork
    >>> print(sequential_code(NeuralNetwork(4, [3], 2, device="cpu")))
    import torch
    from torch import nn
    <BLANKLINE>
    # probabilities = torch.softmax(model(pixels / 255), 1)
    model = nn.Sequential(
        nn.Linear(4, 3),
        nn.ReLU(),
        nn.Linear(3, 2),
    )
    model.eval()
    """
    scaling = INPUT_SCALINGS[network.input_scaling]
    pixels = f"(pixels / 255 - {scaling.mean}) / {scaling.deviation}" if scaling.mean else "pixels / 255"
    logits = f"model({pixels})" + ("" if network.temperature == 1.0 else f" / {network.temperature:.7g}")
    lines = [f"    {module.code}," for module in modules_of(network.stack.layers)]
    head = ["import torch", "from torch import nn", "", f"# probabilities = torch.softmax({logits}, 1)"]
    return "\n".join([*head, "model = nn.Sequential(", *lines, ")", "model.eval()"])


def _linear(layer: Dense, prefix: str, rows: np.ndarray | None) -> list[Module]:
    """Return a linear layer, whose weights (I, O) are stored as (O, I)."""
    tensors = {"weight": Tensor(f"{prefix}W", (1, 0), rows), "bias": Tensor(f"{prefix}b")}
    return [Module(f"nn.Linear({layer.inputs}, {layer.units})", tensors)]


def _convolution(layer: Conv2D, prefix: str, _: Any) -> list[Module]:
    """Return a convolution, after zeros around the image where its sides differ in padding."""
    high, wide, before = layer.vertical, layer.horizontal, []
    padding = (high.before, wide.before)
    if (high.before, wide.before) != (high.after, wide.after):
        before, padding = [Module(f"nn.ZeroPad2d({(wide.before, wide.after, high.before, high.after)})")], (0, 0)
    options = [f"stride={layer.stride}"] * (layer.stride != (1, 1)) + [f"padding={padding}"] * any(padding)
    tensors = {"weight": Tensor(f"{prefix}W", (3, 2, 0, 1))}
    if layer.bias:
        tensors["bias"] = Tensor(f"{prefix}b")
    arguments = [f"{layer.shape[2]}, {layer.filters}, {layer.kernel}", *options, *(["bias=False"] * (not layer.bias))]
    return [*before, Module(f"nn.Conv2d({', '.join(arguments)})", tensors)]


def _normalisation(layer: BatchNorm, prefix: str, rows: np.ndarray | None) -> list[Module]:
    """Return a batch normalisation of rows or images; PyTorch's momentum is the weight of the new batch."""
    dimensions, size = (2 if len(layer.shape) == 3 else 1), layer.shape[-1]
    tensors = {name: Tensor(prefix + own, rows=rows) for name, own in STATISTICS.items()}
    momentum = round(1.0 - layer.momentum, 12)
    return [Module(f"nn.BatchNorm{dimensions}d({size}, eps={layer.epsilon}, momentum={momentum})", tensors)]


def _images(layer: Reshape, prefix: str, _: Any) -> list[Module]:
    """Return rows as images; the rows of several channels are those that PyTorch's users have, (C, H, W)."""
    height, width, channels = layer.output
    if channels > 1 and prefix != "0.":
        found, advice = f"{channels} channels from another layer", "Begin the network with the images."
        raise InputError("reshape for PyTorch", expected="images of one channel", found=found, advice=advice)
    return [Module(f"nn.Unflatten(1, ({channels}, {height}, {width}))")]


def _code(template: str) -> Callable[..., list[Module]]:
    """Return the maker of a module without tensors, from a template of the layer."""
    return lambda layer, *_: [Module(template.format(layer=layer))]


_MAKERS: dict[type[Layer], Callable[..., list[Module]]] = {
    Dense: _linear,
    Conv2D: _convolution,
    BatchNorm: _normalisation,
    MaxPool2D: _code("nn.MaxPool2d({layer.size}, stride={layer.stride})"),
    AveragePool2D: _code("nn.AvgPool2d({layer.size}, stride={layer.stride})"),
    GlobalAveragePool: lambda *_: [Module("nn.AdaptiveAvgPool2d(1)"), Module("nn.Flatten()")],
    Reshape: _images,
    Flatten: _code("nn.Flatten()"),
    Dropout: _code("nn.Dropout({layer.rate})"),
    SpatialDropout: _code("nn.Dropout2d({layer.rate})"),
}
