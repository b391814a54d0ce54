"""McNemar's test against SciPy, and the interval against known values and its coverage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from backend.errors import InputError
from testing.metrics.significance import PairedCounts, mcnemar_exact, paired_counts, paired_interval


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_equals_scipy(b, c):
    peer = binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c) == pytest.approx(peer, rel=1e-10)


@pytest.mark.parametrize(("b", "c", "p"), [(1, 0, 1.0), (5, 0, 2 / 32), (6, 1, 2 * 8 / 128), (2, 2, 1.0), (0, 0, 1.0)])
def test_mcnemar_by_hand(b, c, p):
    assert mcnemar_exact(b, c) == mcnemar_exact(c, b) == p


def test_mcnemar_of_many_images_neither_overflows_nor_becomes_negative():
    assert mcnemar_exact(np.int64(5000), np.int64(5000)) == 1.0
    assert 0.0 <= mcnemar_exact(0, 10_000) < 1e-300


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=50))
def test_images_are_counted_in_pairs(pairs):
    counts = paired_counts(*np.array(pairs).T)
    assert counts == PairedCounts(
        *(pairs.count(kind) for kind in [(True, True), (True, False), (False, True), (False, False)])
    )
    assert counts.total == len(pairs)
    first, second = np.mean(pairs, axis=0)
    assert counts.difference == pytest.approx(first - second)


def test_the_interval_by_hand():
    low, high = paired_interval(1, 7, 21)  # (2 - 8) / 23 -+ 1.96 sqrt((10 / 23 - (6 / 23)^2) / 23)
    half = 1.959963984540054 * math.sqrt((10 / 23 - 36 / 529) / 23)
    assert (low, high) == pytest.approx((-6 / 23 - half, -6 / 23 + half))


def test_the_interval_keeps_a_width_and_its_bounds():
    low, high = paired_interval(0, 0, 10_000)
    assert -0.0005 < low < 0 < high < 0.0005
    assert paired_interval(1, 0, 1)[1] <= 1.0
    assert paired_interval(0, 1, 1)[0] >= -1.0
    low, high = paired_interval(30, 10, 1000)
    assert paired_interval(10, 30, 1000) == pytest.approx((-high, -low))


@pytest.mark.parametrize(("p", "q"), [(0.05, 0.05), (0.1, 0.02), (0.2, 0.05), (0.3, 0.1)])
def test_the_interval_holds_the_truth_in_95_of_100_samples(p, q):
    n, covered = 60, 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            low, high = paired_interval(b, c, n)
            if low <= p - q <= high:
                ways = math.comb(n, b) * math.comb(n - b, c)
                covered += ways * p**b * q**c * (1 - p - q) ** (n - b - c)
    assert 0.93 < covered < 0.995


@pytest.mark.parametrize("counts", [(-1, 0, 5), (0, -1, 5), (3, 3, 5)])
def test_impossible_counts_are_refused(counts):
    with pytest.raises(InputError, match="counts"):
        paired_interval(*counts)
    if min(counts) < 0:
        with pytest.raises(InputError, match="counts"):
            mcnemar_exact(*counts[:2])


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_impossible_confidence_is_refused(confidence):
    with pytest.raises(InputError, match=r"0\.95"):
        paired_interval(1, 1, 5, confidence)


def test_models_that_saw_other_numbers_of_images_are_refused():
    with pytest.raises(InputError, match="second_right"):
        paired_counts(np.ones(3, bool), np.ones(2, bool))
