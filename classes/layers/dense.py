"""The fully connected layer."""

from typing import Any

import numpy as np

from backend import InputError
from backend.gpu.fusion import fused
from backend.registry import look_up
from classes.activations import ACTIVATIONS
from classes.checks import checked_count
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape
from initializers.weights import INITIALIZERS


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
    samples_are_independent = True

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
        self._activate = fused(self.xp, self._bias_and_activation)
        self._differentiate = fused(self.xp, self._activation_gradient)
        self._use_rows(0)

    def _use_rows(self, n: int) -> None:
        """Make the live views cover `n` rows."""
        self.n = n
        self.z, self.y, self.s, self.dx = self._z[:n], self._y[:n], self._s[:n], self._dx[:n]
        self.ones = self._ones[:n]
        # Where Y is Z, it is passed once: a kernel must not have two names for one array.
        self.outputs = (self.z,) if self.phi.in_place else (self.z, self.y)

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = phi(X W + b)`` (n, O), equation (3)."""
        if len(x) != self.n:
            self._use_rows(len(x))
        self.x = x
        self.xp.matmul(x, self.W, out=self.z)                      # Z = X W             (n, O)
        self._activate(self.b, *self.outputs)                      # Y = phi(Z + b)
        return self.y

    def _bias_and_activation(self, b: Any, z: Any, y: Any = None) -> None:
        """Write ``Z = Z + b`` and ``Y = phi(Z)``."""
        z += b
        self.phi.forward(self.xp, z, z if y is None else y)

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Assign dW and db, return dX (n, I): equations (10) to (12)."""
        self._differentiate(dy, self.s, *self.outputs)             # dZ = dY * phi'(Z)   (n, O)
        self.xp.matmul(self.x.T, dy, out=self.dW)                  # dW = X^T dZ         (I, O)
        self.xp.matmul(self.ones, dy, out=self.db)                 # db = 1^T dZ         (O,)
        if not propagate:
            return None
        self.xp.matmul(dy, self.W.T, out=self.dx)                  # dX = dZ W^T         (n, I)
        return self.dx

    def _activation_gradient(self, dy: Any, s: Any, z: Any, y: Any = None) -> None:
        """Write ``dZ = dY * phi'(Z)``."""
        self.phi.backward(self.xp, dy, z, z if y is None else y, s)

    def settings(self) -> dict[str, Any]:
        """Return units, activation and initializer."""
        return {"units": self.units, "activation": self.activation, "initializer": self.initializer}

    def multiply_adds(self) -> int:
        """Return ``I O``."""
        return self.inputs * self.units
