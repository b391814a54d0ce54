"""A network's layers as a table."""

from typing import Any

from classes.layers import Layer
from classes.sequential import Sequential


def summary_table(model: Sequential) -> str:
    """Return a line a layer: what it is, the shape of its output rows, how many numbers it learns.

    Parameters
    ----------
    model : Sequential
        The layers.

    Returns
    -------
    str
        Lines without a last line end.
    """
    rows = [("Layer", "Output", "Parameters"), ("input", _shape(model.input_shape), "0")]
    for place, (layer, shape) in enumerate(zip(model.layers, model.output_shapes, strict=True)):
        rows.append((_title(layer), _shape(shape), f"{_count(model, place):,}"))
    rows.append(("total", "", f"{model.parameters.size:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows)


def _title(layer: Layer) -> str:
    """Return the layer's kind and settings, ``dense 256 relu he_normal`` say."""
    settings: dict[str, Any] = layer.settings()
    return " ".join([layer.kind, *(str(value) for value in settings.values())])


def _shape(shape: tuple[int, ...]) -> str:
    """Return a shape as ``28 x 28``."""
    return " x ".join(str(extent) for extent in shape)


def _count(model: Sequential, place: int) -> int:
    """Return the number of parameters of the layer at `place`."""
    names = [name for name in model.parameters.shapes if name.startswith(f"{place}.")]
    return sum(model.parameters.view(name).size for name in names)
