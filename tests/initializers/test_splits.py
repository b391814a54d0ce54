"""Splits: exact sizes, stratification, and splits by writer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backend.errors import InputError
from initializers.splits import split_by_writer, stratified_split

labels = st.lists(st.integers(2, 30), min_size=1, max_size=12).map(
    lambda counts: np.repeat(np.arange(len(counts)), counts)
)
fractions = st.floats(0.001, 0.999)


@given(labels, fractions, st.integers(0, 2**32))
def test_the_parts_are_a_partition_of_exact_size(y, fraction, seed):
    kept, held_out = stratified_split(y, fraction, seed)
    assert sorted([*kept, *held_out]) == list(range(len(y)))
    assert len(held_out) == min(max(round(fraction * len(y)), 1), len(y) - 1)
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held_out) > 0).all()


@given(labels, fractions)
def test_every_class_stands_in_both_parts_where_there_is_room(y, fraction):
    kept, held_out = stratified_split(y, fraction, 0)
    if min(len(kept), len(held_out)) >= len(np.unique(y)):
        assert set(y[kept]) == set(y[held_out]) == set(y)


@given(st.lists(st.integers(20, 60), min_size=2, max_size=12), st.floats(0.1, 0.9))
def test_no_class_is_further_than_one_row_from_its_share(counts, fraction):
    y = np.repeat(np.arange(len(counts)), counts)
    _, held_out = stratified_split(y, fraction, 0)
    assert (np.abs(np.bincount(y[held_out], minlength=len(counts)) - fraction * np.array(counts)) < 1).all()


def test_largest_remainders_by_hand():
    # Quotas 5.6, 3.2 and 2.2 of 11: floors 5, 3 and 2; the one row left goes to the remainder of 0.6.
    y = np.repeat([0, 1, 2], [28, 16, 11])
    _, held_out = stratified_split(y, 0.2, 0)
    assert np.bincount(y[held_out]).tolist() == [6, 3, 2]


def test_a_small_class_takes_its_one_row_from_a_large_one():
    # Quotas 4.65, 0.15 and 0.2 of 5: floors 4, 0 and 0, of which the last two become 1; one row is taken back.
    y = np.repeat([0, 1, 2], [93, 3, 4])
    _, held_out = stratified_split(y, 0.05, 0)
    assert np.bincount(y[held_out]).tolist() == [3, 1, 1]


def test_a_seed_is_a_split():
    y = np.arange(1000) % 10
    first, again, other = (stratified_split(y, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_class_names_and_one_hot_rows_are_labels_too():
    y = np.arange(40) % 4
    expected = stratified_split(y, 0.25, 5)[1].tolist()
    assert stratified_split(np.eye(4)[y], 0.25, 5)[1].tolist() == expected
    assert stratified_split(np.array(list("abcd"))[y], 0.25, 5)[1].tolist() == expected


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), float("inf")])
def test_fractions_that_leave_a_part_empty_are_refused(fraction):
    with pytest.raises(InputError, match="between 0 and 1"):
        stratified_split(np.array([0, 0]), fraction, 0)


@pytest.mark.parametrize(("y", "found"), [([], "no samples"), ([0, 0, 7], "one sample of class 7")])
def test_classes_that_cannot_be_split_are_refused(y, found):
    with pytest.raises(InputError, match=found):
        stratified_split(np.array(y), 0.5, 0)


who = arrays.arrays(np.int32, st.integers(2, 300), elements=st.integers(0, 12)).filter(lambda w: len(np.unique(w)) > 1)


@given(who, fractions, st.integers(0, 2**32))
def test_no_writer_stands_in_both_parts(writers, fraction, seed):
    kept, held_out = split_by_writer(writers, fraction, seed)
    assert sorted([*kept, *held_out]) == list(range(len(writers)))
    assert set(writers[kept]).isdisjoint(writers[held_out])
    assert min(len(kept), len(held_out)) > 0
    assert (np.diff(kept) > 0).all()
    assert (np.diff(held_out) > 0).all()


@given(st.lists(st.integers(1, 200), min_size=2, max_size=40), fractions, st.integers(0, 9))
def test_the_share_is_as_close_as_whole_writers_allow(counts, fraction, seed):
    writers = np.repeat(np.arange(len(counts)), counts)
    _, held_out = split_by_writer(writers, fraction, seed)
    assert abs(len(held_out) - fraction * len(writers)) <= max(counts)


def test_many_writers_of_all_classes_make_a_nearly_stratified_part():
    writers, y = np.repeat(np.arange(500), 20), np.tile(np.arange(10), 1000)
    _, held_out = split_by_writer(writers, 0.1, 3)
    assert np.bincount(y[held_out]).tolist() == [100] * 10


def test_writers_are_drawn_by_the_seed_and_may_have_names():
    writers = np.repeat(np.arange(50), 4)
    first, again, other = (split_by_writer(writers, 0.2, seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other
    names = np.array([f"writer {number:02}" for number in range(50)])[writers]
    assert split_by_writer(names, 0.2, 1)[1].tolist() == first


@pytest.mark.parametrize("writers", [[], [4, 4, 4], np.arange(6).reshape(3, 2)], ids=["none", "one", "a table"])
def test_without_two_writers_there_is_no_split(writers):
    with pytest.raises(InputError, match="writers: expected at least two, one per sample"):
        split_by_writer(np.array(writers), 0.5, 0)


@pytest.mark.parametrize("fraction", [0, 1, float("nan")])
def test_fractions_are_refused_for_writers_too(fraction):
    with pytest.raises(InputError, match="between 0 and 1"):
        split_by_writer(np.arange(10), fraction, 0)
