"""A model of the time of a step, fitted to measurements, from which larger clusters are estimated.

    t = a + b n M + c P / R + (R > 1) (d (R - 1) + e B (R - 1) / R)                                     (s)

with n images of each rank, M multiply-adds of an image forward and backward, P parameters, R ranks and B = 2 s P bytes
that a rank sends (gradients to their owners, parameters back; s bytes each). The terms are the interpreter's time, the
products, the optimizer's update of the own part, the messages, and the bytes.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

ITEMSIZE = 4  # bytes of a float32


class Point(NamedTuple):
    """A measured or estimated step.

    Attributes
    ----------
    ranks : int
        Number of ranks.
    images : float
        Images of each rank in a step.
    parameters : int
        Number of parameters; a dense network makes about three multiply-adds with each, forward and backward.
    """

    ranks: int
    images: float
    parameters: int


def terms(point: Point) -> np.ndarray:
    """Return the factors of the coefficients a to e (5,)."""
    others = point.ranks - 1
    sent = 2 * ITEMSIZE * point.parameters * others / point.ranks
    products = 3.0 * point.images * point.parameters
    return np.array([1.0, products, point.parameters / point.ranks, float(others), sent])


def fitted(points: Sequence[Point], seconds: Sequence[float]) -> np.ndarray:
    """Return the coefficients (5,), none of them negative, with the least relative errors in the squares.

    Examples
    --------
    >>> points = [Point(r, n, p) for r in (1, 2, 3) for n in (32, 128) for p in (10**5, 10**6)]
    >>> true = np.array([1e-4, 1e-11, 1e-10, 1e-5, 1e-10])
    >>> bool(np.allclose(fitted(points, [terms(point) @ true for point in points]), true))
    True
    """
    from scipy.optimize import nnls

    weights = 1.0 / np.asarray(seconds)
    rows = np.stack([terms(point) for point in points]) * weights[:, None]
    scale = rows.max(axis=0)
    scale[scale == 0] = 1.0
    return nnls(rows / scale, np.ones(len(points)))[0] / scale


def estimate(coefficients: np.ndarray, point: Point, **changes: float) -> float:
    """Return the seconds of a step; `changes` replace coefficients, ``message`` and ``byte`` in seconds.

    Examples
    --------
    >>> round(estimate(np.array([1e-3, 0, 0, 0, 0]), Point(8, 16, 1000), message=1e-4), 6)
    0.0017
    """
    used = coefficients.copy()
    for place, name in ((3, "message"), (4, "byte")):
        used[place] = changes.get(name, used[place])
    return float(terms(point) @ used)


def efficiency(coefficients: np.ndarray, ranks: int, images: int, parameters: int, **changes: Any) -> float:
    """Return the weak scaling: the time of one rank, divided by that of `ranks`, each with as many images."""
    one = estimate(coefficients, Point(1, images, parameters))
    return one / estimate(coefficients, Point(ranks, images, parameters), **changes)
