"""The calls of cuBLAS compute what `matmul` does, for all layouts that layers use."""

import numpy as np
import pytest

from backend import CupyBackend
from backend.gpu.cublas import Cublas, layout
from tests.helpers.gpu import assert_same, cp

RNG = np.random.default_rng(3)
SHAPES = [
    ((5, 7), (7, 4)), ((1, 7), (7, 4)), ((5, 1), (1, 4)), ((5, 7), (7, 1)), ((1, 1), (1, 1)), ((7,), (7, 4)),
    ((3, 5, 7), (7, 4)), ((3, 5, 7), (3, 7, 4)), ((1, 5, 7), (1, 7, 4)), ((3, 1, 7), (3, 7, 1)),
]  # fmt: skip


def of(backend, shape, dtype, transposed):
    """Return random numbers; with `transposed`, as the transpose of an array whose rows are contiguous."""
    if not transposed or len(shape) == 1:
        return backend.from_host(RNG.normal(size=shape).astype(dtype))
    *batch, rows, columns = shape
    axes = (*range(len(batch)), len(batch) + 1, len(batch))
    return backend.from_host(RNG.normal(size=(*batch, columns, rows)).astype(dtype)).transpose(*axes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("shapes", SHAPES)
def test_products_are_those_of_matmul(shapes, transposed, dtype):
    backend = CupyBackend(cp)
    a, b = (of(backend, shape, dtype, each) for shape, each in zip(shapes, transposed, strict=True))
    host = np.matmul(backend.to_host(a), backend.to_host(b))
    out = backend.xp.empty(host.shape, dtype=dtype)
    assert backend.xp.cublas.matmul(a, b, out)
    np.testing.assert_allclose(backend.to_host(out), host, rtol=0, atol=1e-4 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (cp.ones((4, 6), "float32")[:, ::2], cp.ones((3, 2), "float32")),  # neither rows nor columns are contiguous
        (cp.ones((4, 3), "float32"), cp.ones((2, 3, 2), "float32")),
        (cp.ones((2, 2, 4, 3), "float32"), cp.ones((3, 2), "float32")),
        (cp.ones((4, 3), "float32"), cp.ones(3, "float32")),
        (cp.ones((4, 3), "int64"), cp.ones((3, 2), "int64")),
    ],
)
def test_what_one_call_cannot_do_is_left_to_the_library(a, b):
    backend = CupyBackend(cp)
    expected = np.matmul(backend.to_host(a), backend.to_host(b))
    out = backend.xp.zeros(expected.shape, dtype=str(expected.dtype))
    assert not backend.xp.cublas.matmul(a, b, out)
    assert not backend.to_host(out).any()
    assert_same(backend.to_host(backend.xp.matmul(a, b, out=out)), expected)


def test_without_out_the_library_multiplies():
    backend = CupyBackend(cp)
    assert backend.to_host(backend.xp.matmul(cp.ones((2, 3)), cp.ones((3, 2)))).tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_layouts_of_lines_that_are_not_next_to_each_other():
    a = cp.ones((4, 6), "float32")
    assert layout(a) == (0, 6, 0)
    assert layout(a.T) == (1, 6, 0)
    assert layout(a[:, :3]) == (0, 6, 0)
    assert layout(a[:2].T) == (1, 6, 0)
    assert layout(cp.ones((2, 4, 6), "float32")) == (0, 6, 24)
    assert layout(a[:, ::2]) is None


def test_an_error_of_the_library_is_raised():
    class Failing:
        def __getattr__(self, name):
            return lambda *_: 13

    with pytest.raises(RuntimeError, match="status 13"):
        Cublas(cp, Failing()).matmul(
            cp.ones((2, 2), "float32"), cp.ones((2, 2), "float32"), cp.empty((2, 2), "float32")
        )
