"""Optimizers against the formulas of their papers (unscaled moments), and known values."""

import numpy as np
import pytest

from backend import InputError
from classes.layers.parameters import ParameterVector
from classes.optimizers import OPTIMIZERS
from tests.helpers import reference

EVERY = pytest.mark.parametrize("name", OPTIMIZERS)


def bound(name, w=None, b=None, dtype="float64", **arguments):
    w, b = np.atleast_2d(w if w is not None else np.ones((3, 2))), np.atleast_1d(b if b is not None else np.ones(2))
    parameters = ParameterVector(np, {"b": b.shape, "W": w.shape}, dtype)
    parameters.view("W")[...], parameters.view("b")[...] = w, b
    optimizer = OPTIMIZERS[name](**arguments)
    optimizer.bind(np, parameters)
    return optimizer, parameters


@EVERY
@pytest.mark.parametrize("decay", [None, 0.0, 0.3])
@pytest.mark.parametrize("steps", [1, 2, 40])
def test_steps_equal_the_textbook(name, decay, steps):
    rng = np.random.default_rng(3)
    w, b = rng.standard_normal((3, 2)), rng.standard_normal(2)
    optimizer, parameters = bound(name, w, b, weight_decay=decay)
    usual_decay = reference.OPTIMIZERS[name][2]
    twin, pairs = reference.Descent(name, usual_decay if decay is None else decay), [(w, b)]
    for k in range(steps):
        dW, db = rng.standard_normal((3, 2)) * 10.0 ** rng.integers(-4, 3), rng.standard_normal(2)
        parameters.gradient("W")[...], parameters.gradient("b")[...] = dW, db
        optimizer.step(rate := 0.1 / (k + 1))
        pairs = twin.step(pairs, [(dW, db)], rate)
    np.testing.assert_allclose(parameters.view("W"), pairs[0][0], rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(parameters.view("b"), pairs[0][1], rtol=1e-11, atol=1e-13)


# From w = 1 with rate 0.1 and two given gradients, weight decay 0.
# momentum: m = 1, w = 1 - 0.1;             m = 0.9 + 1 = 1.9,   w = 0.9 - 0.19
# nesterov: m = 1, w = 1 - 0.1 (1 + 0.9);   m = 1.9,             w = 0.81 - 0.1 (1 + 1.71)
# adagrad:  v = 9, w = 1 - 0.1 3/3;         v = 9 + 16 = 25,     w = 0.9 - 0.1 4/5
# rmsprop:  v = 0.1 4 = 0.4, w = 1 - 0.2 / sqrt 0.4;  v = 0.36 + 1.6 = 1.96, w -= 0.4 / 1.4
# adam:     the first step is the rate itself, whatever the gradient; then with g = 0.5, -0.5:
#           m = 0.9 0.05 - 0.05 = -0.005, over 1 - 0.81: -1/38;  v corrected: 0.25;  w = 0.9 + 0.1 (1/38) / 0.5
HAND_WORKED = {
    "sgd": ((1.0, -2.0), (0.9, 1.1)),
    "momentum": ((1.0, 1.0), (0.9, 0.71)),
    "nesterov": ((1.0, 1.0), (0.81, 0.539)),
    "adagrad": ((3.0, 4.0), (0.9, 0.82)),
    "rmsprop": ((2.0, 4.0), (1.0 - 0.2 / 0.4**0.5, 1.0 - 0.2 / 0.4**0.5 - 0.4 / 1.4)),
    "adam": ((0.5, -0.5), (0.9, 0.9 + 0.2 / 38.0)),
    "adamw": ((0.5, -0.5), (0.9, 0.9 + 0.2 / 38.0)),
}


@EVERY
def test_first_steps_by_hand(name):
    gradients, expected = HAND_WORKED[name]
    optimizer, parameters = bound(name, [[1.0]], [1.0], weight_decay=0.0)
    for g, w in zip(gradients, expected, strict=True):
        parameters.grads[...] = g
        optimizer.step(0.1)
        np.testing.assert_allclose(parameters.values, [w, w], rtol=1e-7)


@EVERY
def test_decay_shrinks_matrices_by_rate_times_decay_and_leaves_biases_alone(name):
    optimizer, parameters = bound(name, weight_decay=0.5)
    parameters.grads[...] = 0.0
    optimizer.step(0.1)
    np.testing.assert_allclose(parameters.view("W"), 0.95, rtol=1e-15)
    np.testing.assert_array_equal(parameters.view("b"), 1.0)


@EVERY
def test_a_gradient_of_0_moves_nothing_and_warns_of_nothing(name):
    optimizer, parameters = bound(name, weight_decay=0.0)
    for _ in range(3):
        parameters.grads[...] = 0.0
        optimizer.step(0.1)
    np.testing.assert_array_equal(parameters.values, 1.0)


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "adamw"])
def test_the_small_number_in_the_denominator_is_where_the_papers_have_it(name):
    # g = 1e-8 = e: Adam's and AdaGrad's first step is r g / (g + e) = r / 2; RMSProp's is r g / (sqrt(0.1) g + e).
    optimizer, parameters = bound(name, weight_decay=0.0)
    parameters.grads[...] = 1e-8
    optimizer.step(0.1)
    step = 0.1 / (0.1**0.5 + 1.0) if name == "rmsprop" else 0.05
    np.testing.assert_allclose(parameters.values, 1.0 - step, rtol=1e-12)


