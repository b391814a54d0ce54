"""Networks from ONNX graphs: operators in a row, from pixels to logits or probabilities."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from backend.optional import optional_module
from classes.activations import ACTIVATIONS
from classes.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool2D,
    Reshape,
)
from classes.layers.convolution.windows import Axis
from classes.layers.parameters import Shape
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS
from training.exchange.description import Arrays, Hints, assembled
from training.exchange.pytorch.modules import channels_first

TO_CHANNELS_FIRST, TO_CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)  # permutations of the axes of images


def read_onnx(path: Path, hints: Hints) -> NeuralNetwork:
    """Return the network of an ONNX model, such as `write_onnx` and ``torch.onnx.export`` write.

    Parameters
    ----------
    path : Path
        The file.
    hints : Hints
        Input scaling and class names of a model that does not say them.

    Raises
    ------
    InputError
        If the package ``onnx`` is missing, the file is damaged, or the graph has branches or operators without a
        counterpart; these are named.
    """
    onnx = optional_module("onnx", "onnx", "format ONNX")
    try:
        model = onnx.load(path)
        graph = _Graph(onnx, model.graph)
        for node in model.graph.node:
            graph.read(node)
    except InputError:
        raise
    except Exception as failure:  # damaged files raise errors of any kind
        found = f"{type(failure).__name__}: {failure}"
        raise InputError(f"file {path}", expected="an ONNX model", found=found, advice="Write it again.") from failure
    names = {each.key: each.value for each in model.metadata_props}.get("class_names")
    class_names = hints.class_names or (names.split("\n") if names else None)
    return graph.network(Hints(input_scaling=hints.input_scaling, class_names=class_names), path.name)


class _Graph:
    """The layers that the operators read so far amount to.

    Attributes
    ----------
    shape : tuple of int
        Shape of a sample after the last layer, (H, W, C) for images.
    is_channels_first : bool
        Whether images are (C, H, W) at this place of the graph.
    rows : ndarray of int, optional
        Places here of the numbers of a row of the graph, where their order is another one.
    """

    def __init__(self, onnx: Any, graph: Any) -> None:
        self.onnx = onnx
        self.constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
        inputs = [each for each in graph.input if each.name not in self.constants]
        if len(inputs) != 1:
            raise _unknown("inputs", "one input", str(len(inputs)))
        self.last: str = inputs[0].name
        self.layers: list[Layer] = []
        self.arrays: Arrays = {}
        self.factor, self.offset, self.temperature = 1.0, 0.0, 1.0
        self.rows: np.ndarray | None = None
        self.gated = ""  # the output whose sigmoid was taken: multiplied with it, it is SiLU
        self.is_channels_first = False
        extents = tuple(axis.dim_value for axis in inputs[0].type.tensor_type.shape.dim)[1:]
        if not extents or not all(extents):
            raise _unknown("shape of the input", "a fixed shape of each sample", str(extents))
        self.shape: Shape = (math.prod(extents),)
        if len(extents) == 3:
            self._images(extents[1:] + extents[:1], is_channels_first=True)

    def read(self, node: Any) -> None:
        """Read an operator."""
        values = {each.name: self.onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "Constant":
            self.constants[node.output[0]] = self.onnx.numpy_helper.to_array(values["value"])
            return
        if node.op_type == "Identity" and node.input[0] in self.constants:
            self.constants[node.output[0]] = self.constants[node.input[0]]
            return
        if node.op_type in SHAPES and node.op_type != "Reshape":
            return
        if node.op_type not in _OPERATORS:
            raise _unknown("operator", f"one of {', '.join(sorted(_OPERATORS))}", node.op_type)
        if self.last not in node.input:
            raise _unknown(f"operator {node.op_type}", f"{self.last} among its inputs", ", ".join(node.input))
        others = [self.constants.get(name, name) for name in node.input if name != self.last]
        _OPERATORS[node.op_type](self, values, others)
        if node.op_type == "Sigmoid":
            self.gated = self.last
        self.last = node.output[0]

    def network(self, hints: Hints, name: str) -> NeuralNetwork:
        """Return the network."""
        hints = Hints(input_scaling=self._input_scaling(hints.input_scaling), class_names=hints.class_names)
        first = self.layers[0] if self.layers else None
        size = math.prod(first.output) if isinstance(first, Reshape) else getattr(first, "inputs", 0)
        network = assembled(self.layers, (size,), self.arrays, hints, name)
        network.temperature = self.temperature
        return network

    def _input_scaling(self, hinted: str) -> str:
        """Return the name of the scaling at the beginning of the graph; the hint if there is none."""
        if (self.factor, self.offset) == (1.0, 0.0):
            return hinted
        for name, scaling in INPUT_SCALINGS.items():
            is_factor = any(math.isclose(self.factor, scaling.factor * unit, rel_tol=1e-5) for unit in (1.0, 255.0))
            if is_factor and math.isclose(self.offset, scaling.offset, rel_tol=1e-5, abs_tol=1e-7):
                return name
        known = ", ".join(f"{each.factor:.6g} x + {each.offset:.6g}" for each in INPUT_SCALINGS.values())
        raise _unknown("scaling of the input", f"one of {known}", f"{self.factor:.6g} x + {self.offset:.6g}")

    def add(self, layer: Layer, **arrays: np.ndarray) -> None:
        """Append a layer with its parameters."""
        self.shape, _ = layer.declare(self.shape)
        self.arrays |= {f"{len(self.layers)}.{name}": array for name, array in arrays.items()}
        self.layers.append(layer)

    def _images(self, shape: Shape, *, is_channels_first: bool) -> None:
        """Take rows as images (H, W, C)."""
        if is_channels_first and shape[2] > 1 and self.layers:
            raise _unknown("Reshape", "images of one channel", f"{shape[2]} channels")
        self.is_channels_first = is_channels_first
        self.add(Reshape(shape))

    def scale(self, factor: Any, offset: Any) -> None:
        """Scale the pixels at the beginning, or the logits at the end."""
        numbers = [np.asarray(each) for each in (factor, offset)]
        if any(each.dtype.kind not in "fiu" or each.size != 1 for each in numbers):
            raise _unknown("arithmetic", "one constant for all pixels or logits", "several, or none")
        factor, offset = (float(each.reshape(())) for each in numbers)
        if not self.arrays:
            self.factor, self.offset = self.factor * factor, self.offset * factor + offset
        elif offset == 0.0 and factor > 0.0:
            self.temperature /= factor
        else:
            raise _unknown("arithmetic", "a positive factor of the logits", f"{factor:.6g} x + {offset:.6g}")

    def activate(self, name: str) -> None:
        """Set the activation of the last layer with weights; it commutes with maximum pooling."""
        layer = next((each for each in reversed(self.layers) if not isinstance(each, MaxPool2D)), None)
        is_pooled = bool(self.layers) and layer is not self.layers[-1]
        if not isinstance(layer, (Conv2D, Dense, BatchNorm)) or (is_pooled and name in ("silu", "gelu")):
            found = f"{name} after {self.layers[-1].kind if self.layers else 'the input'}"
            raise _unknown("activation", "one right after a layer with weights", found)
        if layer.activation not in ("identity", "sigmoid") or (layer.activation == "sigmoid" and name != "silu"):
            raise _unknown("activation", "one for each layer", f"{name} after {layer.activation}")
        layer.activation, layer.phi = name, ACTIVATIONS[name]

    def dense(self, weight: np.ndarray, bias: np.ndarray | None) -> None:
        """Append a dense layer with W (I, O)."""
        if self.rows is not None:
            weight = weight[np.argsort(self.rows)]
        self.rows = None
        units = weight.shape[1]
        self.add(Dense(units), W=weight, b=np.zeros(units, "float32") if bias is None else bias.reshape(-1))


def _unknown(what: str, expected: str, found: str) -> InputError:
    """Return the error about a graph that is no network of these layers."""
    return InputError(f"ONNX graph: {what}", expected=expected, found=found, advice="Export a simpler model.")


def _array(values: Sequence[Any], place: int) -> np.ndarray:
    """Return a constant input."""
    if place >= len(values) or not isinstance(values[place], np.ndarray):
        raise _unknown("weights", "constants", "the output of another operator" if place < len(values) else "none")
    return values[place]


def _gemm(graph: _Graph, values: dict[str, Any], others: list[Any]) -> None:
    """Read ``X W + b``, or with the transposed W."""
    if values.get("alpha", 1.0) != 1.0 or values.get("beta", 1.0) != 1.0 or values.get("transA", 0):
        raise _unknown("Gemm", "alpha 1, beta 1 and transA 0", str(values))
    weight = _array(others, 0)
    graph.dense(weight.T if values.get("transB", 0) else weight, _array(others, 1) if len(others) > 1 else None)


def _add(graph: _Graph, _: dict[str, Any], others: list[Any]) -> None:
    """Read the bias of the product before, or an offset."""
    added, place = _array(others, 0), len(graph.layers) - 1
    layer = graph.layers[-1] if graph.layers else None
    if isinstance(layer, Dense) and layer.activation == "identity" and added.size == layer.units:
        graph.arrays[f"{place}.b"] = graph.arrays[f"{place}.b"] + added.reshape(-1)
    else:
        graph.scale(1.0, added)


def _multiply(graph: _Graph, _: dict[str, Any], others: list[Any]) -> None:
    """Read a factor, or SiLU as the product of Z and its sigmoid."""
    if others == [graph.gated]:
        graph.activate("silu")
    else:
        graph.scale(_array(others, 0), 0.0)


def _convolution(graph: _Graph, values: dict[str, Any], others: list[Any]) -> None:
    """Read a convolution with filters (O, C, K, L)."""
    weight = _array(others, 0)
    if weight.ndim != 4 or len(graph.shape) != 3:
        raise _unknown("Conv", "a convolution of images", f"filters {weight.shape} for samples {graph.shape}")
    kernel, stride = weight.shape[2:], tuple(values.get("strides", (1, 1)))
    pads, automatic = tuple(values.get("pads", (0, 0, 0, 0))), values.get("auto_pad", b"NOTSET").decode()
    axes = [Axis(graph.shape[side], kernel[side], stride[side], "same") for side in (0, 1)]
    same = (axes[0].before, axes[1].before, axes[0].after, axes[1].after)
    is_valid = automatic == "VALID" or (automatic == "NOTSET" and not any(pads))
    if not is_valid and automatic != "SAME_UPPER" and pads != same:
        raise _unknown("padding", f"none, or {same}", str(pads))
    if values.get("group", 1) != 1 or set(values.get("dilations", (1, 1))) != {1}:
        raise _unknown("convolution", "one group and no dilation", str(values))
    bias = {"b": _array(others, 1)} if len(others) > 1 else {}
    layer = Conv2D(len(weight), kernel, stride, "valid" if is_valid else "same", bias=bool(bias))
    graph.add(layer, W=weight.transpose(2, 3, 1, 0), **bias)


def _normalisation(graph: _Graph, values: dict[str, Any], others: list[Any]) -> None:
    """Read a batch normalisation."""
    order = slice(None) if graph.rows is None else np.argsort(graph.rows)
    names = ("gamma", "beta", "mean", "variance")
    arrays = {name: _array(others, place)[order] for place, name in enumerate(names)}
    graph.add(BatchNorm(epsilon=values.get("epsilon", 1e-5)), **arrays)


def _pooling(kind: type[MaxPool2D | AveragePool2D]) -> Callable[[_Graph, dict[str, Any], list[Any]], None]:
    """Return the reader of a pooling."""

    def read(graph: _Graph, values: dict[str, Any], _: list[Any]) -> None:
        """Read a pooling without padding."""
        if any(values.get("pads", ())) or values.get("ceil_mode", 0) or set(values.get("dilations", (1,))) != {1}:
            raise _unknown("pooling", "no padding, no dilation and no partial windows", str(values))
        graph.add(kind(tuple(values["kernel_shape"]), tuple(values.get("strides", (1, 1)))))

    return read


def _average(graph: _Graph, values: dict[str, Any], others: list[Any]) -> None:
    """Read the average over complete images."""
    axes = values.get("axes", others[0] if others else (2, 3))
    if sorted(int(axis) % 4 for axis in axes) != ([2, 3] if graph.is_channels_first else [1, 2]):
        raise _unknown("average", "one over height and width", f"one over the axes {list(axes)}")
    graph.add(GlobalAveragePool())


def _flatten(graph: _Graph, *_: Any) -> None:
    """Read the flattening of images."""
    if len(graph.shape) == 3:
        graph.rows = channels_first(graph.shape) if graph.is_channels_first else None
        graph.add(Flatten())


def _reshape(graph: _Graph, _: dict[str, Any], others: list[Any]) -> None:
    """Read rows as images, or images as rows."""
    target = tuple(int(n) for n in others[0][1:]) if isinstance(others[0], np.ndarray) else ()
    if len(target) == 3 and len(graph.shape) == 1:
        is_first = target[0] < target[2]  # an image has more columns than channels
        graph._images(target[1:] + target[:1] if is_first else target, is_channels_first=is_first)
    elif len(target) <= 1:
        _flatten(graph)
    else:
        raise _unknown("Reshape", "images of rows, or rows of images", f"{graph.shape} to {target}")


def _transpose(graph: _Graph, values: dict[str, Any], _: list[Any]) -> None:
    """Read another order of the axes of images."""
    order = {False: TO_CHANNELS_FIRST, True: TO_CHANNELS_LAST}[graph.is_channels_first]
    if len(graph.shape) != 3 or tuple(values["perm"]) != order:
        raise _unknown("Transpose", f"images by {order}", f"shape {graph.shape} by {tuple(values['perm'])}")
    graph.is_channels_first = not graph.is_channels_first


def _activation(name: str, **settings: Any) -> Callable[[_Graph, dict[str, Any], list[Any]], None]:
    """Return the reader of an activation, which must have these settings."""

    def read(graph: _Graph, values: dict[str, Any], _: list[Any]) -> None:
        """Read an activation."""
        for key, wanted in settings.items():
            found = values.get(key, {"alpha": wanted}.get(key))
            if found != wanted and not (isinstance(found, float) and math.isclose(found, wanted, rel_tol=1e-6)):
                raise _unknown(name, f"{key} {wanted}", str(found))
        graph.activate(name)

    return read


SHAPES = ("Shape", "Gather", "Unsqueeze", "Concat", "Reshape")  # PyTorch computes the shapes of reshapes with these
_OPERATORS: dict[str, Callable[[_Graph, dict[str, Any], list[Any]], None]] = {
    "Gemm": _gemm,
    "MatMul": lambda graph, _, others: graph.dense(_array(others, 0), None),
    "Add": _add,
    "Sub": lambda graph, _, others: graph.scale(1.0, -_array(others, 0)),
    "Mul": _multiply,
    "Div": lambda graph, _, others: graph.scale(1.0 / _array(others, 0), 0.0),
    "Conv": _convolution,
    "BatchNormalization": _normalisation,
    "MaxPool": _pooling(MaxPool2D),
    "AveragePool": _pooling(AveragePool2D),
    "GlobalAveragePool": _average,
    "ReduceMean": _average,
    "Flatten": _flatten,
    "Squeeze": _flatten,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Relu": _activation("relu"),
    "LeakyRelu": _activation("leaky_relu", alpha=0.01),
    "Elu": _activation("elu", alpha=1.0),
    "Gelu": _activation("gelu", approximate=b"tanh"),
    "Sigmoid": _activation("sigmoid"),
    "Tanh": _activation("tanh"),
    **dict.fromkeys(("Identity", "Dropout", "Cast", "Softmax", "LogSoftmax"), lambda *_: None),  # change no class
}
