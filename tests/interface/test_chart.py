"""Charts in the terminal: points, axes and layout."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interface.chart import Axis, Curve, TrainingChart, accuracy_panel, loss_panel
from tests.helpers.terminal import Recorded


def text(chart, width, height=4, *, unicode=True):
    return ["".join(part for part, _ in row) for row in chart.rows(width, height, unicode=unicode)]


def filled(epochs=4, *, validated=True, losses=(2.0, 1.0, 0.5, 0.2), accuracies=(0.5, 0.8, 0.9, 0.95)):
    chart = TrainingChart(epochs)
    for n, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True), 1):
        chart.train(n - 0.5, loss, accuracy)
        if validated:
            chart.validate(n, loss, accuracy)
    return chart


def test_a_curve_keeps_its_mean_and_its_ends_however_long_it_gets():
    curve = Curve()
    for n in range(10_000):
        curve.add(n, float(n), 1 + n % 3)
    weight = sum(point.weight for point in curve.points)
    assert len(curve.points) <= 128
    assert weight == sum(1 + n % 3 for n in range(10_000))
    mean = sum(point.value * point.weight for point in curve.points) / weight
    assert mean == pytest.approx(sum(n * (1 + n % 3) for n in range(10_000)) / weight)
    assert curve.points[-1].place == 9999
    assert [point.place for point in curve.points] == sorted(point.place for point in curve.points)


@pytest.mark.parametrize(("value", "weight"), [(math.nan, 1), (math.inf, 1), (1.0, 0), (1.0, -1)])
def test_what_is_no_number_or_counts_for_nothing_leaves_a_gap(value, weight):
    curve = Curve()
    curve.add(0.5, value, weight)
    assert curve.points == []


@given(st.lists(st.floats(1e-6, 1e12), min_size=1, max_size=20))
def test_an_axis_holds_all_values_and_has_two_ticks_at_least(values):
    axis = Axis.around(values)
    assert len(axis.ticks) >= 2
    assert axis.ticks == tuple(sorted(axis.ticks))
    assert {f"{tick:.0e}"[0] for tick in axis.ticks} <= {"1", "2", "5"}
    assert all(-1e-12 <= axis.height(value) <= 1 + 1e-12 for value in values)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.3], (0.2, 0.5)),
        ([0.2, 0.5], (0.2, 0.5)),
        ([1.0], (1.0, 2.0)),
        ([10.0, 9.0], (5.0, 10.0)),
        ([1e-4], (1e-4, 2e-4)),
    ],
)
def test_an_axis_is_no_longer_than_it_must_be(values, ticks):
    assert Axis.around(values).ticks == pytest.approx(ticks)


def test_labels_of_accuracy_say_accuracy():
    label, quantity = accuracy_panel().label, accuracy_panel().quantity
    assert [label(tick) for tick in (1.0, 0.5, 0.05, 0.002, 0.0005, 1e-4)] == "0% 50% 95% 99.8% 99.95% 100%".split()
    assert (quantity(1.0), loss_panel().quantity(0.0)) == (1e-4, 1e-6)


def test_the_line_falls_with_the_loss_and_rises_with_the_accuracy():
    lines = text(filled(), 61, unicode=False)
    assert lines[0].split() == ["Loss", "Accuracy"]
    assert lines[-1] == "* training  o validation  epochs 0 to 4  log scales"
    for chart, rows in (("Loss", range(1, 5)), ("Accuracy", range(4, 0, -1))):
        left = 0 if chart == "Loss" else 31
        ends = [
            lines[row][left + 7 : left + 29].rstrip().rfind("o")
            for row in rows
            if "o" in lines[row][left + 7 : left + 29]
        ]
        assert ends == sorted(ends)
        assert len(ends) > 1


def test_marks_stand_where_their_epochs_end():
    chart = TrainingChart(4)
    chart.train(0.01, 1.0, 0.5)
    for epoch in (1, 2, 4):
        chart.validate(epoch, 1.5, 0.5)
    (line,) = [line for line in text(chart, 27 + 7, unicode=False)[1:-1] if "o" in line]
    assert [n - 7 for n, sign in enumerate(line) if sign == "o"] == [6, 13, 26]


def test_braille_draws_a_line_without_gaps():
    chart = TrainingChart(1)
    chart.train(0.0, 1.0, 0.5)
    chart.train(1.0, 0.1, 0.9)
    rows = text(chart, 27, 4)[1:-1]
    assert all(any("\u2800" < sign <= "\u28ff" for sign in row) for row in rows)
    columns = [sum("\u2800" < row[n] <= "\u28ff" for row in rows) for n in range(7, 27)]
    assert min(columns) >= 1
    assert rows[0][7] in "⡀⠄⠂⠁⠉⠒⠤⠑⠈⠃⠊"


def test_the_width_stands_for_twice_as_much_whenever_it_is_full():
    seen = []
    chart = TrainingChart(100)
    for place in (0.1, 0.3, 0.9, 1.5, 3.0, 60.0, 80.0):
        chart.train(place, 1.0, 0.5)
        seen.append(text(chart, 60)[-1].split("epochs 0 to ")[1].split()[0])
    assert seen == ["0.25", "0.5", "1", "2", "4", "64", "100"]


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [0, 20, 27, 40, 55, 56, 59, 79, 159, 400])
@pytest.mark.parametrize("height", [3, 8])
def test_every_row_fits_and_all_are_there(width, height, unicode):
    lines = text(filled(), width, height, unicode=unicode)
    assert len(lines) == (height + 2 if width >= 27 else 0)
    assert max(map(len, lines), default=0) <= width
    assert all(line.isascii() for line in lines) == (not unicode or width < 27)


def test_without_validation_there_is_no_mark_and_without_training_nothing():
    lines = text(filled(validated=False), 60)
    assert "o" not in "".join(lines[1:-1])
    assert "validation" not in lines[-1]
    assert text(TrainingChart(3), 60) == []
    only = TrainingChart(3)
    only.validate(1, 0.5, 0.9)
    assert text(only, 60) == []


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(allow_nan=True), st.floats(0, 1)), min_size=1, max_size=40),
    st.integers(0, 120),
)
def test_whatever_comes_is_drawn(points, width):
    chart = TrainingChart(5)
    for place, loss, accuracy in sorted(points, key=lambda point: point[0]):
        chart.train(place, abs(loss), accuracy)
        chart.validate(place, abs(loss), accuracy)
    assert all(len(line) <= width for line in text(chart, width))


def test_a_stream_without_braille_gets_stars():
    console = Recorded(encoding="ascii", width=60)
    console.show(filled())
    assert "* training" in console.out
    assert "#" not in console.out
    assert "?" not in console.out
