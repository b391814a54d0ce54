"""ONNX: a graph from pixels to probabilities, with input scaling, softmax and temperature inside."""

from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from backend.files import write_bytes
from backend.optional import optional_module
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

OPSET, IR_VERSION = 20, 9  # the first operator set with Gelu; the oldest file version that has it
_OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
}


class _Graph:
    """Nodes in a row: each takes the output of the one before."""

    def __init__(self, onnx: Any) -> None:
        self.onnx, self.last = onnx, "pixels"
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, array: np.ndarray) -> str:
        """Return the name of a new constant."""
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *arrays: np.ndarray, also: str | None = None, **attributes: Any) -> None:
        """Append an operator of the last output, of the output `also` and of constants."""
        inputs = [self.last, *([also] if also else []), *(self.constant(array) for array in arrays)]
        self.last = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [self.last], **attributes))

    def activate(self, name: str) -> None:
        """Append an activation."""
        if name == "silu":
            z = self.last
            self.add("Sigmoid")
            self.add("Mul", also=z)
        elif name in _OPERATORS:
            operator, attributes = _OPERATORS[name]
            self.add(operator, **attributes)
        elif name != "identity":
            raise InputError("activation", expected="one that ONNX has", found=name, advice="Use another activation.")


def write_onnx(network: NeuralNetwork, path: str | Path) -> Path:
    """Write a network as an ONNX model; return the path.

    Its input ``pixels`` (N, I) float32 holds numbers from 0 to 255, its output ``probabilities`` (N, C) float32. N is
    free. Weights of other precision are rounded to float32.

    Parameters
    ----------
    network : NeuralNetwork
        The network.
    path : str or Path
        The file to write.

    Raises
    ------
    InputError
        If the package ``onnx`` is missing, or a layer or activation has no counterpart.
    """
    onnx = optional_module("onnx", "onnx", "format ONNX")
    graph = _Graph(onnx)
    scaling = INPUT_SCALINGS[network.input_scaling]
    graph.add("Mul", np.float32(scaling.factor).reshape(1))
    graph.add("Add", np.float32(scaling.offset).reshape(1))
    for index, layer in enumerate(network.stack.layers):
        _add_layer(graph, layer, _parameters(network, index))
    graph.add("Mul", np.float32(1.0 / network.temperature).reshape(1))
    graph.add("Softmax", axis=1)
    graph.nodes[-1].output[0] = "probabilities"
    return write_bytes(path, _model(onnx, graph, network).SerializeToString())


def _model(onnx: Any, graph: _Graph, network: NeuralNetwork) -> Any:
    """Return the checked model of a graph."""
    helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
    made = helper.make_graph(
        graph.nodes,
        "neural_network_digit",
        [helper.make_tensor_value_info("pixels", float32, ["N", network.input_size])],
        [helper.make_tensor_value_info("probabilities", float32, ["N", network.output_size])],
        graph.constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    helper.set_model_props(model, {"class_names": "\n".join(network.class_names)})
    onnx.checker.check_model(model, full_check=True)
    return model


def _parameters(network: NeuralNetwork, index: int) -> dict[str, np.ndarray]:
    """Return the parameters of a layer on the host, as float32, by their names in the layer."""
    views, prefix = network.stack.parameters, f"{index}."
    return {
        name.removeprefix(prefix): network.backend.to_host(views.view(name)).astype(np.float32)
        for name in views.shapes
        if name.startswith(prefix)
    }


def _add_layer(graph: _Graph, layer: Layer, values: dict[str, np.ndarray]) -> None:
    """Append a layer with its parameters; images are (N, C, H, W) in the graph."""
    if isinstance(layer, Dense):
        graph.add("Gemm", values["W"], values["b"])
    elif isinstance(layer, Conv2D):
        _add_convolution(graph, layer, values)
    elif isinstance(layer, BatchNorm):
        arrays = [values[part] for part in ("gamma", "beta", "mean", "variance")]
        graph.add("BatchNormalization", *arrays, epsilon=layer.epsilon)
    elif isinstance(layer, (MaxPool2D, AveragePool2D)):
        operator = "MaxPool" if isinstance(layer, MaxPool2D) else "AveragePool"
        graph.add(operator, kernel_shape=list(layer.size), strides=list(layer.stride))
    elif isinstance(layer, GlobalAveragePool):
        graph.add("GlobalAveragePool")
        graph.add("Flatten", axis=1)
    elif isinstance(layer, Reshape):
        graph.add("Reshape", np.array([-1, *layer.output], np.int64))
        graph.add("Transpose", perm=[0, 3, 1, 2])
    elif isinstance(layer, Flatten):
        graph.add("Transpose", perm=[0, 2, 3, 1])
        graph.add("Flatten", axis=1)
    elif not isinstance(layer, (Dropout, SpatialDropout)):
        raise InputError("layer", expected="a layer that ONNX has", found=layer.kind, advice="Leave it out.")
    graph.activate(getattr(layer, "activation", "identity"))


def _add_convolution(graph: _Graph, layer: Conv2D, values: dict[str, np.ndarray]) -> None:
    """Append a convolution, whose weights (K, L, C, O) become (O, C, K, L)."""
    arrays = [values["W"].transpose(3, 2, 0, 1), *([values["b"]] if layer.bias else [])]
    vertical, horizontal = layer.vertical, layer.horizontal
    pads = [vertical.before, horizontal.before, vertical.after, horizontal.after]
    graph.add("Conv", *arrays, kernel_shape=list(layer.kernel), strides=list(layer.stride), pads=pads)
