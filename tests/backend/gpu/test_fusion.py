"""Fused functions compute what the functions do."""

import numpy as np
import pytest

from backend.gpu.fusion import Fused, fused
from classes import ACTIVATIONS, OPTIMIZERS
from tests.helpers.gpu import assert_same, cp


def test_numpy_has_no_kernels_so_the_function_is_returned():
    assert fused(np, np.exp) is np.exp


def test_a_kernel_is_used_where_there_is_one():
    calls = []

    def halve(x):
        calls.append(x)
        x *= 0.5

    x = cp.ones(3, "float32")
    kernel = fused(cp, halve)
    kernel(x)
    kernel(x)
    assert x.tolist() == [0.25, 0.25, 0.25]
    assert isinstance(kernel, Fused)
    assert kernel._call is kernel.kernel


@pytest.mark.parametrize("function", [lambda x: x.fill(2.0), lambda x: x.sum(), lambda x: x[:2]])
def test_a_function_that_is_not_elementwise_runs_as_it_is(function):
    x, other = cp.ones(3, "float32"), cp.ones(3, "float32")
    kernel = fused(cp, function)
    kernel(x)
    function(other)
    assert x.tolist() == other.tolist()


def test_a_function_that_cannot_be_fused_runs_as_it_is():
    def failing(*arguments):
        raise TypeError("no kernel")

    fallen = Fused(failing, lambda x: x + 1)
    assert (fallen(1), fallen(2)) == (2, 3)
    assert fallen._call is fallen.function


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_rule_in_one_kernel_is_the_rule(name, dtype):
    optimizer = OPTIMIZERS[name]()
    optimizer.xp, optimizer.steps = np, 3
    names = ["w", "g", *optimizer.vectors, *(["s"] if optimizer.needs_scratch else [])]
    host = [np.random.default_rng(place).random(100).astype(dtype) for place in range(len(names))]
    device = [cp.asarray(vector) for vector in host]
    factors = optimizer.factors(0.01)
    optimizer.rule(*host, *factors)
    optimizer.xp = cp
    fused(cp, optimizer.rule)(*device, *factors)
    for name_of_vector, expected, vector in zip(names, host, device, strict=True):
        if name_of_vector not in ("g", "s"):  # whose content is not kept
            assert_same(vector.get(), expected)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_in_one_kernel_is_the_activation(name):
    phi = ACTIVATIONS[name]
    host = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    z, y = cp.asarray(host), cp.asarray(host)
    if phi.in_place:
        fused(cp, lambda z: phi.forward(cp, z, z))(y)
    else:
        fused(cp, lambda z, y: phi.forward(cp, z, y))(z, y)
    expected = host.copy()
    phi.forward(np, host, expected)
    assert_same(y.get(), expected)
