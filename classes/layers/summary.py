"""A network's layers as a table."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from classes.layers.layer import Layer
from classes.layers.sequential import Sequential

Row = tuple[str, str | None, str | None, str | None, str | None]
HEADS = ("Layer", "Output", "Parameters", "Memory (kB)", "Multiply-adds")


def summary_table(stack: Sequential) -> str:
    """Return a line a layer: what it is, the shape of its output rows, and what it costs.

    Parameters
    ----------
    stack : Sequential
        The layers.

    Returns
    -------
    str
        Lines without a last line end. Memory is that of the parameters, kB are 1000 bytes; multiply-adds are those of
        one row's way forward, matrix products alone. Learning takes some three times as many, and as much memory again
        for the gradients and for each vector of the optimizer's state.
    """
    rows = [HEADS, *([cell or "" for cell in row] for row in summary_rows(stack))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    return "\n".join(_line(row, widths) for row in rows)


def summary_rows(stack: Sequential) -> list[Row]:
    """Return the cells of all lines but the heading; None stands where there is nothing to tell."""
    rows: list[Row] = [("input", _shape(stack.input_shape), None, None, None)]
    total = np.zeros(2, dtype="int64")
    for place, (layer, shape) in enumerate(zip(stack.layers, stack.output_shapes, strict=True)):
        costs = _count(stack, place), layer.multiply_adds()
        total += costs
        rows.append((_title(layer), _shape(shape), *_columns(stack, *costs)))
    return [*rows, ("total", None, *_columns(stack, *total.tolist()))]


def _columns(stack: Sequential, parameters: int, multiply_adds: int) -> tuple[str, str, str]:
    """Return the number of parameters, their memory and multiply-adds as texts."""
    kilobytes = parameters * np.dtype(stack.dtype).itemsize / 1000
    return f"{parameters:,}", f"{kilobytes:,.1f}", f"{multiply_adds:,}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row with its first column to the left and all others to the right."""
    cells = [f"{row[0]:<{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))]
    return "  ".join(cells).rstrip()


def _title(layer: Layer) -> str:
    """Return the layer's kind and settings, ``dense 256 relu he_normal`` say."""
    settings: dict[str, Any] = layer.settings()
    return " ".join([layer.kind, *(str(value) for value in settings.values())])


def _shape(shape: tuple[int, ...]) -> str:
    """Return a shape as ``28 x 28``."""
    return " x ".join(str(extent) for extent in shape)


def _count(stack: Sequential, place: int) -> int:
    """Return the number of parameters of the layer at `place`."""
    shapes = stack.parameters.shapes
    return sum(math.prod(shapes[name]) for name in shapes if name.startswith(f"{place}."))
