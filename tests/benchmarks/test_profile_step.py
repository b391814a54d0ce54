"""The profiler of steps."""

import dataclasses

import numpy as np
import pytest

from benchmarks import profile_step
from benchmarks.race import stopwatch
from benchmarks.race.jobs import setting_of
from benchmarks.race.stopwatch import Stopwatch, TimedNamespace
from classes import ACTIVATIONS, Dense
from initializers.data_loader import MNISTDataLoader

SETTING = dataclasses.replace(setting_of("dropout-512"), hidden_sizes=(16, 8), dropout=(0.2, 0.0), batch_size=32)


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves when it is told to."""

    class Clock:
        now = 0

        def wait(self, nanoseconds):
            self.now += nanoseconds

    clock = Clock()
    monkeypatch.setattr(stopwatch.time, "perf_counter_ns", lambda: clock.now)
    return clock


def test_a_part_is_charged_for_its_own_time_alone(clock):
    watch = Stopwatch()

    def outer():
        clock.wait(5)
        watch.run("inner", clock.wait, 100)
        watch.run("inner", clock.wait, 20)

    watch.run("outer", outer)
    watch.end_step()
    watch.run("inner", clock.wait, 3)
    watch.end_step()
    assert watch.steps == [{"outer: inner": 120, "outer": 5}, {"inner": 3}]


def test_a_call_that_only_hands_over_leaves_no_mark_on_inner_names(clock):
    watch = Stopwatch()
    watch.run("hand over", lambda: watch.run("work", clock.wait, 7), names_inner=False)
    watch.end_step()
    assert watch.steps == [{"work": 7, "hand over": 0}]


def test_an_error_goes_through_and_is_charged(clock):
    watch = Stopwatch()
    with pytest.raises(ZeroDivisionError):
        watch.run("outer", lambda: 1 / 0)
    watch.run("next", clock.wait, 1)
    watch.end_step()
    assert watch.steps == [{"outer": 0, "next": 1}]


def test_the_timed_namespace_computes_what_numpy_does_and_knows_products():
    watch = Stopwatch()
    xp = TimedNamespace(watch, np)
    a, b = np.ones((2, 3)), np.ones((3, 4))
    np.testing.assert_array_equal(xp.matmul(a, b), a @ b)
    assert xp.add.reduce([1, 2]) == 3
    assert xp.float32 is np.float32
    watch.end_step()
    name = "product (2 x 3) (3 x 4)"
    assert list(watch.steps[0]) == [name]
    assert watch.flops == {name: 48}


@pytest.fixture(scope="module")
def measured():
    dataset = MNISTDataLoader(data="embedded").load_data()
    return profile_step.profile(SETTING, dataset, epochs=2)


def test_parts_add_up_to_the_step(measured):
    sums = np.sum(list(measured.parts.values()), axis=0)
    np.testing.assert_allclose(sums, measured.watched, rtol=1e-6)
    steps = 2 * (1438 // 32 - 1)  # without the first of an epoch, and without the smaller last one
    assert len(measured.watched) == len(measured.plain) == steps


def test_every_product_of_a_step_is_found(measured):
    products = [label for label in measured.parts if "product" in label and "loss" not in label]
    found = {label.partition(": ")[0] for label in products}
    sizes = [f"{a}-{b}" for a, b in [(784, 16), (16, 8), (8, 10)]]
    assert found == {f"dense {size} {way}" for size in sizes for way in ("forward", "backward")}
    whole = sum(measured.flops[label.rpartition(": ")[2]] for label in products)
    assert whole == SETTING.flops_per_image * 32


def test_every_group_is_there(measured):
    groups = {profile_step.group_of(label) for label in measured.parts}
    wanted = {"matrix products", "activations", "rest of the dense layers: biases", "dropout", "loss", "optimizer"}
    assert wanted | {"gather rows", "scale pixels", profile_step.REST} <= groups


def test_tables_have_a_line_a_part_the_longest_first(measured):
    lines = profile_step.table(measured, rate=1e11)
    assert len(lines) == len(measured.parts)
    microseconds = [float(line[1]) for line in lines]
    assert microseconds == sorted(microseconds, reverse=True)
    assert all((line[4] != "") == ("product" in line[0]) for line in lines)
    shares = [float(line[2].rstrip("%")) for line in profile_step.groups(measured.parts)]
    assert sum(shares) == pytest.approx(100.0, abs=1.0)


def test_nothing_is_left_under_the_watch(measured):
    assert Dense.forward.__name__ == "forward"
    assert type(ACTIVATIONS["relu"]).forward.__name__ == "forward"
