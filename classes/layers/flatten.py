"""From images to rows of numbers."""

import math
from typing import Any

from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape


class Flatten(Layer):
    """Images (H, W, C) as rows of ``H W C`` numbers, which dense layers take; nothing is copied."""

    kind = "flatten"
    samples_are_independent = True

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return ``(H W C,)`` and no parameters."""
        self.shape = shape
        return (math.prod(shape),), {}

    def bind(self, slot: Slot) -> None:
        """Allocate nothing."""

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return `x` as (n, H W C)."""
        return x.reshape(len(x), math.prod(self.shape))

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return `dy` as (n, H, W, C)."""
        return dy.reshape(len(dy), *self.shape) if propagate else None

    def settings(self) -> dict[str, Any]:
        """Return nothing: there is nothing to set."""
        return {}
