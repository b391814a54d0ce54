"""The charts: their contents, and that nothing is cut off or overlaps."""

import numpy as np
import pytest

from backend.drawing import RIGHT, TRAIN, VALIDATION, WRONG
from classes.training.records import EpochRecord, History
from testing.figures import (
    confidence_histogram,
    confusion_heatmap,
    per_class_scores,
    reliability_diagram,
    training_curves,
)
from testing.metrics import precision_recall_f1, wilson_interval
from testing.metrics.probabilities import reliability
from tests.helpers.seen import assert_clear
from tests.helpers.seen import words as texts

LONG = ("T-shirt", "a name that is really far too long", "x")
CONFUSION = np.array([[90, 0, 10], [3, 97, 0], [0, 0, 1200]])


def history(epochs, *, validation=True, chosen=None, loss=1.0):
    """Return a history whose figures can be told apart."""
    val = (2 * loss, 0.25) if validation else (None, None)
    return History([EpochRecord(e, epochs, loss / e, 0.5, *val, 0.1, 1.0, 1.0) for e in range(1, epochs + 1)], chosen)


def line(axes, color):
    """Return the line of a colour, or None."""
    return next((drawn for drawn in axes.lines if drawn.get_color() == color), None)


def test_curves_show_every_figure_of_the_history():
    loss, accuracy, rate = training_curves(history(4, chosen=2), "MNIST").axes
    np.testing.assert_allclose(line(loss, TRAIN).get_ydata(), [1, 1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_allclose(line(loss, VALIDATION).get_ydata(), [2.0] * 4)
    np.testing.assert_allclose(line(accuracy, TRAIN).get_ydata(), [50.0] * 4)
    np.testing.assert_allclose(line(accuracy, VALIDATION).get_ydata(), [25.0] * 4)
    np.testing.assert_allclose(rate.lines[0].get_ydata(), [0.1] * 4)
    assert all(list(axes.lines[-1].get_xdata()) == [2, 2] for axes in (loss, accuracy, rate))
    assert loss.get_ylim()[0] == 0
    assert loss.get_ylim()[1] > 2.0


def test_curves_name_what_they_show():
    shown = texts(training_curves(history(3, chosen=2), "embedded digits"))
    assert {"embedded digits: training", "training", "validation", "weights kept: epoch 2"} <= shown


def test_curves_without_validation_or_choice_leave_them_out():
    figure = training_curves(history(3, validation=False), "MNIST")
    assert line(figure.axes[0], VALIDATION) is None
    assert "validation" not in texts(figure)
    assert not any("kept" in text for text in texts(figure))


def test_a_single_epoch_shows_a_point_at_a_whole_number():
    figure = training_curves(history(1), "MNIST")
    figure.draw_without_rendering()
    axes = figure.axes[-1]
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1.0]
    assert figure.axes[0].lines[0].get_marker() == "o"


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 0.0])
def test_curves_can_be_drawn_of_a_training_that_failed(loss):
    texts(training_curves(history(2, loss=loss), "MNIST"))


def test_the_heatmap_writes_counts_and_leaves_zeros_out():
    figure = confusion_heatmap(CONFUSION, ("a", "b", "c"), "MNIST")
    written = {tuple(t.get_position()): t.get_text() for t in figure.axes[0].texts}
    assert written == {
        (0.5, 0.5): "90\n90.0%",
        (1.5, 1.5): "97\n97.0%",
        (2.5, 2.5): "1,200\n100.0%",
        (2.5, 0.5): "10\n10.0%",
        (0.5, 1.5): "3\n3.0%",
    }
    assert {"MNIST: confusion matrix", "predicted", "true", "a", "b", "c"} <= texts(figure)


def test_the_worst_mistake_has_the_full_colour_whatever_the_diagonal():
    _, mistakes = confusion_heatmap(CONFUSION, ("a", "b", "c"), "MNIST").axes[0].collections
    assert mistakes.get_clim() == (0, 10.0)  # per cent of its row
    assert mistakes.get_array().compressed().tolist() == [10.0, 3.0]


def test_a_rare_mistake_looks_rare():
    _, mistakes = confusion_heatmap(np.array([[999, 1], [0, 1000]]), ("a", "b"), "MNIST").axes[0].collections
    assert mistakes.get_clim() == (0, 1.0)


def test_a_heatmap_without_mistakes_has_no_scale_of_them():
    assert len(confusion_heatmap(np.diag([3, 0, 5]), ("a", "b", "c"), "MNIST").axes) == 1


def test_scores_stand_at_their_values():
    scores = precision_recall_f1(CONFUSION)
    axes = per_class_scores(scores, ("a", "b", "c"), "MNIST").axes[0]
    drawn = {str(points.get_label()): points.get_xdata() for points in axes.lines}
    for name, values in (("recall", scores.recall), ("precision", scores.precision), ("F1", scores.f1)):
        np.testing.assert_allclose(drawn[name], 100 * values)
    (first, *_) = axes.collections[0].get_segments()
    assert first[:, 0] == pytest.approx([82.56, 94.48], abs=0.01)  # Wilson's interval of 90 out of 100


