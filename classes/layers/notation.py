"""The compact notation of networks, such as ``32C3-MP2-64C3-MP2-128``."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from backend import InputError
from backend.registry import closest
from classes.layers.batch_norm import BatchNorm
from classes.layers.convolution.conv2d import Conv2D
from classes.layers.convolution.pooling import AveragePool2D, GlobalAveragePool, MaxPool2D
from classes.layers.dense import Dense
from classes.layers.dropout import Dropout, SpatialDropout
from classes.layers.layer import Layer
from classes.layers.reshape import Flatten, Reshape

SIZE = r"(\d{1,5})(?:X(\d{1,5}))?"  # 3 or 3x5: height and width
Match = re.Match[str]


def layers_from_notation(text: str, output_size: int, activation: str | Sequence[str] = "relu") -> list[Layer]:
    """Return the layers that a text describes, with a dense layer of logits at the end.

    ====================  =============================================================================================
    ``32C3``              convolution with 32 filters of 3 x 3 pixels; ``32C3x5`` for 3 x 5
    ``32C5S2``            the same with stride 2
    ``32C3P``             padded with zeros, so that the output is as large as the input (``padding="same"``)
    ``MP2``, ``AP2``      maximum and average pooling over 2 x 2 pixels; ``MP3S2`` with stride 2
    ``GAP``               the average of each channel over the whole image
    ``128``               dense layer of 128 units; images are flattened before the first
    ``BN``                batch normalisation of the convolution or dense layer before it, and then its activation
    ``D0.4``, ``SD0.2``   dropout with probability 0.4, and of complete channels with probability 0.2
    ====================  =============================================================================================

    Parameters
    ----------
    text : str
        Layers joined by ``-``; capitals and spaces do not matter.
    output_size : int
        Number of classes.
    activation : str
        A key of `ACTIVATIONS`, for all convolutions and dense layers but the last; one for all of them.

    Raises
    ------
    InputError
        If a part is not in this notation, or stands in the wrong place.

    Examples
    --------
    >>> [layer.kind for layer in layers_from_notation("32C3-BN-MP2-D0.4-128", 10)]
    ['conv2d', 'batch_norm', 'max_pool2d', 'dropout', 'flatten', 'dense', 'dense']
    """
    if not isinstance(activation, str):
        found, advice = repr(activation), "For one per layer, pass the layers themselves."
        raise InputError("activation", expected="one name for all layers", found=found, advice=advice)
    parts = ["".join(part.split()).upper() for part in text.split("-")]
    layers: list[Layer] = []
    for place, part in enumerate(parts, start=1):
        following = parts[place] if place < len(parts) else ""
        new = _layer(part, place, "identity" if following == "BN" else activation, has_bias=following != "BN")
        if isinstance(new, BatchNorm):
            _check_normalised(layers, place)
            new = BatchNorm(activation=activation)
        if isinstance(new, Dense) and _has_images(layers):
            layers.append(Flatten())
        layers.append(new)
    return [*layers, *([Flatten()] if _has_images(layers) else []), Dense(output_size)]


def notation_of(layers: Sequence[Layer]) -> str:
    """Return the notation of a network's layers, without the last one.

    Layers that it does not know stand with their kinds, and what follows from the other layers is left out.

    Examples
    --------
    >>> notation_of(layers_from_notation("32c3s2 - bn - gap - 16", 10))
    '32C3S2-BN-GAP-16'
    """
    return "-".join(_parts_of(layers[:-1]))


def _parts_of(layers: Sequence[Layer]) -> Iterator[str]:
    """Yield the notation of each layer."""
    for layer in layers:
        if isinstance(layer, (Reshape, Flatten)):
            continue
        write = WRITERS.get(type(layer))
        yield write(layer) if write else layer.kind


def _layer(part: str, place: int, activation: str, *, has_bias: bool) -> Layer:
    """Return the layer that a part describes."""
    for pattern, make in READERS.items():
        found = re.fullmatch(pattern, part)
        if found:
            return make(found, activation, has_bias)
    known = ("32C3", "32C5S2", "32C3P", "MP2", "MP3S2", "AP2", "GAP", "128", "BN", "D0.4", "SD0.2")
    raise InputError(
        f"layers, part {place}",
        expected=f"one of the forms {', '.join(known)}",
        found=repr(part) if part else "nothing between two hyphens",
        advice=f"Did you mean {near}?" if (near := closest(part, known)) else "A network is 32C3-MP2-64C3-MP2-128.",
    )


def _check_normalised(layers: Sequence[Layer], place: int) -> None:
    """Refuse batch normalisation that does not follow a convolution or a dense layer."""
    if not layers or not isinstance(layers[-1], (Conv2D, Dense)):
        raise InputError(
            f"layers, part {place}",
            expected="BN right after a convolution or a dense layer",
            found=f"BN after {layers[-1].kind}" if layers else "BN at the beginning",
            advice="Write 32C3-BN or 128-BN.",
        )


def _has_images(layers: Sequence[Layer]) -> bool:
    """Return whether the output of the layers is images."""
    for layer in reversed(layers):
        if isinstance(layer, (Flatten, Dense, GlobalAveragePool)):
            return False
        if layer.takes_images:
            return True
    return False


def _pair(found: Match, first: int) -> tuple[int, int]:
    """Return height and width from two groups of a match, of which the second may be empty."""
    return int(found[first]), int(found[first + 1] or found[first])


def _conv(found: Match, activation: str, has_bias: bool) -> Layer:
    """Return the convolution of a match."""
    padding = "same" if found[6] else "valid"
    stride = _pair(found, 4) if found[4] else 1
    return Conv2D(int(found[1]), _pair(found, 2), stride, padding, activation, bias=has_bias)


def _pool(kind: type[MaxPool2D | AveragePool2D]) -> Callable[[Match, str, bool], Layer]:
    """Return a function that makes the pooling layer of a match."""
    return lambda found, *_: kind(_pair(found, 1), _pair(found, 3) if found[3] else None)


def _size(pair: tuple[int, int]) -> str:
    """Return height and width as 3 or 3x5."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _written_conv(layer: Any) -> str:
    """Return a convolution as 32C5S2P."""
    stride = "" if layer.stride == (1, 1) else f"S{_size(layer.stride)}"
    return f"{layer.filters}C{_size(layer.kernel)}{stride}{'P' if layer.padding == 'same' else ''}"


