"""The parameters of a network as one vector, and their gradients as another."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

Shape = tuple[int, ...]


class ParameterVector:
    """One vector of parameters, weight matrices first, then biases, of which layers hold views.

    Thus an optimizer is one equation of two vectors, weight decay concerns a slice, clipping needs a dot product, and
    the best weights are one copy.

    Parameters
    ----------
    xp : module
        NumPy's namespace or a CuPy-compatible one.
    shapes : mapping of str to tuple of int
        Shape of each parameter by name, in the order of the layers.
    dtype : str
        "float32" or "float64".

    Attributes
    ----------
    values, grads : array (P,)
        The parameters, and the derivatives of the loss with respect to them.
    matrices : slice
        The part of either vector that holds weight matrices, to which weight decay applies.

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
        """Move to other storage (P,), to which the values are copied; existing views still refer to the old storage."""
        values[...], grads[...] = self.values, self.grads
        self.values, self.grads = values, grads

    def parts(self, count: int) -> list[slice]:
        """Return `count` slices that cover the vector, with boundaries at multiples of 16 entries (a cache line).

        Examples
        --------
        >>> import numpy as np
        >>> ParameterVector(np, {"W": (10, 10)}, "float32").parts(2)
        [slice(0, 48, None), slice(48, 100, None)]
        """
        cuts = [self.size * part // count // 16 * 16 for part in range(count)] + [self.size]
        return [slice(start, stop) for start, stop in itertools.pairwise(cuts)]

    def matrix_starts(self, layers: int) -> list[int]:
        """Return, for each layer, where the matrices of it and of all later layers begin; names are ``layer.name``.

        Examples
        --------
        >>> import numpy as np
        >>> ParameterVector(np, {"0.W": (3, 2), "0.b": (2,), "2.W": (2, 2)}, "float32").matrix_starts(3)
        [0, 6, 6]
        """
        starts = [self.matrices.stop] * layers
        for name, place in self._places.items():
            if len(self.shapes[name]) >= 2:
                for layer in range(int(name.split(".")[0]) + 1):
                    starts[layer] = min(starts[layer], place.start)
        return starts

    def view(self, name: str) -> Any:
        """Return the parameter `name` in its shape, as a view of `values`."""
        return self.values[self._places[name]].reshape(self.shapes[name])

    def gradient(self, name: str) -> Any:
        """Return the gradient of `name` in its shape, as a view of `grads`."""
        return self.grads[self._places[name]].reshape(self.shapes[name])
