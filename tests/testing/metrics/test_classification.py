"""Classification metrics against scikit-learn, SciPy and known values, and on invalid input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.metrics import confusion_matrix as peer_confusion

from backend.errors import InputError
from testing.metrics import accuracy, confusion_matrix, precision_recall_f1, wilson_interval


@st.composite
def labelled(draw):
    """Draw a number of classes, truths and predictions; some classes may never occur."""
    classes = draw(st.integers(2, 12))
    pairs = draw(st.lists(st.tuples(*[st.integers(0, classes - 1)] * 2), min_size=1, max_size=60))
    y_true, y_pred = np.array(pairs).T
    return classes, y_true, y_pred


@given(labelled())
def test_counts_equal_scikit_learn(case):
    classes, y_true, y_pred = case
    ours = confusion_matrix(y_true, y_pred, classes)
    assert ours.dtype == np.int64
    np.testing.assert_array_equal(ours, peer_confusion(y_true, y_pred, labels=range(classes)))
    assert accuracy(y_true, y_pred) == pytest.approx(accuracy_score(y_true, y_pred), abs=1e-15)


@given(labelled())
def test_scores_equal_scikit_learn(case):
    classes, y_true, y_pred = case
    ours = precision_recall_f1(confusion_matrix(y_true, y_pred, classes))
    peer = precision_recall_fscore_support(y_true, y_pred, labels=range(classes), zero_division=0)
    for values, expected in zip((ours.precision, ours.recall, ours.f1, ours.support), peer, strict=True):
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("average", ["macro", "weighted"])
@given(case=labelled())
@settings(max_examples=50)
def test_means_equal_scikit_learn(average, case):
    classes, y_true, y_pred = case
    ours = getattr(precision_recall_f1(confusion_matrix(y_true, y_pred, classes)), average)()
    peer = precision_recall_fscore_support(y_true, y_pred, labels=range(classes), average=average, zero_division=0)
    np.testing.assert_allclose([ours["precision"], ours["recall"], ours["f1"]], peer[:3], rtol=0, atol=1e-12)


@given(st.integers(1, 100_000), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_wilson_equals_scipy(trials, fraction, confidence):
    successes = round(trials * fraction)
    peer = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence) == pytest.approx(tuple(peer), abs=1e-12)


def test_wilson_stays_within_bounds_and_keeps_a_width():
    low, high = wilson_interval(100, 100)
    assert high == 1.0
    assert 0.95 < low < 0.97
    assert wilson_interval(0, 100)[0] == 0.0
    assert all(type(end) is float for end in wilson_interval(np.int64(3), np.int64(7)))


def test_scores_by_hand():
    scores = precision_recall_f1(np.array([[5, 1, 0], [2, 2, 0], [0, 0, 0]]))
    np.testing.assert_allclose(scores.precision, [5 / 7, 2 / 3, 0])
    np.testing.assert_allclose(scores.recall, [5 / 6, 1 / 2, 0])
    np.testing.assert_allclose(scores.f1, [10 / 13, 4 / 7, 0])
    assert scores.support.tolist() == [6, 4, 0]
    assert scores.weighted()["recall"] == pytest.approx(0.7)  # the accuracy
    assert scores.macro()["recall"] == pytest.approx((5 / 6 + 1 / 2) / 3)


def test_an_empty_matrix_scores_nothing():
    scores = precision_recall_f1(np.zeros((3, 3), int))
    assert scores.weighted() == {"precision": 0.0, "recall": 0.0, "f1": 0.0} == scores.macro()


def test_small_unsigned_labels_do_not_overflow():
    y = np.full(300, 11, np.uint8)
    assert confusion_matrix(y, y, 24)[11, 11] == 300  # 11 * 24 + 11 is more than a byte holds


@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [
        ([0, 1], [0]),
        ([0, 3], [0, 1]),
        ([0, -1], [0, 1]),
        ([0.0, 1.0], [0, 1]),
        ([], []),
        ([[0], [1]], [0, 1]),
    ],
)
def test_labels_that_are_none_are_refused(y_true, y_pred):
    with pytest.raises(InputError, match="y_"):
        confusion_matrix(np.array(y_true), np.array(y_pred), 3)


@pytest.mark.parametrize(("y_true", "y_pred"), [([0, 1], [0]), ([], []), ([[0], [1]], [0, 1])])
def test_accuracy_of_unlike_arrays_is_refused(y_true, y_pred):
    with pytest.raises(InputError, match="y_"):
        accuracy(np.array(y_true), np.array(y_pred))


@pytest.mark.parametrize("counts", [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(counts):
    with pytest.raises(InputError, match="counts"):
        wilson_interval(*counts)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5])
def test_wilson_refuses_impossible_confidence(confidence):
    with pytest.raises(InputError, match=r"0\.95"):
        wilson_interval(1, 2, confidence)


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.zeros(4), np.array([[1, -1], [0, 1]])])
def test_scores_refuse_what_is_no_confusion_matrix(matrix):
    with pytest.raises(InputError, match="square"):
        precision_recall_f1(matrix)
