"""Losses: what training makes small. Each takes logits and is fused with what makes probabilities of them."""

from collections.abc import Callable
from typing import Any, ClassVar

from backend import Backend
from classes.checks import checked_number


class Loss:
    """A loss over rows of logits.

    `bind` allocates for batches of at most `capacity` rows; `forward` returns the loss summed over the rows, on the
    device; `backward` returns the gradient of its mean.
    """

    kind: ClassVar[str]  # the loss's key in LOSSES
    takes_rows_apart: ClassVar[bool] = False  # whether the loss of a batch is the sum of its rows' own

    def bind(self, backend: Backend, classes: int, capacity: int, dtype: str) -> None:
        """Allocate every buffer."""
        raise NotImplementedError

    def forward(self, z: Any, y: Any) -> Any:
        """Return the summed loss of logits `z` (n, C) for class numbers `y` (n,)."""
        raise NotImplementedError

    def backward(self) -> Any:
        """Return dL/dz (n, C) of the mean loss of the last `forward`; it belongs to the caller."""
        raise NotImplementedError

    def probabilities(self, z: Any) -> Any:
        """Return the probabilities (n, C) that the logits stand for."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments as built-in types."""
        raise NotImplementedError


class SoftmaxCrossEntropy(Loss):
    """``L = -1/n sum_i sum_c t_ic log p_ic`` with ``p = softmax(z)``, in nats.

    The targets are one-hot rows, smoothed to ``t = (1 - e) onehot + e / C`` (Szegedy et al. 2016).

    Parameters
    ----------
    label_smoothing : float
        ``e`` in [0, 1).

    Raises
    ------
    InputError
        If `label_smoothing` lies outside [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from backend import NumpyBackend
    >>> loss = SoftmaxCrossEntropy()
    >>> loss.bind(NumpyBackend(), classes=2, capacity=1, dtype="float64")
    >>> round(float(loss.forward(np.array([[0.0, 0.0]]), np.array([1]))), 4), loss.backward().tolist()
    (0.6931, [[0.5, -0.5]])
    """

    kind = "cross_entropy"
    takes_rows_apart = True

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = checked_number(
            label_smoothing, "label_smoothing", "a number from 0 up to, not including, 1", lambda e: 0.0 <= e < 1.0,
            "0.05 to 0.1 is usual; 0 turns it off.",
        )

    def bind(self, backend: Backend, classes: int, capacity: int, dtype: str) -> None:
        """Allocate, and lay out the target row of every class."""
        self.backend, self.xp = backend, backend.xp
        e = self.label_smoothing
        self.rows = self.xp.eye(classes, dtype=dtype) * (1.0 - e) + e / classes  # T of classes 0 .. C-1
        self._t, self._p, self._d = (self.xp.empty((capacity, classes), dtype=dtype) for _ in range(3))
        self._column = self.xp.empty((capacity, 1), dtype=dtype)
        self.ones = self.xp.ones((classes, 1), dtype=dtype)

    def forward(self, z: Any, y: Any) -> Any:
        """Return ``-sum_i sum_c t_ic log p_ic``: equations (6) to (8), not yet divided by n.

        With ``log p_ic = d_ic - log s_i``, and as rows of T sum to 1, that is ``sum_i log s_i - sum_ic t_ic d_ic``.
        """
        xp, n = self.xp, len(z)
        self.t = self._t[:n]
        self.backend.take_rows(self.rows, y, self.t)               # T                   (n, C)
        d, s = self._softmax(z)
        xp.log(s, out=s)
        return s.sum() - xp.vdot(self.t, d)                        # 1^T log s - <T, D>

    def _softmax(self, z: Any) -> tuple[Any, Any]:
        """Write ``P = softmax(Z)``; return ``D = Z - m`` and ``s = exp(D) 1``, with ``m`` the rows' maxima."""
        xp, n = self.xp, len(z)
        self.p, d, column = self._p[:n], self._d[:n], self._column[:n]
        xp.amax(z, axis=1, keepdims=True, out=column)              # m = max_c z         (n, 1)
        xp.subtract(z, column, out=d)                              # D = Z - m           (n, C)
        xp.exp(d, out=self.p)
        xp.matmul(self.p, self.ones, out=column)                   # s = sum_c exp(D)    (n, 1)
        self.p /= column                                           # P = exp(D) / s
        return d, column

    def backward(self) -> Any:
        """Return ``dZ = (P - T) / n``, equation (9)."""
        self.p -= self.t
        self.p *= 1.0 / len(self.p)
        return self.p

    def probabilities(self, z: Any) -> Any:
        """Return ``softmax(z)``, valid until the next call."""
        self._softmax(z)
        return self.p

    def settings(self) -> dict[str, Any]:
        """Return the smoothing."""
        return {"label_smoothing": self.label_smoothing}


LOSSES: dict[str, Callable[..., Loss]] = {
    "cross_entropy": SoftmaxCrossEntropy,
}
