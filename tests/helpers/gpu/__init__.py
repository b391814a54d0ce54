"""The library that tests use as CuPy: the strict substitute on the CPU, or CuPy itself where NND_TEST_CUPY is "real".

The substitute computes with NumPy, so results must be the same bits. CuPy's matrix products and sums add up in another
order, so there results must agree to rounding. Dropout draws its noise on the host in both, so that it is the same.
"""

import os

import numpy as np
import pytest

from backend import CupyBackend

IS_REAL = os.environ.get("NND_TEST_CUPY") == "real"
if IS_REAL:
    import cupy as cp
else:
    from tests.helpers.gpu import strict_cupy as cp

ON_SUBSTITUTE = pytest.mark.skipif(IS_REAL, reason="only the substitute for CuPy has this")
TOLERANCE = {"float32": 2e-4, "float64": 1e-9}  # relative to the largest number of an array, after a few epochs


class HostNoise(CupyBackend):
    """CuPy's backend with NumPy's random numbers."""

    def generator(self, seed):
        return np.random.default_rng(seed)

    def fill_uniform(self, generator, out):
        state = generator.bit_generator.state
        numbers = generator.random(size=out.shape, dtype=out.dtype)
        try:
            out[...] = self.from_host(numbers)
        except Exception:  # a graph cannot record the copy, and the step runs again without one
            generator.bit_generator.state = state
            raise


def gpu_backend():
    """Return a backend for `cp` whose random numbers are those of the CPU."""
    return HostNoise(cp) if IS_REAL else CupyBackend(cp)


def assert_same(actual, expected):
    """Check that numbers are the same: bit for bit on the substitute, to rounding on a GPU."""
    if not IS_REAL:
        np.testing.assert_array_equal(actual, expected)
        return
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    if actual.dtype.kind != "f":
        np.testing.assert_array_equal(actual, expected)
        return
    scale = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE[str(actual.dtype)] * scale)