def _written_pool(letters: str) -> Callable[[Any], str]:
    """Return a function that writes a pooling layer as MP3S2."""
    return lambda layer: letters + _size(layer.size) + ("" if layer.stride == layer.size else f"S{_size(layer.stride)}")


READERS: dict[str, Callable[[Match, str, bool], Layer]] = {
    rf"(\d{{1,5}})C{SIZE}(?:S{SIZE})?(P?)": _conv,
    rf"MP{SIZE}(?:S{SIZE})?": _pool(MaxPool2D),
    rf"AP{SIZE}(?:S{SIZE})?": _pool(AveragePool2D),
    r"GAP": lambda *_: GlobalAveragePool(),
    r"(\d{1,6})": lambda found, activation, _: Dense(int(found[1]), activation),
    r"BN": lambda *_: BatchNorm(),
    r"D(\d?\.\d+|\d)": lambda found, *_: Dropout(float(found[1])),
    r"SD(\d?\.\d+|\d)": lambda found, *_: SpatialDropout(float(found[1])),
}
WRITERS: dict[type[Layer], Callable[[Any], str]] = {
    Conv2D: _written_conv,
    MaxPool2D: _written_pool("MP"),
    AveragePool2D: _written_pool("AP"),
    GlobalAveragePool: lambda _: "GAP",
    Dense: lambda layer: str(layer.units),
    BatchNorm: lambda _: "BN",
    Dropout: lambda layer: f"D{layer.rate:g}",
    SpatialDropout: lambda layer: f"SD{layer.rate:g}",
}
