"""Construction of the parts of a network from the arguments of `NeuralNetwork`."""

import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from backend import InputError
from classes.checks import checked_count
from classes.layers import Dense, Dropout, Layer
from classes.layers.notation import layers_from_notation
from classes.losses import SoftmaxCrossEntropy

DTYPES = ("float32", "float64")


def described_layers(
    notation: Any,
    hidden_sizes: Sequence[int],
    output_size: int,
    activation: str | Sequence[str],
    dropout: float | Sequence[float],
    initializer: str | Sequence[str] | None,
) -> list[Layer]:
    """Return the layers that a notation describes, or those of `dense_layers` without one.

    Raises
    ------
    InputError
        If an argument is invalid.
    """
    if notation is None:
        return dense_layers(hidden_sizes, output_size, activation, dropout, initializer)
    if not isinstance(notation, str):
        advice = 'Pass a list of layers, or "32C3-MP2-128".'
        raise InputError(
            "layers", expected="a sequence of layers, or their notation", found=reprlib.repr(notation), advice=advice
        )
    return layers_from_notation(notation, output_size, activation)


def dense_layers(
    hidden_sizes: Sequence[int],
    output_size: int,
    activation: str | Sequence[str],
    dropout: float | Sequence[float],
    initializer: str | Sequence[str] | None,
) -> list[Layer]:
    """Return a dense layer for each size, followed by dropout if its rate is not 0, and a layer of logits at the end.

    Raises
    ------
    InputError
        If a size, rate or name is invalid, or the number of rates or names differs from that of the hidden sizes.
    """
    if isinstance(hidden_sizes, str) or not isinstance(hidden_sizes, (Sequence, np.ndarray)):
        found = reprlib.repr(hidden_sizes)
        raise InputError("hidden_sizes", expected="a sequence of numbers", found=found, advice="One layer is (256,).")
    layers: list[Layer] = []
    activations = one_each(activation, len(hidden_sizes), "activation")
    rates = one_each(dropout, len(hidden_sizes), "dropout")
    *initializers, last = one_each(initializer, len(hidden_sizes) + 1, "initializer")
    for units, name, rate, first in zip(hidden_sizes, activations, rates, initializers, strict=True):
        layers.append(Dense(units, name, first))
        if rate:
            layers.append(Dropout(rate))
    return [*layers, Dense(checked_count(output_size, "output_size"), "identity", last)]


def one_each(value: Any, count: int, name: str) -> list[Any]:
    """Return one value for each of `count` layers, from one value for all or from as many values.

    Examples
    --------
    >>> one_each("relu", 2, "activation"), one_each((0.2, 0.0), 2, "dropout")
    (['relu', 'relu'], [0.2, 0.0])
    """
    if not isinstance(value, (tuple, list, np.ndarray)):
        return [value] * count
    if len(value) != count:
        raise InputError(
            name,
            expected=f"one value, or one for each of {count} layers",
            found=f"{len(value)} values",
            advice="Activation and dropout take one value per hidden layer, initializer one more.",
        )
    return list(value)


def check_outputs(outputs: int, loss: Any) -> None:
    """Refuse a single output with softmax, whose probability would be 1 for all weights.

    Raises
    ------
    InputError
        If there is only one output.
    """
    if outputs < 2 and isinstance(loss, SoftmaxCrossEntropy):
        raise InputError(
            "output_size",
            expected="at least 2 classes",
            found="only one class",
            advice="Two classes need two outputs, one for each.",
        )


def checked_class_names(names: Sequence[str] | None, classes: int) -> tuple[str, ...]:
    """Return the class names: those given, or the class numbers."""
    if names is None:
        return tuple(str(number) for number in range(classes))
    if len(names) != classes or not all(isinstance(name, str) for name in names):
        raise InputError(
            "class_names", expected=f"{classes} strings", found=reprlib.repr(list(names)), advice="Pass one per class."
        )
    return tuple(str(name) for name in names)  # NumPy's strings become Python's


def generator_from(seed: int | np.random.Generator) -> np.random.Generator:
    """Return the random generator for a seed.

    Raises
    ------
    InputError
        If the seed is neither a generator nor an integer of at least 0.
    """
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as failure:
        raise InputError(
            "seed",
            expected="an integer of at least 0, or a numpy.random.Generator",
            found=reprlib.repr(seed),
            advice="Use 0, for example.",
        ) from failure
