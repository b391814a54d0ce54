"""A C99 header with a network's weights and the function that applies it, for microcontrollers.

It allocates nothing, needs ``expf`` and ``tanhf`` of the standard library alone, and compiles as C++ too.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from backend.files import write_text
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
from training.exchange.c_functions import ACTIVATIONS, FUNCTIONS
from training.exchange.description import Arrays, layer_parameters

PER_LINE = 8  # numbers a line


def write_c_header(network: NeuralNetwork, path: str | Path) -> Path:
    """Write a network as a C header; return the path.

    For ``digits.h`` it has ``int digits_predict(const unsigned char *pixels, float *probabilities)``, which takes
    pixels from 0 to 255, writes a probability for each class, and returns the most probable class.

    Parameters
    ----------
    network : NeuralNetwork
        The network; its weights are rounded to float32.
    path : str or Path
        The file to write.

    Raises
    ------
    InputError
        If a layer has no counterpart.
    """
    stem = re.sub(r"\W", "_", Path(path).stem, flags=re.ASCII)
    prefix = stem if re.match(r"[A-Za-z]", stem) else f"network_{stem}"
    return write_text(path, "\n".join(_Header(network, prefix).lines()) + "\n")


class _Header:
    """The text of a header, whose names begin with a prefix."""

    def __init__(self, network: NeuralNetwork, prefix: str) -> None:
        self.network, self.prefix = network, prefix
        self.arrays: list[str] = []
        self.calls: list[str] = []
        self.used: dict[str, None] = {}  # functions that are called, in the order of their first call
        self.largest = network.input_size
        for place, layer in enumerate(network.stack.layers):
            self._add(place, layer)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the header."""
        network, prefix, guard = self.network, self.prefix, f"{self.prefix.upper()}_H"
        names = ", ".join(_literal(name) for name in network.class_names)
        yield f"/* A neural network from {network.input_size} pixels to {network.output_size} classes, by the layers"
        yield f"   {', '.join(layer.kind for layer in network.stack.layers)}. Link with the mathematics library. */"
        yield from (f"#ifndef {guard}", f"#define {guard}", "", "#include <math.h>", "")
        yield f"#define {prefix.upper()}_INPUTS {network.input_size}"
        yield f"#define {prefix.upper()}_CLASSES {network.output_size}"
        yield f"#define {prefix.upper()}_NUMBERS {self.largest} /* in the largest output of a layer */"
        yield f"static const char *const {prefix}_class_names[{network.output_size}] = {{{names}}};"
        yield from self.arrays
        for name in self.used:
            yield FUNCTIONS[name].replace("NAME", f"{prefix}_{name}")
        yield from self._function()
        yield "#endif"

    def _function(self) -> Iterator[str]:
        """Yield the function that applies the network."""
        prefix, scaling = self.prefix, INPUT_SCALINGS[self.network.input_scaling]
        inputs, classes = f"{prefix.upper()}_INPUTS", f"{prefix.upper()}_CLASSES"
        yield "/* Write the probability of each class; return the most probable class. Not thread-safe. */"
        yield f"static inline int {prefix}_predict(const unsigned char *pixels, float *probabilities)"
        yield "{"
        yield f"    static float a[{prefix.upper()}_NUMBERS], b[{prefix.upper()}_NUMBERS];"
        yield "    float *x = a, *y = b, *t, sum = 0.0f;"
        yield "    int i, best = 0;"
        scaled = f"pixels[i] * {_number(scaling.factor)} + {_number(scaling.offset + 0.0)}"
        yield f"    for (i = 0; i < {inputs}; i++) x[i] = {scaled};"
        yield from (f"    {call}" for call in self.calls)
        yield "    (void)y, (void)t;"
        yield f"    for (i = 1; i < {classes}; i++) if (x[i] > x[best]) best = i;"
        yield f"    for (i = 0; i < {classes}; i++) {{"
        yield f"        probabilities[i] = expf((x[i] - x[best]) * {_number(1.0 / self.network.temperature)});"
        yield "        sum += probabilities[i];"
        yield "    }"
        yield f"    for (i = 0; i < {classes}; i++) probabilities[i] /= sum;"
        yield "    return best;"
        yield "}"

    def _add(self, place: int, layer: Layer) -> None:
        """Add the arrays and calls of a layer."""
        known = {kind.kind: maker for kind, maker in _CALLS.items()}
        arguments = look_up(known, layer.kind, "layer for C")(layer, layer_parameters(self.network, place))
        numbers = int(np.prod(self.network.stack.output_shapes[place]))
        self.largest = max(self.largest, numbers)
        if arguments is not None:
            name, values = arguments
            texts = [self._array(f"{place}", each) if isinstance(each, np.ndarray) else str(each) for each in values]
            self._call(name, "x", "y", *texts)
            self.calls[-1] += " t = x; x = y; y = t;"
        activation = getattr(layer, "activation", "identity")
        if activation != "identity":
            if activation not in ACTIVATIONS:
                known_names = ", ".join(ACTIVATIONS)
                raise InputError(
                    "activation", expected=f"one of {known_names}", found=activation, advice="Use another."
                )
            self._call(activation, "x", str(numbers))

    def _call(self, name: str, *arguments: str) -> None:
        """Add the call of a function."""
        self.used[name] = None
        self.calls.append(f"{self.prefix}_{name}({', '.join(arguments)});")

    def _array(self, place: str, array: np.ndarray) -> str:
        """Add an array; return its name."""
        name = f"{self.prefix}_{place}_{len(self.arrays)}"
        numbers = [_number(value) for value in array.ravel().tolist()]
        rows = [", ".join(numbers[start : start + PER_LINE]) for start in range(0, len(numbers), PER_LINE)]
        self.arrays.append(f"static const float {name}[{array.size}] = {{\n" + ",\n".join(rows) + "\n};")
        return name


