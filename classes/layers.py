"""Layers: what a network is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from backend import Backend, InputError
from backend.registry import look_up
from classes.activations import ACTIVATIONS
from classes.checks import checked_count, checked_number
from classes.parameters import Shape
from initializers.weights import INITIALIZERS


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


class Dense(Layer):
    """A fully connected layer with its activation, ``Y = phi(X W + b)``.

    Parameters
    ----------
    units : int
        Outputs O.
    activation : str
        A key of `ACTIVATIONS`.
    initializer : str, optional
        A key of `INITIALIZERS`; by default the one that suits the activation. Biases begin at 0.

    Raises
    ------
    InputError
        If `units` is below 1 or a name is not in its registry.
    """

    kind = "dense"
    takes_rows_apart = True

    def __init__(self, units: int, activation: str = "identity", initializer: str | None = None) -> None:
        self.units = checked_count(units, "units")
        self.activation = activation
        self.phi = look_up(ACTIVATIONS, activation, "activation")
        self.initializer = initializer or self.phi.initializer
        look_up(INITIALIZERS, self.initializer, "initializer")

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return ``(O,)`` and the shapes of W (I, O) and b (O,)."""
        if len(shape) != 1:
            raise InputError(
                "a dense layer's input", expected="rows of numbers, shape (I,)", found=f"rows of shape {shape}",
                advice="Flatten the images first.",
            )
        self.inputs = shape[0]
        return (self.units,), {"W": (self.inputs, self.units), "b": (self.units,)}

    def first_values(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw W; b stays 0."""
        return {"W": INITIALIZERS[self.initializer](generator, (self.inputs, self.units))}

    def bind(self, slot: Slot) -> None:
        """Take W and b; allocate Z, Y (which is Z where the activation works in place), scratch and dX."""
        self.xp = slot.backend.xp
        self.W, self.b = slot.values["W"], slot.values["b"]
        self.dW, self.db = slot.grads["W"], slot.grads["b"]
        self._z = slot.buffer((self.units,))
        self._y = self._z if self.phi.in_place else slot.buffer((self.units,))
        self._s = slot.buffer((self.units,), self.phi.scratch)
        self._dx = slot.buffer((self.inputs,))
        self._ones = slot.buffer(())
        self._ones.fill(1.0)
        self._use_rows(0)

    def _use_rows(self, n: int) -> None:
        """Make the live views cover `n` rows."""
        self.n = n
        self.z, self.y, self.s, self.dx = self._z[:n], self._y[:n], self._s[:n], self._dx[:n]
        self.ones = self._ones[:n]

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = phi(X W + b)`` (n, O), equation (3)."""
        if len(x) != self.n:
            self._use_rows(len(x))
        self.x = x
        self.xp.matmul(x, self.W, out=self.z)                      # Z = X W             (n, O)
        self.z += self.b                                           #     + b
        self.phi.forward(self.xp, self.z, self.y)                  # Y = phi(Z)
        return self.y

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Assign dW and db, return dX (n, I): equations (10) to (12)."""
        self.phi.backward(self.xp, dy, self.z, self.y, self.s)     # dZ = dY * phi'(Z)   (n, O)
        self.xp.matmul(self.x.T, dy, out=self.dW)                  # dW = X^T dZ         (I, O)
        self.xp.matmul(self.ones, dy, out=self.db)                 # db = 1^T dZ         (O,)
        if not propagate:
            return None
        self.xp.matmul(dy, self.W.T, out=self.dx)                  # dX = dZ W^T         (n, I)
        return self.dx

    def settings(self) -> dict[str, Any]:
        """Return units, activation and initializer."""
        return {"units": self.units, "activation": self.activation, "initializer": self.initializer}

    def multiply_adds(self) -> int:
        """Return ``I O``."""
        return self.inputs * self.units


class Dropout(Layer):
    """Inverted dropout: while training, ``y = x m / (1 - p)`` with ``m`` 0 with probability `p`, else 1.

    So the expectation of `y` is `x`, and a trained network needs no correction (Srivastava et al. 2014).

    Parameters
    ----------
    rate : float
        Probability p in [0, 1) that an input is dropped.

    Raises
    ------
    InputError
        If `rate` lies outside [0, 1).
    """

    kind = "dropout"
    takes_rows_apart = True

    def __init__(self, rate: float) -> None:
        self.rate = checked_number(
            rate, "dropout rate", "a number from 0 up to, not including, 1", lambda p: 0.0 <= p < 1.0,
            "0.2 to 0.5 is usual.",
        )

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the same shape and no parameters."""
        self.shape = shape
        return shape, {}

    def bind(self, slot: Slot) -> None:
        """Allocate the mask and the output."""
        self.backend, self.xp, self.generator = slot.backend, slot.backend.xp, slot.generator
        self._m, self._y = slot.buffer(self.shape), slot.buffer(self.shape)
        self.dropped = False

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``X * M``, equation (5); `x` itself unless `training`."""
        self.dropped = training and self.rate > 0.0
        if not self.dropped:
            return x
        n, keep = len(x), 1.0 - self.rate
        self.m, self.y = self._m[:n], self._y[:n]
        self.backend.fill_uniform(self.generator, self.m)          # u in [0, 1)
        self.m += keep                                             # floor(u + q) = 1 with probability q
        self.xp.floor(self.m, out=self.m)
        self.m *= 1.0 / keep                                       # M = floor(u + q) / q
        self.xp.multiply(x, self.m, out=self.y)                    # Y = X * M
        return self.y

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return ``dX = dY * M``, equation (13)."""
        if propagate and self.dropped:
            dy *= self.m
        return dy if propagate else None

    def settings(self) -> dict[str, Any]:
        """Return the rate."""
        return {"rate": self.rate}


LAYERS: dict[str, Callable[..., Layer]] = {
    "dense": Dense,
    "dropout": Dropout,
}
