"""Activations against reference implementations, central differences, and known values."""

import math

import numpy as np
import pytest

from classes.activations import ACTIVATIONS, sigmoid
from initializers.weights import INITIALIZERS
from tests.helpers import reference

EVERY = pytest.mark.parametrize("name", ACTIVATIONS)
Z = np.concatenate([np.linspace(-8.0, 8.0, 161), [0.0, 1e-9, -1e-9, 25.0, -25.0]]).reshape(2, -1)


def forward(name, z):
    """Return z and y as a layer has them: one buffer where the activation works in place."""
    phi, z = ACTIVATIONS[name], z.copy()
    y = z if phi.in_place else np.full_like(z, np.nan)
    phi.forward(np, z, y)
    return z, y


def slope(name, z, dy):
    """Return dy phi'(z), with rubbish in the scratch buffer."""
    z, y = forward(name, z)
    dy = dy.copy()
    ACTIVATIONS[name].backward(np, dy, z, y, np.full_like(z, np.nan))
    return dy


@EVERY
def test_values_equal_the_textbook(name):
    np.testing.assert_allclose(forward(name, Z)[1], reference.ACTIVATIONS[name][0](Z), rtol=1e-12, atol=1e-14)


@EVERY
def test_derivatives_equal_the_textbook(name):
    dy = np.random.default_rng(0).standard_normal(Z.shape)
    expected = dy * reference.ACTIVATIONS[name][1](Z)
    np.testing.assert_allclose(slope(name, Z, dy), expected, rtol=1e-11, atol=1e-13)


@EVERY
def test_derivatives_equal_central_differences(name):
    z, h = np.linspace(-5.0, 5.0, 100).reshape(4, 25), 1e-5  # an even number of points: none sits on a kink at 0
    quotient = (forward(name, z + h)[1] - forward(name, z - h)[1]) / (2.0 * h)
    np.testing.assert_allclose(slope(name, z, np.ones_like(z)), quotient, rtol=0.0, atol=1e-9)


@EVERY
def test_forward_keeps_z_for_the_backward_pass_unless_in_place(name):
    z, y = forward(name, Z)
    if ACTIVATIONS[name].in_place:
        assert y is z
    else:
        np.testing.assert_array_equal(z, Z)


@EVERY
def test_single_precision_stays_single_and_close(name):
    z = Z.astype("float32")
    y, dy = forward(name, z)[1], slope(name, z, np.ones_like(z))
    assert (y.dtype, dy.dtype) == ("float32", "float32")
    np.testing.assert_allclose(y, reference.ACTIVATIONS[name][0](Z), rtol=2e-6, atol=2e-6)
    np.testing.assert_allclose(dy, reference.ACTIVATIONS[name][1](Z), rtol=0.0, atol=4e-6)


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_the_limits_without_a_warning(name, dtype):
    z = np.array([[-1e4, 1e4]], dtype=dtype)
    at_minus, at_plus = {
        "identity": (-1e4, 1e4), "relu": (0, 1e4), "leaky_relu": (-100, 1e4), "elu": (-1, 1e4), "gelu": (0, 1e4),
        "silu": (0, 1e4), "sigmoid": (0, 1), "tanh": (-1, 1),
    }[name]  # fmt: skip
    slopes = {"identity": (1, 1), "leaky_relu": (0.01, 1), "sigmoid": (0, 0), "tanh": (0, 0)}.get(name, (0, 1))
    np.testing.assert_allclose(forward(name, z)[1], [[at_minus, at_plus]], rtol=1e-6)
    np.testing.assert_allclose(slope(name, z, np.ones_like(z)), [slopes], rtol=1e-6)


# z, phi(z), phi'(z): exact by hand, since exp(ln 3) = 3; GELU(1) from the formula with a calculator.
@pytest.mark.parametrize(
    ("name", "z", "y", "dy"),
    [
        ("identity", -3.0, -3.0, 1.0),
        ("relu", -1.0, 0.0, 0.0),
        ("relu", 0.0, 0.0, 0.0),
        ("relu", 2.0, 2.0, 1.0),
        ("leaky_relu", -2.0, -0.02, 0.01),
        ("leaky_relu", 0.0, 0.0, 0.01),
        ("leaky_relu", 2.0, 2.0, 1.0),
        ("elu", -math.log(2.0), -0.5, 0.5),
        ("elu", 0.0, 0.0, 1.0),
        ("elu", 3.0, 3.0, 1.0),
        ("sigmoid", math.log(3.0), 0.75, 3.0 / 16.0),
        ("tanh", math.log(2.0), 0.6, 0.64),
        ("silu", math.log(3.0), 0.75 * math.log(3.0), 0.75 + 3.0 / 16.0 * math.log(3.0)),
        ("silu", 0.0, 0.0, 0.5),
        ("gelu", 1.0, 0.8411919906, 1.0829640838),
        ("gelu", 0.0, 0.0, 0.5),
    ],
)
def test_hand_worked_numbers(name, z, y, dy):
    z = np.array([[z]])
    assert forward(name, z)[1].item() == pytest.approx(y, abs=1e-9)
    assert slope(name, z, np.ones_like(z)).item() == pytest.approx(dy, abs=1e-9)


def test_hand_worked_numbers_cover_every_activation():
    (mark,) = test_hand_worked_numbers.pytestmark
    assert {case[0] for case in mark.args[1]} == set(ACTIVATIONS)


@EVERY
def test_suggested_weights_exist_and_suit_the_shape_of_the_curve(name):
    initializer = ACTIVATIONS[name].initializer
    assert initializer in INITIALIZERS
    # Odd curves keep the variance as it is (Xavier); those that flatten one side need twice as much (He).
    assert initializer.startswith("xavier" if name in ("identity", "sigmoid", "tanh") else "he")


def test_gelu_lies_near_its_exact_form():
    exact = Z * np.vectorize(lambda z: 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))))(Z)
    np.testing.assert_allclose(forward("gelu", Z)[1], exact, rtol=0.0, atol=5e-4)


def test_sigmoid_may_write_elsewhere_or_in_place():
    z, out = Z.copy(), np.empty_like(Z)
    sigmoid(np, z, out)
    np.testing.assert_array_equal(z, Z)
    sigmoid(np, z, z)
    np.testing.assert_array_equal(z, out)
