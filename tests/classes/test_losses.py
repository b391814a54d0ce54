"""Softmax and cross-entropy against reference implementations, known values, and extreme logits."""

import math

import numpy as np
import pytest

from backend import InputError, NumpyBackend
from classes.losses import LOSSES, SoftmaxCrossEntropy
from tests.helpers import reference

RNG = np.random.default_rng(2)
Z, Y = 3.0 * RNG.standard_normal((7, 5)), RNG.integers(5, size=7)


def bound(kind="cross_entropy", classes=5, capacity=7, dtype="float64", **settings):
    loss = LOSSES[kind](**settings)
    loss.bind(NumpyBackend(), classes, capacity, dtype)
    return loss


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows", [7, 3, 1])
def test_loss_and_gradient_equal_the_textbook(kind, smoothing, rows):
    loss = bound(kind, label_smoothing=smoothing)
    loss.forward(Z, Y)  # a whole batch first: a short one must not see its rows
    mean, gradient = reference.LOSSES[kind](Z[:rows], Y[:rows], smoothing)
    losses = loss.forward(Z[:rows], Y[:rows])
    assert losses.shape == (rows,)
    assert losses.mean() == pytest.approx(mean, rel=1e-13)
    np.testing.assert_allclose(loss.backward() / rows, gradient, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_gradient_equals_central_differences(kind, smoothing):
    loss = bound(kind, label_smoothing=smoothing)
    quotient = reference.difference_quotient(lambda z: float(loss.forward(z, Y).sum()), Z)
    loss.forward(Z, Y)
    np.testing.assert_allclose(loss.backward(), quotient, rtol=0.0, atol=1e-9)


def textbook(z, targets, smoothing):
    """Return the rows' losses and gradients: both are linear in the targets, so class by class."""
    losses, gradients = np.zeros(len(z)), np.zeros_like(z)
    for i, c in np.ndindex(targets.shape):
        loss, gradient = reference.cross_entropy(z[i : i + 1], np.array([c]), smoothing)
        losses[i] += targets[i, c] * loss
        gradients[i] += targets[i, c] * gradient[0]
    return losses, gradients


SOFT = [kind for kind, loss in LOSSES.items() if loss.takes_targets]
TARGETS = RNG.dirichlet(np.full(5, 0.5), size=7)


@pytest.mark.parametrize("kind", SOFT)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("rows", [7, 3, 1])
def test_targets_equal_the_textbooks_class_by_class(kind, smoothing, rows):
    loss = bound(kind, label_smoothing=smoothing)
    loss.forward(Z, TARGETS)
    losses, gradients = textbook(Z[:rows], TARGETS[:rows], smoothing)
    np.testing.assert_allclose(loss.forward(Z[:rows], TARGETS[:rows]), losses, rtol=1e-13)
    np.testing.assert_allclose(loss.backward(), gradients, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("kind", SOFT)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_gradient_for_targets_equals_central_differences(kind, smoothing):
    loss = bound(kind, label_smoothing=smoothing)
    quotient = reference.difference_quotient(lambda z: float(loss.forward(z, TARGETS).sum()), Z)
    loss.forward(Z, TARGETS)
    np.testing.assert_allclose(loss.backward(), quotient, rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("kind", SOFT)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_hot_targets_are_as_good_as_class_numbers(kind, smoothing, dtype):
    z, targets = Z.astype(dtype), np.eye(5)[Y]
    losses, gradients = [], []
    for y in (Y, targets, targets.astype("float32")):
        loss = bound(kind, label_smoothing=smoothing, dtype=dtype)
        losses.append(loss.forward(z, y).tolist())
        gradients.append(loss.backward().tolist())
        assert loss.backward().dtype == dtype
    assert losses[0] == losses[1] == losses[2]
    assert gradients[0] == gradients[1] == gradients[2]
    np.testing.assert_array_equal(targets, np.eye(5)[Y])


# Half a 0 and half a 1 cost (ln 4 + ln 4/3) / 2 at probabilities 1/4 and 3/4; smoothing leaves the even target alone.
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_an_even_target_by_hand(smoothing):
    ours = bound(classes=2, label_smoothing=smoothing)
    z, t = np.array([[0.0, math.log(3.0)]]), np.array([[0.5, 0.5]])
    assert ours.forward(z, t).tolist() == pytest.approx([(math.log(4.0) + math.log(4.0 / 3.0)) / 2.0], rel=1e-14)
    np.testing.assert_allclose(ours.backward(), [[-0.25, 0.25]], rtol=0.0, atol=1e-15)


# Two logits ln 1 and ln 3 stand for probabilities 1/4 and 3/4. With e = 0.2 the target row of class 1 is
# (0.1, 0.9), so L = -(0.1 ln 1/4 + 0.9 ln 3/4) and dL/dz = (1/4 - 0.1, 3/4 - 0.9).
@pytest.mark.parametrize(
    ("smoothing", "label", "loss", "gradient"),
    [
        (0.0, 1, math.log(4.0 / 3.0), [0.25, -0.25]),
        (0.0, 0, math.log(4.0), [-0.75, 0.75]),
        (0.2, 1, 0.1 * math.log(4.0) + 0.9 * math.log(4.0 / 3.0), [0.15, -0.15]),
    ],
)
def test_hand_worked_numbers(smoothing, label, loss, gradient):
    ours = bound(classes=2, label_smoothing=smoothing)
    z, y = np.array([[0.0, math.log(3.0)]]), np.array([label])
    assert ours.forward(z, y).tolist() == pytest.approx([loss], rel=1e-14)
    np.testing.assert_allclose(ours.backward(), [gradient], rtol=0.0, atol=1e-15)


def test_every_row_has_its_own_loss_and_gradient():
    loss = bound(classes=2)
    z = np.array([[0.0, math.log(3.0)], [0.0, 0.0]])
    assert loss.forward(z, np.array([1, 0])).tolist() == pytest.approx([math.log(4.0 / 3.0), math.log(2.0)])
    np.testing.assert_allclose(loss.backward(), [[0.25, -0.25], [-0.5, 0.5]], atol=1e-15)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_an_indifferent_guess_costs_the_logarithm_of_the_number_of_classes(smoothing):
    loss = bound(classes=10, label_smoothing=smoothing)
    assert loss.forward(np.zeros((1, 10)), np.array([4])).tolist() == pytest.approx([math.log(10.0)])


def test_the_least_smoothed_loss_is_reached_at_the_smoothed_targets():
    loss = bound(classes=3, label_smoothing=0.3)
    loss.forward(np.log([[0.8, 0.1, 0.1]]), np.array([0]))
    np.testing.assert_allclose(loss.backward(), np.zeros((1, 3)), atol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_rows_sum_to_1_and_ignore_a_shift(dtype):
    loss = bound(dtype=dtype)
    p = loss.probabilities(Z.astype(dtype)).copy()
    tolerance = 4 * np.finfo(dtype).eps
    assert p.dtype == dtype
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=tolerance)
    shifted = loss.probabilities((Z + 64.0).astype(dtype))
    np.testing.assert_allclose(shifted, p, rtol=1000 * tolerance)
    np.testing.assert_allclose(p, reference.softmax(Z), rtol=1000 * tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_logits_give_finite_losses_and_gradients_without_a_warning(dtype):
    loss = bound(classes=3, dtype=dtype)
    z = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0]], dtype=dtype)
    assert loss.forward(z, np.array([0, 1])).tolist() == pytest.approx([0.0, 2e4])
    np.testing.assert_array_equal(loss.backward(), [[0, 0, 0], [1, -1, 0]])
    np.testing.assert_array_equal(loss.probabilities(z), [[1, 0, 0], [1, 0, 0]])


def test_every_row_of_the_gradient_sums_to_0():
    loss = bound(label_smoothing=0.1)
    loss.forward(Z, Y)
    np.testing.assert_allclose(loss.backward().sum(axis=1), 0.0, atol=1e-15)


def test_logits_stay_as_they_are():
    loss, z = bound(), Z.copy()
    z.setflags(write=False)
    loss.forward(z, Y)
    loss.backward()
    loss.probabilities(z)


def test_buffers_are_used_again():
    loss = bound()
    loss.forward(Z, Y)
    gradient = loss.backward()
    loss.forward(Z[:3], Y[:3])
    assert np.shares_memory(gradient, loss.backward())


@pytest.mark.parametrize("smoothing", [1.0, -0.1, 2.0, float("nan"), float("inf")])
def test_smoothing_outside_0_to_1_is_refused(smoothing):
    with pytest.raises(InputError, match=r"label_smoothing.*expected.*found.*usual"):
        SoftmaxCrossEntropy(smoothing)


@pytest.mark.parametrize("kind", LOSSES)
def test_settings_make_the_same_loss_again(kind):
    settings = LOSSES[kind](label_smoothing=0.1).settings()
    assert settings == {"label_smoothing": 0.1}
    assert LOSSES[kind](**settings).settings() == settings
    assert LOSSES[kind].kind == kind
