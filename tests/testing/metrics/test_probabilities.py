"""Metrics of probabilities against scikit-learn and known values, and on invalid input."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, top_k_accuracy_score
from sklearn.metrics import log_loss as peer_log_loss

from backend.errors import InputError
from testing.metrics.probabilities import brier_score, expected_calibration_error, log_loss, reliability, top_k_accuracy


@st.composite
def predicted(draw):
    """Draw truths and softmax rows; coarse logits make ties."""
    rows, classes = draw(st.integers(1, 40)), draw(st.integers(3, 11))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    logits = np.round(rng.normal(size=(rows, classes)) * 3)
    p = np.exp(logits)
    return rng.integers(0, classes, rows), p / p.sum(axis=1, keepdims=True)


@given(predicted())
def test_log_loss_equals_scikit_learn(case):
    y, p = case
    assert log_loss(y, p) == pytest.approx(peer_log_loss(y, p, labels=range(p.shape[1])), abs=1e-12)


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")  # float32 rows do in float32 alone
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_loss_and_brier_score_equal_scikit_learn_where_the_last_class_never_occurs(dtype):
    rng = np.random.default_rng(3)
    for classes in range(3, 12):
        y = rng.integers(0, classes - 1, 500)
        p = np.clip(rng.dirichlet(np.full(classes, 0.5), 500), 1e-6, 1)
        p = (p / p.sum(axis=1, keepdims=True)).astype(dtype)
        exact = p.astype(float)  # in float32 the peer's own mean is off by 1e-7
        assert log_loss(y, p) == pytest.approx(peer_log_loss(y, exact, labels=range(classes)), abs=1e-12)
        peer = brier_score_loss(y, exact, labels=range(classes), scale_by_half=False)
        assert brier_score(y, p) == pytest.approx(peer, abs=1e-12)


@given(predicted())
def test_brier_score_equals_scikit_learn(case):
    y, p = case
    peer = brier_score_loss(y, p, labels=range(p.shape[1]), scale_by_half=False)
    assert brier_score(y, p) == pytest.approx(peer, abs=1e-12)


@given(st.integers(0, 2**32), st.integers(1, 300), st.integers(2, 11), st.integers(1, 20))
def test_calibration_equals_scikit_learns_curve(seed, rows, classes, bins):
    rng = np.random.default_rng(seed)
    y, p = rng.integers(0, classes, rows), rng.dirichlet(np.ones(classes), rows)
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    fraction, confidence = calibration_curve(right, sure, n_bins=bins, pos_label=True)
    counts = np.bincount(np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], sure))
    peer = np.abs(fraction - confidence) @ counts[counts > 0] / rows
    assert expected_calibration_error(y, p, bins) == pytest.approx(peer, abs=1e-12)


@given(predicted(), st.integers(1, 4))
def test_top_k_equals_scikit_learn_without_ties(case, k):
    y, p = case
    p = p + np.random.default_rng(0).uniform(0, 1e-9, p.shape)  # the peer breaks ties in another way
    peer = (
        top_k_accuracy_score(y, p, k=k, labels=range(p.shape[1])) if k < p.shape[1] else 1.0
    )  # the peer warns where every class is among the first
    assert top_k_accuracy(y, p, k) == pytest.approx(peer, abs=1e-12)


@given(predicted())
def test_top_1_is_the_accuracy_of_argmax_even_with_ties(case):
    y, p = case
    assert top_k_accuracy(y, p, 1) == np.mean(p.argmax(axis=1) == y)


@given(predicted())
def test_all_classes_hold_the_right_one(case):
    y, p = case
    assert top_k_accuracy(y, p, p.shape[1]) == 1.0


@given(predicted(), st.integers(1, 20))
def test_calibration_equals_the_definition(case, bins):
    y, p = case
    confidence, right, total = p.max(axis=1), p.argmax(axis=1) == y, 0.0
    for b in range(bins):
        inside = (confidence * bins > b) & (confidence * bins <= b + 1)
        if inside.any():
            total += inside.sum() / len(y) * abs(right[inside].mean() - confidence[inside].mean())
    assert expected_calibration_error(y, p, bins) == pytest.approx(total, abs=1e-12)


@given(predicted(), st.integers(1, 20))
def test_bins_hold_every_sample_once(case, bins):
    y, p = case
    found = reliability(y, p, bins)
    assert found.count.sum() == len(y)
    assert found.right.sum() == (p.argmax(axis=1) == y).sum()
    assert found.confidence_sum.sum() == pytest.approx(p.max(axis=1).sum())
    full = found.count > 0
    edges = np.arange(bins + 1) / bins
    assert (found.confidence[full] > edges[:-1][full] - 1e-12).all()
    assert (found.confidence[full] <= edges[1:][full] + 1e-12).all()
    assert np.isnan(found.accuracy[~full]).all()
    assert np.isnan(found.confidence[~full]).all()


def test_no_bins_are_refused():
    with pytest.raises(InputError, match="bins"):
        reliability(np.array([0]), np.array([[1.0, 0.0]]), 0)


def test_a_confidence_on_the_edge_of_two_bins_belongs_to_the_lower():
    p = np.array([[0.5, 0.5], [0.75, 0.25]])
    assert expected_calibration_error(np.array([0, 1]), p, bins=2) == (abs(1 - 0.5) + abs(0 - 0.75)) / 2


def test_sure_and_right_is_perfect():
    y, p = np.array([0, 1, 2]), np.eye(3, dtype=np.float32)
    assert (log_loss(y, p), top_k_accuracy(y, p), expected_calibration_error(y, p)) == (0.0, 1.0, 0.0)
    assert (brier_score(y, p), brier_score((y + 1) % 3, p)) == (0.0, 2.0)


def test_sure_and_wrong_is_dear_and_finite():
    loss = log_loss(np.array([1]), np.array([[1.0, 0.0]], np.float32))
    assert loss == pytest.approx(-math.log(np.finfo(np.float32).tiny), rel=1e-6)


@pytest.mark.parametrize("metric", [log_loss, brier_score, top_k_accuracy, expected_calibration_error])
@pytest.mark.parametrize(
    ("y", "p"),
    [
        ([0, 1], [[1.0, 0.0]]),
        ([2], [[1.0, 0.0]]),
        ([0], [1.0, 0.0]),
        ([0], [[1, 0]]),
        ([], np.zeros((0, 2))),
    ],
)
def test_what_does_not_fit_is_refused(metric, y, p):
    with pytest.raises(InputError, match=r"y_true|probabilities"):
        metric(np.array(y), np.array(p))


def test_top_0_is_refused():
    with pytest.raises(InputError, match="at least 1"):
        top_k_accuracy(np.array([0]), np.array([[1.0, 0.0]]), 0)
