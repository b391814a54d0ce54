"""The contract of a layer, and what a network hands to it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from backend import Backend
from classes.layers.parameters import Shape


@dataclass
class Slot:
    """What a network hands to a layer that it takes in.

    Attributes
    ----------
    backend : Backend
        Where arrays live.
    dtype : str
        Of every float buffer.
    capacity : int
        Rows of the largest batch.
    generator : object
        The backend's random generator, for layers that draw while training.
    values, grads : dict of str to array
        Views of the layer's own parameters and gradients, under the names that it declared.
    """

    backend: Backend
    dtype: str
    capacity: int
    generator: Any
    values: dict[str, Any] = field(default_factory=dict)
    grads: dict[str, Any] = field(default_factory=dict)

    def buffer(self, shape: Shape, dtype: str | None = None) -> Any:
        """Return storage for `capacity` rows of `shape`, of the network's dtype unless another is named."""
        return self.backend.xp.empty((self.capacity, *shape), dtype=dtype or self.dtype)


class Layer:
    """One step of a network: declared, bound to its storage, then run forward and backward.

    The contract of the buffers:

    1. `forward` returns a view of storage that the layer owns (or its input, where it does nothing), valid until
       its next `forward`.
    2. Nobody writes to the `x` handed to `forward`.
    3. The `dy` handed to `backward` belongs to the callee, which may overwrite it.
    4. `backward` assigns gradients; it does not add to them.
    5. `_name` is storage for `capacity` rows, `name` the live view of the `n` rows in use.
    """

    kind: ClassVar[str]  # the layer's key in LAYERS
    takes_rows_apart: ClassVar[bool] = False  # whether no row asks for another, and only parameters stay from a step

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the shape of one output row, and of each parameter by name, for input rows of `shape`."""
        raise NotImplementedError

    def first_values(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the parameters' first values, on the host; those left out stay 0."""
        return {}

    def bind(self, slot: Slot) -> None:
        """Take views of the parameters and allocate every buffer, once for this capacity."""
        raise NotImplementedError

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return the output for `x` (n, *shape)."""
        raise NotImplementedError

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Assign the parameters' gradients; return dL/dx, or None unless `propagate`.

        With ``y = f(x, w)`` and ``dy = dL/dy`` of the last `forward`, the chain rule gives
        ``dL/dw = dy (dy/dw)`` and ``dL/dx = dy (dy/dx)``.
        """
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments as built-in types."""
        raise NotImplementedError

    def multiply_adds(self) -> int:
        """Return how many multiplications with an addition one row's way forward takes, matrix products alone."""
        return 0