def _number(value: float) -> str:
    """Return a float constant that reads back as the same float32."""
    text = f"{value:.9g}"
    return (text if set(text) & set(".e") else f"{text}.0") + "f"


def _literal(text: str) -> str:
    r"""Return a string constant in ASCII, with other bytes of UTF-8 as octal numbers: ``"a"``, ``"\303\251"``."""
    plain = set(range(32, 127)) - set(b'"\\?')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode()) + '"'


Call = tuple[str, list[Any]] | None  # a function and its arguments, arrays among them


def _dense(layer: Dense, values: Arrays) -> Call:
    """Return the product of a row with W (I, O), and b."""
    return "dense", [values["W"], values["b"], layer.inputs, layer.units]


def _convolution(layer: Conv2D, values: Arrays) -> Call:
    """Return a convolution of an image (H, W, C) with filters (K, L, C, O)."""
    bias = values.get("b", np.zeros(layer.filters, "float32"))
    placed = [layer.vertical.before, layer.horizontal.before]
    return "conv", [values["W"], bias, *layer.shape, *layer.output, *layer.kernel, *layer.stride, *placed]


def _normalisation(layer: BatchNorm, values: Arrays) -> Call:
    """Return the factor and the offset of each channel."""
    factor = values["gamma"] / np.sqrt(values["variance"] + np.float32(layer.epsilon))
    offset = values["beta"] - factor * values["mean"]
    return "scale", [factor, offset, int(np.prod(layer.shape)), layer.shape[-1]]


def _pooling(name: str) -> Callable[[Any, Arrays], Call]:
    """Return the maker of a pooling."""
    return lambda layer, _: (name, [*layer.shape[1:], *layer.output[:2], *layer.size, *layer.stride])


def _average(layer: GlobalAveragePool, _: Arrays) -> Call:
    """Return the average over a whole image."""
    height, width, channels = layer.shape
    return "average_pool", [width, channels, 1, 1, height, width, height, width]


def _nothing(*_: Any) -> Call:
    """Return nothing: images lie in memory as rows, and dropout does nothing outside training."""
    return None


_CALLS: dict[type[Layer], Callable[[Any, Arrays], Call]] = {
    Dense: _dense,
    Conv2D: _convolution,
    BatchNorm: _normalisation,
    MaxPool2D: _pooling("max_pool"),
    AveragePool2D: _pooling("average_pool"),
    GlobalAveragePool: _average,
    **dict.fromkeys((Reshape, Flatten, Dropout, SpatialDropout), _nothing),
}
