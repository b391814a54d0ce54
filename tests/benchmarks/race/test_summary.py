"""Medians, spreads and ratios of rounds, on known values."""

import doctest
import importlib

import pytest

from benchmarks.race.summary import Spread, epoch_seconds, images_per_second, measured, names, ratio, seconds_of, select


def seconds(row):
    return row["s"]


def rounds(*values):
    return [{"round": number, "s": value} for number, value in enumerate(values)]


def test_the_first_epoch_warms_up_and_left_out_images_are_made_good():
    row = {"seconds": [100.0, 2.0, 4.0, 3.0], "images": 59_904}
    assert epoch_seconds(row) == pytest.approx(3.0 * 60_000 / 59_904)
    assert images_per_second(row) == pytest.approx(59_904 / 3.0)


def test_where_the_number_of_images_varies_an_epoch_is_one_of_those():
    row = {"seconds": [9.0, 2.0], "images": 120_000}
    assert seconds_of(row | {"part": "images"}) == pytest.approx(2.0)
    assert seconds_of(row | {"part": "width"}) == pytest.approx(1.0)


def test_a_value_that_one_round_lacks_is_no_value():
    assert measured(rounds(3.0, 1.0, 2.0), seconds) == Spread(2.0, 1.0, 3.0)
    assert measured(rounds(3.0, None), seconds) is None
    assert measured([], seconds) is None


def test_ratios_are_taken_within_a_round_whatever_the_order():
    ours, theirs = rounds(1.0, 10.0, 2.0), rounds(2.0, 30.0, 2.0)
    assert ratio(theirs[::-1], ours, seconds) == Spread(2.0, 1.0, 3.0)  # the medians' own ratio would be 1.0


def test_there_is_no_ratio_where_a_round_has_no_counterpart():
    assert ratio(rounds(1.0, 2.0), rounds(1.0), seconds) is None
    assert ratio(rounds(1.0), rounds(None), seconds) is None
    assert ratio([], [], seconds) is None


def test_rows_are_found_by_their_fields():
    rows = [{"peer": "b", "round": 0}, {"peer": "a", "round": 0}, {"peer": "b", "round": 1}]
    assert select(rows, peer="b", round=1) == [rows[2]]
    assert select(rows, optimizer="adam") == []
    assert names(rows, "peer") == ["b", "a"]


def test_a_spread_of_one_value_is_shown_as_that_value():
    assert f"{Spread(1.0, 0.5, 2.0):.1f}" == "1.0 (0.5 to 2.0)"
    assert f"{Spread(1.0, 1.0, 1.0):.1f}" == "1.0"


@pytest.mark.parametrize(
    "module", "profile_step race.jobs race.memory race.scaling_figure race.setting race.summary race.tables".split()
)  # collecting all of benchmarks would import peers that are not there
def test_examples_in_docstrings(module):
    done = doctest.testmod(importlib.import_module(f"benchmarks.{module}"))
    assert done.attempted
    assert not done.failed
