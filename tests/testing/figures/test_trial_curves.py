"""The figure of a comparison."""

import numpy as np
import pytest

from testing.figures.trial_curves import STYLES, Curves, comparison_curves

NAMES = [f"network {number}" for number in range(9)]


def curves(name, epochs, seeds=1, start=0.9):
    rows = [[start + 0.001 * epoch + 0.01 * seed for epoch in range(epochs)] for seed in range(seeds)]
    return Curves(name, [[1 - value for value in row] for row in rows], rows)


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_lines_are_means_over_seeds_and_bands_their_range():
    figure = comparison_curves([curves("a", 3, seeds=3)], "digits")
    accuracy, loss = figure.axes
    np.testing.assert_allclose(accuracy.lines[0].get_ydata(), [91.0, 91.1, 91.2])
    np.testing.assert_allclose(accuracy.lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_allclose(loss.lines[0].get_ydata(), [0.09, 0.089, 0.088])
    band = accuracy.collections[0].get_datalim(accuracy.transData)
    np.testing.assert_allclose([band.y0, band.y1], [90.0, 92.2])


def test_one_seed_has_no_band():
    assert not comparison_curves([curves("a", 3)], "digits").axes[0].collections


def test_all_are_named_in_their_order_and_told_apart_without_colour():
    figure = comparison_curves([curves(name, 3) for name in NAMES[:6]], "digits")
    assert legend(figure) == NAMES[:6]
    lines = figure.axes[0].lines
    assert len({line.get_color() for line in lines}) == len({line.get_marker() for line in lines}) == 6
    assert figure.axes[0].get_title(loc="left") == "digits: 6 configurations"


def test_of_many_the_best_are_drawn_and_that_is_reported():
    figure = comparison_curves([curves(name, 3) for name in NAMES], "digits")
    assert legend(figure) == NAMES[: len(STYLES)]
    assert figure.axes[0].get_title(loc="left") == f"digits: the best {len(STYLES)} of 9 configurations"


def test_seeds_that_ended_at_different_epochs_are_drawn_as_far_as_all_went():
    uneven = Curves("a", [[0.3, 0.2, 0.1], [0.3, 0.2]], [[0.7, 0.8, 0.9], [0.7, 0.8]])
    assert len(comparison_curves([uneven], "digits").axes[0].lines[0].get_xdata()) == 2


@pytest.mark.parametrize(("epochs", "scale"), [((5, 6), "linear"), ((5, 100), "log"), ((1, 1), "linear")])
def test_trainings_of_very_different_lengths_share_a_logarithmic_axis_of_whole_epochs(epochs, scale):
    figure = comparison_curves([curves(str(number), number) for number in epochs], "digits")
    figure.draw_without_rendering()
    axes = figure.axes[1]
    assert axes.get_xscale() == scale
    low, high = axes.get_xlim()
    assert low < 1
    assert high > max(epochs)
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert ticks
    assert all(float(tick).is_integer() for tick in ticks)


def test_nothing_is_cut_off_where_names_are_long():
    long = [
        curves(f"default hidden_sizes=512,256,128 learning_rate=0.00{n} activation=leaky_relu", 3) for n in range(7)
    ]
    figure = comparison_curves(long, "digits")
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 < figure.axes[1].get_window_extent().y0


def test_where_figures_differ_much_the_best_are_not_squeezed_together():
    slow = Curves("slow", [[2.0, 1.0]], [[0.5, 0.8]])
    good = Curves("good", [[0.1, 0.05]], [[0.98, 1.0]])
    figure = comparison_curves([good, slow], "digits")
    figure.draw_without_rendering()
    accuracy, loss = figure.axes
    places = accuracy.transData.transform([(1, 50), (1, 80), (1, 95), (1, 98), (1, 99), (1, 100)])[:, 1]
    assert (np.diff(places) > 0.05 * np.ptp(places)).all()
    assert loss.get_yscale() == "log"
    for axes in (accuracy, loss):
        low, high = axes.get_ylim()
        for drawn in axes.lines:
            assert low <= min(drawn.get_ydata())
            assert max(drawn.get_ydata()) <= high
    assert {"80", "95", "99"} <= {label.get_text() for label in accuracy.get_yticklabels()}


def test_where_they_differ_little_the_scales_are_even():
    figure = comparison_curves([curves("a", 3), curves("b", 3, start=0.91)], "digits")
    assert {axes.get_yscale() for axes in figure.axes} == {"linear"}


def test_no_loss_at_all_is_drawn_too():
    figure = comparison_curves([Curves("a", [[1.0, 0.0]], [[0.0, 1.0]])], "digits")
    figure.draw_without_rendering()
    assert figure.axes[1].get_yscale() == "linear"