def test_a_class_that_never_occurs_can_be_drawn():
    texts(per_class_scores(precision_recall_f1(np.diag([3, 0, 5])), LONG, "MNIST"))


def test_the_histogram_counts_right_and_wrong():
    p = np.array([[0.97, 0.03], [0.98, 0.02], [0.4, 0.6], [0.7, 0.3]])
    figure = confidence_histogram(np.array([0, 0, 1, 1]), p, "MNIST")
    right, wrong = ([bar.get_height() for bar in bars] for bars in figure.axes[0].containers)
    assert (sum(right), sum(wrong)) == (3, 1)
    assert right[19] == 2  # 95 to 100 %
    assert wrong[14] == 1  # 70 to 75 %
    assert [next(iter(bars)).get_facecolor() for bars in figure.axes[0].containers] == [rgba(RIGHT), rgba(WRONG)]
    assert {"correct: 3, median 97.0%", "incorrect: 1, median 70.0%"} <= texts(figure)


def rgba(color):
    from matplotlib.colors import to_rgba

    return to_rgba(color)


@pytest.mark.parametrize("y", [[0, 0], [1, 1]])
def test_a_histogram_of_one_kind_alone_can_be_drawn(y):
    assert any(
        text.endswith(": 0") for text in texts(confidence_histogram(np.array(y), np.array([[0.9, 0.1]] * 2), "MNIST"))
    )


def confident(rows=4000, classes=10):
    """Return truths and probabilities that are too modest."""
    rng = np.random.default_rng(0)
    z = 2 * rng.normal(size=(rows, classes))
    y = (2 * z + rng.gumbel(size=z.shape)).argmax(axis=1)
    p = np.exp(z)
    return y, p / p.sum(axis=1, keepdims=True)


def test_reliability_shows_accuracy_over_confidence_in_every_bin_that_is_not_empty():
    y, p = confident()
    figure = reliability_diagram(y, p, "MNIST", bins=10)
    upper, lower = figure.axes
    found = reliability(y, p, 10)
    full = found.count > 0
    dots = line(upper, TRAIN)
    np.testing.assert_allclose(dots.get_xdata(), 100 * found.confidence[full])
    np.testing.assert_allclose(dots.get_ydata(), 100 * found.accuracy[full])
    spans = [segment[:, 1].tolist() for segment in upper.collections[0].get_segments()]
    ends = zip(found.right[full], found.count[full], strict=True)
    np.testing.assert_allclose(spans, [100 * np.array(wilson_interval(int(k), int(n))) for k, n in ends])
    assert [bar.get_height() for bar in lower.patches] == found.count.tolist()
    assert f"as trained\nexpected calibration error {found.error:.2%}" in texts(figure)
    assert_clear(figure)


def test_reliability_stands_beside_that_at_another_temperature():
    y, p = confident()
    colder = p**2 / (p**2).sum(axis=1, keepdims=True)
    figure = reliability_diagram(y, p, "MNIST", after=colder, temperature=0.5)
    before, after = reliability(y, p).error, reliability(y, colder).error
    assert after < before / 3
    assert {
        f"as trained\nexpected calibration error {before:.2%}",
        f"temperature 0.5\nexpected calibration error {after:.2%}",
    } <= texts(figure)
    accuracies = reliability(y, colder).accuracy
    np.testing.assert_allclose(line(figure.axes[1], TRAIN).get_ydata(), 100 * accuracies[~np.isnan(accuracies)])
    assert_clear(figure)


def test_reliability_of_a_single_sure_image_can_be_drawn():
    assert_clear(reliability_diagram(np.array([0]), np.array([[1.0, 0.0]]), "MNIST"))


@pytest.mark.parametrize("names", [("a", "b"), tuple("0123456789"), tuple(f"{n} {LONG[1]}" for n in range(10))])
@pytest.mark.parametrize("size", [3, 100_000])
def test_nothing_is_cut_or_lies_on_something_else(names, size):
    classes = len(names)
    confusion = np.random.default_rng(0).integers(0, size // 2, (classes, classes)) + np.diag([size] * classes)
    y, p = confident(300, classes)
    for figure in (
        confusion_heatmap(confusion, names, "embedded digits"),
        per_class_scores(precision_recall_f1(confusion), names, "embedded digits"),
        confidence_histogram(y, p, "embedded digits"),
        reliability_diagram(y, p, "embedded digits", after=p, temperature=0.0123456),
    ):
        assert_clear(figure)


@pytest.mark.parametrize("epochs", [1, 2, 100, 1000])
def test_curves_are_clear(epochs):
    assert_clear(training_curves(history(epochs, chosen=epochs, loss=1e-3), "embedded digits, a subset"))
