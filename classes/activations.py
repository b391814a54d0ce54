"""Activation functions, ``Y = phi(Z)``, elementwise, and their derivatives: equation (4)."""

import math
from typing import Any, ClassVar

import numpy as np


class Activation:
    """A function of one number, applied to arrays without a temporary.

    Attributes
    ----------
    in_place : bool
        Whether the derivative is written from the output alone. Then `z` and `y` are one buffer.
    initializer : str
        The weights that suit it, a key of `INITIALIZERS`.
    scratch : str or None
        Dtype of the scratch `s`; None for that of the numbers themselves.
    """

    scratch: ClassVar[str | None] = None
    in_place: ClassVar[bool] = True
    initializer: ClassVar[str] = "he_normal"

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``phi(z)`` into `y`, which may be `z` itself if `in_place`."""
        raise NotImplementedError

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply `dy` by ``phi'(z)``; `z`, unless it is `y`, and the scratch `s` may be overwritten."""
        raise NotImplementedError


class Identity(Activation):
    """``phi(z) = z``: what a layer of logits has.

    Examples
    --------
    >>> ACTIVATIONS["identity"].in_place
    True
    """

    initializer = "xavier_uniform"

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Leave ``y = z`` as it is."""

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Leave `dy` as it is: ``phi' = 1``."""


class ReLU(Activation):
    """``phi(z) = max(z, 0)`` (Nair and Hinton 2010); its derivative at 0 is taken as 0.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([-1.0, 0.0, 2.0])
    >>> ACTIVATIONS["relu"].forward(np, z, z)
    >>> z.tolist()
    [0.0, 0.0, 2.0]
    """

    scratch = "bool"

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``max(z, 0)``; a row of zeros takes NumPy half the time of the number 0 (docs/performance.md)."""
        zero = np.zeros(z.shape[-1:], dtype=z.dtype) if isinstance(z, np.ndarray) else 0.0
        xp.maximum(z, zero, out=y)

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply by ``phi' = [y > 0]``."""
        xp.greater(y, 0.0, out=s)
        dy *= s


class LeakyReLU(Activation):
    """``phi(z) = max(z, a z)`` with ``a = 0.01`` (Maas et al. 2013); its derivative at 0 is `a`."""

    slope: ClassVar[float] = 0.01
    in_place = False

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``max(z, a z)``."""
        xp.multiply(z, self.slope, out=y)
        xp.maximum(z, y, out=y)

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply by ``phi' = max(sign(z), a)``."""
        xp.sign(z, out=s)
        xp.maximum(s, self.slope, out=s)
        dy *= s


class ELU(Activation):
    """``phi(z) = max(z, exp(min(z, 0)) - 1)`` (Clevert et al. 2016, with alpha = 1)."""

    in_place = False

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``z`` where it is positive, else ``exp(z) - 1``, which is never below ``z``."""
        xp.minimum(z, 0.0, out=y)
        xp.expm1(y, out=y)
        xp.maximum(z, y, out=y)

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply by ``phi' = 1 + min(y, 0)``."""
        xp.minimum(y, 0.0, out=s)
        s += 1.0
        dy *= s


class Sigmoid(Activation):
    """``phi(z) = 1 / (1 + exp(-z))``, computed as ``(1 + tanh(z / 2)) / 2``, which cannot overflow."""

    initializer = "xavier_uniform"

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``sigma(z)``."""
        sigmoid(xp, z, y)

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply by ``phi' = y (1 - y)``."""
        xp.subtract(1.0, y, out=s)
        s *= y
        dy *= s


class Tanh(Activation):
    """``phi(z) = tanh(z)``."""

    initializer = "xavier_uniform"

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``tanh(z)``."""
        xp.tanh(z, out=y)

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply by ``phi' = 1 - y^2``."""
        xp.multiply(y, y, out=s)
        xp.subtract(1.0, s, out=s)
        dy *= s


class SelfGated(Activation):
    """``phi(z) = z sigma(v(z))``: the input, gated by a function of itself."""

    in_place = False

    def gate(self, xp: Any, z: Any, v: Any) -> None:
        """Write ``v(z)`` into `v`."""
        raise NotImplementedError

    def slope_of_gate(self, xp: Any, z: Any) -> None:
        """Overwrite `z` with ``v'(z)``."""
        raise NotImplementedError

    def forward(self, xp: Any, z: Any, y: Any) -> None:
        """Write ``z sigma(v(z))``."""
        self.gate(xp, z, y)
        sigmoid(xp, y, y)
        y *= z

    def backward(self, xp: Any, dy: Any, z: Any, y: Any, s: Any) -> None:
        """Multiply by ``phi' = sigma + y v' (1 - sigma) = 1 - (1 - y v') (1 - sigma)``."""
        self.gate(xp, z, s)
        sigmoid(xp, s, s)
        xp.subtract(1.0, s, out=s)  # s = 1 - sigma
        self.slope_of_gate(xp, z)
        z *= y
        xp.subtract(1.0, z, out=z)  # z = 1 - y v'
        s *= z
        xp.subtract(1.0, s, out=s)
        dy *= s


class SiLU(SelfGated):
    """``phi(z) = z sigma(z)``, also called swish (Elfwing et al. 2018)."""

    def gate(self, xp: Any, z: Any, v: Any) -> None:
        """Write ``v = z``."""
        xp.copyto(v, z)

    def slope_of_gate(self, xp: Any, z: Any) -> None:
        """Write ``v' = 1``."""
        z.fill(1.0)


class GELU(SelfGated):
    """``phi(z) = z (1 + tanh(c (z + a z^3))) / 2``: Hendrycks and Gimpel's (2016) form of ``z Phi(z)``.

    With ``c = sqrt(2 / pi)`` and ``a = 0.044715``; in terms of the gate, ``v(z) = 2 c (z + a z^3)``.
    """

    two_c: ClassVar[float] = 2.0 * math.sqrt(2.0 / math.pi)
    a: ClassVar[float] = 0.044715

    def gate(self, xp: Any, z: Any, v: Any) -> None:
        """Write ``v = 2 c z (1 + a z^2)``."""
        xp.multiply(z, z, out=v)
        v *= self.two_c * self.a
        v += self.two_c
        v *= z

    def slope_of_gate(self, xp: Any, z: Any) -> None:
        """Write ``v' = 2 c (1 + 3 a z^2)``."""
        z *= z
        z *= 3.0 * self.two_c * self.a
        z += self.two_c


def sigmoid(xp: Any, z: Any, out: Any) -> None:
    """Write ``1 / (1 + exp(-z)) = (1 + tanh(z / 2)) / 2`` into `out`, which may be `z` itself.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([-1000.0, 0.0, 1000.0])
    >>> sigmoid(np, z, z)
    >>> z.tolist()
    [0.0, 0.5, 1.0]
    """
    xp.multiply(z, 0.5, out=out)
    xp.tanh(out, out=out)
    out += 1.0
    out *= 0.5


ACTIVATIONS: dict[str, Activation] = {
    "relu": ReLU(),
    "leaky_relu": LeakyReLU(),
    "elu": ELU(),
    "gelu": GELU(),
    "silu": SiLU(),
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "identity": Identity(),
}
