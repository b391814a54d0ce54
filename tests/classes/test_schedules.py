"""Learning-rate schedules against other forms of their formulas."""

import numpy as np
import pytest

from backend import InputError
from classes.schedules import SCHEDULES, LearningRate
from tests.helpers import reference

EVERY = pytest.mark.parametrize("name", SCHEDULES)


@EVERY
def test_factors_equal_the_reference(name):
    for progress in np.arange(0, 101) / 100.0:
        expected = reference.SCHEDULES[name](progress)
        assert SCHEDULES[name](progress) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "start", "middle", "end"),
    [
        ("constant", 1.0, 1.0, 1.0),
        ("step", 1.0, 0.1, 0.01),
        ("exponential", 1.0, 0.1, 0.01),
        ("cosine", 1.0, 0.5, 0.0),
        ("one_cycle", 0.04, 0.8117449009, 0.0),  # (1 + cos(2 pi / 7)) / 2 half way
    ],
)
def test_ends_and_middle_by_hand(name, start, middle, end):
    assert [SCHEDULES[name](p) for p in (0.0, 0.5, 1.0)] == pytest.approx([start, middle, end], abs=1e-10)


def test_hand_worked_ends_cover_every_schedule():
    (mark,) = test_ends_and_middle_by_hand.pytestmark
    assert [case[0] for case in mark.args[1]] == list(SCHEDULES)


@EVERY
def test_factors_stay_between_0_and_1_and_reach_1(name):
    factors = [SCHEDULES[name](p) for p in np.arange(0, 1001) / 1000.0]
    assert min(factors) >= 0.0
    assert max(factors) == 1.0


def test_the_step_falls_at_the_thirds():
    step = SCHEDULES["step"]
    assert [round(step(p), 3) for p in (0.333, 0.334, 0.666, 0.667)] == [1.0, 0.1, 0.1, 0.01]


def test_one_cycle_rises_then_falls_and_is_smooth_at_the_peak():
    rise = [SCHEDULES["one_cycle"](p) for p in np.linspace(0.0, 0.3, 31)]
    fall = [SCHEDULES["one_cycle"](p) for p in np.linspace(0.3, 1.0, 71)]
    assert rise == sorted(rise)
    assert fall == sorted(fall, reverse=True)
    assert rise[15] == pytest.approx(0.52)  # half way between 0.04 and 1


@EVERY
@pytest.mark.parametrize("total", [1, 7])
def test_rates_follow_the_schedule_from_progress_0(name, total):
    rate = LearningRate(0.5, total, name)
    expected = [0.5 * reference.SCHEDULES[name](step / total) for step in range(total)]
    assert [rate(step) for step in range(total)] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@EVERY
def test_warm_up_rises_in_equal_steps_and_the_schedule_takes_the_rest(name):
    rate = LearningRate(0.8, 12, name, warmup_steps=4)
    assert [rate(step) for step in range(4)] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    expected = [0.8 * reference.SCHEDULES[name](step / 8) for step in range(8)]
    assert [rate(step) for step in range(4, 12)] == pytest.approx(expected, rel=1e-12, abs=1e-15)


@EVERY
def test_steps_past_the_end_keep_the_last_rate(name):
    rate = LearningRate(0.5, 10, name, warmup_steps=2)
    assert rate(11) == rate(1000) == 0.5 * SCHEDULES[name](1.0)


@pytest.mark.parametrize("base", [0.0, -0.1, float("nan"), float("inf")])
def test_a_rate_that_is_not_positive_is_refused(base):
    with pytest.raises(InputError, match=r"learning_rate.*expected.*found.*default"):
        LearningRate(base, 10)


@pytest.mark.parametrize(("warmup", "total"), [(10, 10), (11, 10), (-1, 10), (1, 0)])
def test_a_warm_up_as_long_as_the_training_is_refused(warmup, total):
    with pytest.raises(InputError, match=r"warm-up.*expected.*found.*epochs"):
        LearningRate(0.1, total, warmup_steps=warmup)


def test_a_warm_up_one_step_shorter_than_the_training_is_taken():
    assert LearningRate(0.1, 10, warmup_steps=9)(9) == 0.1


def test_an_unknown_schedule_is_refused():
    with pytest.raises(InputError, match="expected one of constant, cosine"):
        LearningRate(0.1, 10, "linear")
