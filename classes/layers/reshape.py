"""Layers that change the shape of samples, and copy nothing."""

import math
from collections.abc import Sequence
from typing import Any

from backend import InputError
from classes.checks import checked_count
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape


class _View(Layer):
    """What both layers have in common: the output is a view of the input."""

    samples_are_independent = True
    shape: Shape
    output: Shape

    def bind(self, slot: Slot) -> None:
        """Allocate nothing."""

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return `x` as (n, *output)."""
        return x.reshape(len(x), *self.output)

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return `dy` as (n, *shape)."""
        return dy.reshape(len(dy), *self.shape) if propagate else None


class Reshape(_View):
    """Rows of numbers as images: ``(H W C,)`` to ``(H, W, C)``, the channels of a pixel next to each other.

    A network whose first layer needs images places it before that layer.

    Parameters
    ----------
    shape : sequence of int
        Height, width and number of channels.

    Raises
    ------
    InputError
        If these are not three whole numbers of at least 1.
    """

    kind = "reshape"

    def __init__(self, shape: Sequence[int]) -> None:
        if not isinstance(shape, (tuple, list)) or len(shape) != 3:
            raise InputError(
                "shape", expected="(height, width, channels)", found=repr(shape), advice="MNIST's is (28, 28, 1)."
            )
        self.output = tuple(checked_count(extent, "shape") for extent in shape)

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return (H, W, C) and no parameters."""
        if math.prod(shape) != math.prod(self.output):
            raise InputError(
                "samples for images of {} x {} pixels with {} channels".format(*self.output),
                expected=f"{math.prod(self.output)} numbers each",
                found=f"{math.prod(shape)}",
                advice="Pass images of this size, or another shape.",
            )
        self.shape = shape
        return self.output, {}

    def settings(self) -> dict[str, Any]:
        """Return the shape."""
        return {"shape": list(self.output)}


class Flatten(_View):
    """Images (H, W, C) as rows of ``H W C`` numbers, which dense layers take."""

    kind = "flatten"

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return ``(H W C,)`` and no parameters."""
        self.shape, self.output = shape, (math.prod(shape),)
        return self.output, {}

    def settings(self) -> dict[str, Any]:
        """Return nothing, as there are no settings."""
        return {}


def with_images(layers: Sequence[Layer], input_shape: Shape) -> list[Layer]:
    """Return the layers, after a `Reshape` if the first one needs images.

    Parameters
    ----------
    layers : sequence of Layer
        The layers of a network.
    input_shape : tuple of int
        (H, W, C) or (H, W) of a sample; or (I,), which is taken as a square image with one channel.

    Raises
    ------
    InputError
        If images are needed and `I` numbers do not form a square.

    Examples
    --------
    >>> from classes.layers import Dense, MaxPool2D
    >>> [layer.kind for layer in with_images([MaxPool2D(2), Flatten(), Dense(10)], (784,))]
    ['reshape', 'max_pool2d', 'flatten', 'dense']
    """
    if not layers or not layers[0].takes_images:
        return list(layers)
    if len(input_shape) > 1:
        return [Reshape((*input_shape, 1)[:3]), *layers]
    side = math.isqrt(input_shape[0])
    if side * side != input_shape[0]:
        raise InputError(
            "input_size",
            expected="(height, width, channels), or the number of pixels of a square image",
            found=str(input_shape[0]),
            advice="MNIST's images are (28, 28, 1), or 784.",
        )
    return [Reshape((side, side, 1)), *layers]
