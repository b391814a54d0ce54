"""Weight initialisation: random weights that preserve the variance of activations and gradients across layers."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class VarianceScaling:
    """Weights with mean 0 and variance ``gain / fan``, uniform or normal.

    Parameters
    ----------
    gain : float
        1 preserves the variance of a linear layer, 2 compensates for the half that ReLU sets to 0.
    fan : {"in", "average"}
        ``fan = I``, or ``fan = (I + O) / 2``, the average of the forward and the backward pass.
    uniform : bool
        Draw from ``U[-a, a]`` with ``a = sqrt(3 gain / fan)`` instead of ``N(0, gain / fan)``.

    References
    ----------
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks";
    He et al. (2015), "Delving deep into rectifiers"; LeCun et al. (1998), "Efficient backprop".

    Examples
    --------
    >>> W = INITIALIZERS["he_normal"](np.random.default_rng(0), (784, 256))
    >>> W.shape, round(float(W.var()) * 784 / 2, 2)
    ((784, 256), 1.0)
    """

    gain: float
    fan: str
    uniform: bool

    def __call__(self, generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return weights of `shape` (I, O) or (K, L, I, O) in float64; the caller rounds them."""
        taps = math.prod(shape[:-2])  # positions of a kernel
        inputs, outputs = taps * shape[-2], taps * shape[-1]
        fan = inputs if self.fan == "in" else (inputs + outputs) / 2
        deviation = math.sqrt(self.gain / fan)  # s = sqrt(gain / fan)
        if self.uniform:
            limit = math.sqrt(3.0) * deviation  # Var U[-a, a] = a^2 / 3
            return generator.uniform(-limit, limit, shape)
        return generator.normal(0.0, deviation, shape)


INITIALIZERS: dict[str, VarianceScaling] = {
    "xavier_uniform": VarianceScaling(gain=1.0, fan="average", uniform=True),
    "xavier_normal": VarianceScaling(gain=1.0, fan="average", uniform=False),
    "he_uniform": VarianceScaling(gain=2.0, fan="in", uniform=True),
    "he_normal": VarianceScaling(gain=2.0, fan="in", uniform=False),
    "lecun_uniform": VarianceScaling(gain=1.0, fan="in", uniform=True),
    "lecun_normal": VarianceScaling(gain=1.0, fan="in", uniform=False),
}