@EVERY
def test_usual_rates_and_decays(name):
    optimizer = OPTIMIZERS[name]()
    assert (optimizer.usual_rate, optimizer.weight_decay) == reference.OPTIMIZERS[name][1:]
    assert optimizer.usual_decay == optimizer.weight_decay
    assert optimizer.kind == name


@EVERY
def test_steps_are_counted_and_binding_starts_again(name):
    optimizer, parameters = bound(name)
    first = parameters.values.copy()
    parameters.grads[...] = 1.0
    optimizer.step(0.1)
    moved = parameters.values.copy()
    assert optimizer.steps == 1
    assert set(optimizer.state) == set(optimizer.vectors)
    assert all(vector.any() for vector in optimizer.state.values())

    optimizer.bind(np, parameters)
    assert optimizer.steps == 0
    assert not any(vector.any() for vector in optimizer.state.values())
    parameters.values[...], parameters.grads[...] = first, 1.0
    optimizer.step(0.1)
    np.testing.assert_array_equal(parameters.values, moved)


@EVERY
def test_single_precision_stays_single_and_close(name):
    (single, p32), (double, p64) = bound(name, dtype="float32"), bound(name)
    for k in range(10):
        for optimizer, parameters in ((single, p32), (double, p64)):
            parameters.grads[...] = np.sin(k + np.arange(8))
            optimizer.step(0.01)
    assert p32.values.dtype == "float32"
    assert all(vector.dtype == "float32" for vector in single.state.values())
    np.testing.assert_allclose(p32.values, p64.values, rtol=1e-5, atol=1e-5)


@EVERY
def test_each_finds_the_bottom_of_a_bowl(name):
    optimizer, parameters = bound(name, weight_decay=0.0)
    rate = 1.0 if name == "adagrad" else 0.05
    for k in range(500):
        parameters.grads[...] = parameters.values - np.arange(8) / 8  # the gradient of |w - w*|^2 / 2
        optimizer.step(rate * (1.0 - k / 500))
    np.testing.assert_allclose(parameters.values, np.arange(8) / 8, atol=0.01)


@pytest.mark.parametrize(("name", "most"), [("sgd", 0), ("momentum", 1), ("nesterov", 1), ("adam", 3), ("adamw", 3)])
def test_each_takes_no_more_vectors_than_its_rule_needs(name, most, peak_of):
    parameters, optimizer = ParameterVector(np, {"W": (1000, 100)}, "float32"), OPTIMIZERS[name]()
    assert peak_of(lambda: optimizer.bind(np, parameters)) < (most + 0.5) * parameters.values.nbytes


@EVERY
@pytest.mark.parametrize("decay", [-0.1, float("nan"), float("inf")])
def test_a_decay_that_is_negative_or_not_finite_is_refused(name, decay):
    with pytest.raises(InputError, match=r"weight_decay.*expected.*found.*usual"):
        OPTIMIZERS[name](weight_decay=decay)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("count", [2, 3])
def test_parts_one_by_one_come_to_the_bits_of_the_whole(optimizer, count):
    results = []
    for size in (1, count):
        generator = np.random.default_rng(0)
        parameters = ParameterVector(np, {"W": (37, 11), "b": (11,)}, "float32")
        parameters.values[...] = generator.standard_normal(parameters.size)
        rule = OPTIMIZERS[optimizer](weight_decay=0.1)
        rule.bind(np, parameters)
        for step in range(3):
            parameters.grads[...] = generator.standard_normal(parameters.size)
            for part in parameters.parts(size):
                rule.steps = step
                rule.step(0.01, part)
        results.append(parameters.values)
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_state_can_move_house(optimizer):
    rule, parameters = bound(optimizer)
    parameters.grads[...] = 0.5
    rule.step(0.1)
    before = {name: vector.copy() for name, vector in rule.state.items()}
    places = []
    rule.move(lambda vector: places.append(np.empty_like(vector)) or places[-1])
    assert len(places) == len(before)
    for name, place in zip(rule.state, places, strict=True):
        assert rule.state[name] is place
        np.testing.assert_array_equal(place, before[name])
