"""All parameters of a network in one vector, and all gradients in another."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

Shape = tuple[int, ...]


class ParameterVector:
    """One vector of parameters, matrices first, then biases, of which the layers hold views.

    So an optimizer is one equation over two vectors, weight decay a slice, clipping a dot product, and the best
    weights one copy.

    Parameters
    ----------
    xp : module
        NumPy's namespace or one that speaks CuPy's dialect.
    shapes : mapping of str to tuple of int
        Shape of every parameter by name, in the layers' order.
    dtype : str
        "float32" or "float64".

    Attributes
    ----------
    values, grads : array (P,)
        The parameters and the loss's derivative by each of them.
    matrices : slice
        The part of either vector that belongs to matrices, which decay; biases do not.

    Examples
    --------
    >>> import numpy as np
    >>> parameters = ParameterVector(np, {"b": (2,), "W": (3, 2)}, "float32")
    >>> parameters.view("W")[...] = 1.0
    >>> parameters.values.tolist(), parameters.matrices
    ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], slice(0, 6, None))
    """

    def __init__(self, xp: Any, shapes: Mapping[str, Shape], dtype: str) -> None:
        self.shapes = dict(shapes)
        self._places: dict[str, slice] = {}
        start = 0
        for name in sorted(self.shapes, key=lambda name: len(self.shapes[name]) < 2):  # stable: keeps the order
            stop = start + math.prod(self.shapes[name])
            self._places[name] = slice(start, stop)
            start = stop
        self.size = start
        matrices = [place.stop for name, place in self._places.items() if len(self.shapes[name]) >= 2]
        self.matrices = slice(0, max(matrices, default=0))
        self.values = xp.zeros(self.size, dtype=dtype)
        self.grads = xp.zeros(self.size, dtype=dtype)

    def move(self, values: Any, grads: Any) -> None:
        """Live on in other storage (P,), which takes the numbers over; views taken before are views of the old one."""
        values[...], grads[...] = self.values, self.grads
        self.values, self.grads = values, grads

    def parts(self, count: int) -> list[slice]:
        """Return `count` slices that cover the vector, cut where the processor's vectors begin.

        Examples
        --------
        >>> import numpy as np
        >>> ParameterVector(np, {"W": (10, 10)}, "float32").parts(2)
        [slice(0, 48, None), slice(48, 100, None)]
        """
        cuts = [self.size * part // count // 16 * 16 for part in range(count)] + [self.size]
        return [slice(start, stop) for start, stop in itertools.pairwise(cuts)]

    def view(self, name: str) -> Any:
        """Return the parameter `name` in its own shape, sharing storage with `values`."""
        return self.values[self._places[name]].reshape(self.shapes[name])

    def gradient(self, name: str) -> Any:
        """Return the gradient of `name` in its own shape, sharing storage with `grads`."""
        return self.grads[self._places[name]].reshape(self.shapes[name])
