"""A table of the layers of a network."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from classes.layers.layer import Layer
from classes.layers.sequential import Sequential

Row = tuple[str, str | None, str | None, str | None, str | None]
HEADS = ("Layer", "Output", "Parameters", "Memory (kB)", "Multiply-adds")


def summary_table(stack: Sequential) -> str:
    """Return one line per layer: its kind, output shape, parameters, memory and multiply-add operations.

    Parameters
    ----------
    stack : Sequential
        The layers.

    Returns
    -------
    str
        Lines without a trailing newline. Parameters are those that are trained. Memory is that of all parameters, with
        state such as running averages, in kB (1000 bytes). Multiply-adds are those
        of the matrix products in the forward pass of a sample; training takes about three times as many, and the
        same amount of memory for the gradients and for each vector of the optimizer's state.
    """
    rows = [HEADS, *([cell or "" for cell in row] for row in summary_rows(stack))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    return "\n".join(_line(row, widths) for row in rows)


def summary_rows(stack: Sequential) -> list[Row]:
    """Return the cells of all lines except for the heading; None for cells without a value."""
    rows: list[Row] = [("input", _shape(stack.input_shape), None, None, None)]
    total = np.zeros(3, dtype="int64")
    for place, (layer, shape) in enumerate(zip(stack.layers, stack.output_shapes, strict=True)):
        costs = *_counts(stack, place), layer.multiply_adds()
        total += costs
        rows.append((_title(layer), _shape(shape), *_columns(stack, *costs)))
    return [*rows, ("total", None, *_columns(stack, *total.tolist()))]


def _columns(stack: Sequential, trained: int, state: int, multiply_adds: int) -> tuple[str, str, str]:
    """Return the numbers of trained parameters and multiply-adds and the memory as text."""
    kilobytes = (trained + state) * np.dtype(stack.dtype).itemsize / 1000
    return f"{trained:,}", f"{kilobytes:,.1f}", f"{multiply_adds:,}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line with the first column left-aligned and the others right-aligned."""
    cells = [f"{row[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))]
    return "  ".join(cells).rstrip()


def _title(layer: Layer) -> str:
    """Return the kind and settings of a layer, such as ``dense 256 relu he_normal``."""
    settings: dict[str, Any] = layer.settings()
    return " ".join(filter(None, [layer.kind, *(_setting(name, value) for name, value in settings.items())]))


def _setting(name: str, value: Any) -> str:
    """Return a setting as text: a pair or a shape as ``3x3``, and a bias only if there is none."""
    if isinstance(value, list):
        return "x".join(str(extent) for extent in value)
    if isinstance(value, bool):
        return "" if value else f"no {name}"
    return str(value)


def _shape(shape: tuple[int, ...]) -> str:
    """Return a shape as ``28 x 28``."""
    return " x ".join(str(extent) for extent in shape)


def _counts(stack: Sequential, place: int) -> tuple[int, int]:
    """Return how many numbers of the layer with index `place` are trained, and how many are state."""
    sizes = [0, 0]
    for name, shape in stack.parameters.shapes.items():
        if name.startswith(f"{place}."):
            sizes[name in stack.state_names] += math.prod(shape)
    return sizes[0], sizes[1]
