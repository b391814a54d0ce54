"""Loss functions. Each takes logits and is fused with the function that turns logits into probabilities.

A loss is computed for each sample; the training loop forms the (weighted) mean, equation (8).
"""

from collections.abc import Callable
from typing import Any, ClassVar

from backend import Backend
from classes.checks import checked_number


class Loss:
    """A loss function of logits.

    `bind` allocates buffers for batches of at most `capacity` samples; `forward` and `backward` return views of these
    buffers, which are valid until the next `forward`.
    """

    kind: ClassVar[str]  # the loss's key in LOSSES
    takes_targets: ClassVar[bool] = False  # whether `forward` accepts target distributions instead of class numbers

    def bind(self, backend: Backend, classes: int, capacity: int, dtype: str) -> None:
        """Allocate every buffer."""
        raise NotImplementedError

    def forward(self, z: Any, y: Any) -> Any:
        """Return the loss of each sample (n,), for logits `z` (n, C) and class numbers `y` (n,).

        A loss with `takes_targets` also accepts target distributions `y` (n, C), whose rows sum to 1.
        """
        raise NotImplementedError

    def backward(self) -> Any:
        """Return the derivatives of the loss of each sample by its logits (n, C); the caller may overwrite them."""
        raise NotImplementedError

    def probabilities(self, z: Any) -> Any:
        """Return the probabilities (n, C) for the logits `z` (n, C)."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """Return the arguments of the constructor as built-in types."""
        raise NotImplementedError


class SoftmaxCrossEntropy(Loss):
    """``l_i = -sum_c t_ic log p_ic`` with ``p = softmax(z)``, in nats.

    The targets are one-hot rows or other distributions ``y``, smoothed to ``t = (1 - e) y + e / C`` (Szegedy et al.
    2016).

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
    >>> loss.forward(np.array([[0.0, 0.0]]), np.array([1])).round(4).tolist(), loss.backward().tolist()
    ([0.6931], [[0.5, -0.5]])
    """

    kind = "cross_entropy"
    takes_targets = True

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = checked_number(
            label_smoothing, "label_smoothing", "a number from 0 up to, not including, 1", lambda e: 0.0 <= e < 1.0,
            "0.05 to 0.1 is usual; 0 turns it off.",
        )

    def bind(self, backend: Backend, classes: int, capacity: int, dtype: str) -> None:
        """Allocate the buffers and the smoothed target of each class."""
        self.backend, self.xp = backend, backend.xp
        e = self.label_smoothing
        self.rows = self.xp.eye(classes, dtype=dtype) * (1.0 - e) + e / classes  # T of classes 0 .. C-1
        self._t, self._p, self._d = (self.xp.empty((capacity, classes), dtype=dtype) for _ in range(3))
        self._column, self._l = (self.xp.empty((capacity, 1), dtype=dtype) for _ in range(2))
        self.ones = self.xp.ones((classes, 1), dtype=dtype)

    def forward(self, z: Any, y: Any) -> Any:
        """Return ``l_i = -sum_c t_ic log p_ic``: equations (7) and (8).

        As ``log p_ic = d_ic - log s_i`` and rows of T sum to 1, this is ``log s_i - sum_c t_ic d_ic``.
        """
        xp, n = self.xp, len(z)
        self.t, losses = self._t[:n], self._l[:n]
        if y.ndim == 1:
            self.backend.take_rows(self.rows, y, self.t)           # T                   (n, C)
        else:
            self._smooth(y)
        d, s = self._softmax(z)
        xp.log(s, out=s)
        d *= self.t
        xp.matmul(d, self.ones, out=losses)
        xp.subtract(s, losses, out=losses)                         # l = log s - (T * D) 1
        return losses.reshape(n)

    def _smooth(self, y: Any) -> None:
        """Write ``T = (1 - e) Y + e / C``."""
        e = self.label_smoothing
        self.xp.copyto(self.t, y)
        self.t *= 1.0 - e
        self.t += e / y.shape[1]

    def _softmax(self, z: Any) -> tuple[Any, Any]:
        """Write ``P = softmax(Z)``; return ``D = Z - m`` and ``s = exp(D) 1``, with the maxima ``m`` of rows."""
        xp, n = self.xp, len(z)
        self.p, d, column = self._p[:n], self._d[:n], self._column[:n]
        xp.amax(z, axis=1, keepdims=True, out=column)              # m = max_c z         (n, 1)
        xp.subtract(z, column, out=d)                              # D = Z - m           (n, C)
        xp.exp(d, out=self.p)
        xp.matmul(self.p, self.ones, out=column)                   # s = sum_c exp(D)    (n, 1)
        self.p /= column                                           # P = exp(D) / s
        return d, column

    def backward(self) -> Any:
        """Return ``dl_i/dz_ic = p_ic - t_ic``, equation (9)."""
        self.p -= self.t
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
