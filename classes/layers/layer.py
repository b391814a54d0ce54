"""The interface of layers, and what a network passes to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from backend import Backend
from classes.layers.parameters import Shape


@dataclass
class Slot:
    """The storage that a network provides to a layer.

    Attributes
    ----------
    backend : Backend
        The array library and the device.
    dtype : str
        Data type of all floating-point buffers.
    capacity : int
        Number of samples in the largest batch.
    generator : object
        Random generator of the backend, for layers that draw random numbers in training.
    values, grads : dict of str to array
        Views of the layer's parameters and gradients, by the names that it declared.
    add_up : callable
        Returns the sum of a float64 vector over all processes that share the batch; each of them must call it. The sum
        is valid until the next call but one.
    keeps_state : bool
        Whether this process updates parameters that are state, such as running averages, which all processes share.
    """

    backend: Backend
    dtype: str
    capacity: int
    generator: Any
    values: dict[str, Any] = field(default_factory=dict)
    grads: dict[str, Any] = field(default_factory=dict)
    add_up: Callable[[Any], Any] = lambda vector: vector
    keeps_state: bool = True

    def samples_in_cache(self, numbers: int) -> int:
        """Return how many samples to process at a time if each needs `numbers` entries of scratch storage."""
        return min(self.capacity, self.backend.samples_in_cache(numbers * np.dtype(self.dtype).itemsize))

    def scratch(self, shape: Shape, dtype: str | None = None) -> Any:
        """Return storage of exactly `shape`, of the network's dtype by default."""
        return self.backend.xp.empty(shape, dtype=dtype or self.dtype)

    def buffer(self, shape: Shape, dtype: str | None = None) -> Any:
        """Return storage for `capacity` samples of `shape`, of the network's dtype by default."""
        return self.backend.xp.empty((self.capacity, *shape), dtype=dtype or self.dtype)


class Layer:
    """Base class of layers: declare shapes, bind storage, then run forward and backward passes.

    Rules for buffers:

    1. `forward` returns a view of storage that the layer owns (or its input, if the layer does nothing), which is valid
       until its next `forward`.
    2. The input `x` of `forward` is never written to.
    3. The argument `dy` of `backward` may be overwritten by the layer.
    4. `backward` assigns gradients; it does not add to them.
    5. `_name` is storage for `capacity` samples, and `name` the view of the `n` samples in use.
    """

    kind: ClassVar[str]  # the layer's key in LAYERS
    takes_images: ClassVar[bool] = False  # whether samples must be images, (H, W, C)
    state: ClassVar[tuple[str, ...]] = ()  # names of parameters that are not trained, such as running averages
    # Whether samples are processed independently and the layer keeps no state but its parameters from step to step, so
    # that several processes can share a batch.
    samples_are_independent: ClassVar[bool] = False

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the output shape of a sample and the shape of each parameter by name, for samples of `shape`."""
        raise NotImplementedError

    def first_values(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw the initial values of the parameters, on the host; those that are not returned stay 0."""
        return {}

    def bind(self, slot: Slot) -> None:
        """Keep views of the parameters, and allocate all buffers for this capacity."""
        raise NotImplementedError

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return the output for `x` (n, *shape)."""
        raise NotImplementedError

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Assign the gradients of the parameters; return dL/dx, or None unless `propagate`.

        With ``y = f(x, w)`` and ``dy = dL/dy`` of the last `forward`, the chain rule gives
        ``dL/dw = dy (dy/dw)`` and ``dL/dx = dy (dy/dx)``.
        """
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor as built-in types."""
        raise NotImplementedError

    def multiply_adds(self) -> int:
        """Return the number of multiply-add operations of the forward pass of a sample, in matrix products only."""
        return 0
