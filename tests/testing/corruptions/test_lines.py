"""Corruptions of strokes: lines, zigzags and edges."""

import numpy as np
import pytest

from testing.corruptions.lines import _ink, canny_edges, dotted_line, zigzag


def rng(seed=0):
    return np.random.default_rng(seed)


def blank(count=60):
    return np.zeros((count, 28, 28), np.uint8)


def mixed(count=20):
    return rng(9).integers(0, 256, (count, 28, 28), np.uint8)


@pytest.mark.parametrize("corrupt", [dotted_line, zigzag])
def test_lines_add_ink_only(corrupt):
    images = mixed()
    drawn = corrupt(images, rng())
    assert (drawn >= images).all()
    strokes = corrupt(blank(20), rng())
    np.testing.assert_allclose(drawn, np.minimum(images + strokes.astype(int), 255), atol=2)
    assert (drawn > images).any(axis=(1, 2)).all()


def test_dots_stand_in_two_of_four_columns():
    drawn = dotted_line(blank(), rng())
    inked = drawn.any(axis=(0, 1))
    np.testing.assert_array_equal(np.flatnonzero(inked), [c for c in range(27) if c % 4 in (2, 3)])


def test_dots_lie_on_a_straight_line_across():
    for image in dotted_line(blank(), rng()):
        columns = [c for c in range(2, 27) if image[:, c].max() > 0 and 0 < image[:, c].argmax() < 27]
        rows = [(image[:, c] / image[:, c].sum()) @ np.arange(28) for c in columns]
        fit = np.polyval(np.polyfit(columns, rows, 1), columns)
        assert np.abs(fit - rows).max() < 0.6


def test_a_stroke_has_the_published_profile_straight_up_and_down():
    (ink,) = _ink((np.array([0.0]), np.array([10.0])), (np.array([27.0]), np.array([10.0])))
    profile = [0, 1 + np.log(1 - 1 / 2.3), 1, 1 + np.log(1 - 1 / 2.3), 0]
    np.testing.assert_allclose(ink[8:13, 5], profile, atol=1e-6)
    assert ink[:, :27].any(axis=0).all()
    assert not ink[:, 27].any()


def test_a_zigzag_crosses_the_picture_and_turns_two_pixels_off_its_axis():
    levels = [image for image in zigzag(blank(400), rng()) if is_level(image)]
    assert len(levels) > 10
    for level in levels:
        inked = np.flatnonzero(level.any(axis=0))
        assert inked[0] in (1, 2, 3)
        assert inked[-1] in (23, 24, 25)
        heights = {c: (level[:, c] / level[:, c].sum()) @ np.arange(28) for c in range(2, 25)}
        peaks = np.array([heights[c] for c in (4, 8, 12, 16, 20, 24)])
        np.testing.assert_allclose(peaks - heights[2], [2, -2, 2, -2, 2, -2], atol=0.7)


def is_level(image):
    """Return whether a zigzag lies level and whole within the picture."""
    rows = np.flatnonzero(image.any(axis=1))
    return rows[0] > 2 and rows[-1] < 25 and rows[-1] - rows[0] <= 7


def test_edges_find_a_squares_outline_and_nothing_else():
    images = blank(2)
    images[0, 8:20, 8:20] = 255
    edges = canny_edges(images, rng())
    assert set(np.unique(edges)) == {0, 255}
    assert not edges[1].any()
    square = edges[0] > 0
    near = np.zeros((28, 28), bool)
    near[7:21, 7:21] = True
    near[10:18, 10:18] = False
    assert not square[~near].any()
    assert not square[10:18, 10:18].any()
    for row in range(10, 18):  # every line across meets both sides
        assert square[row, 7:10].any()
        assert square[row, 18:21].any()
        assert square[7:10, row].any()
        assert square[18:21, row].any()
    np.testing.assert_array_equal(square, square.T)


def test_faint_edges_are_left_out_unless_they_hang_on_strong_ones():
    images = blank(3)
    images[0, 8:20, 8:20] = 10  # |g| stays below both thresholds
    images[1, 8:20, 8:20] = 18  # above the lower one alone
    images[2, 8:20, 4:14], images[2, 8:20, 14:24] = 18, 255
    edges = canny_edges(images, rng())
    assert not edges[0].any()
    assert not edges[1].any()
    assert edges[2].any()
    assert canny_edges(images, rng(), high=0.1)[1].any()


def test_edges_of_one_picture_do_not_lend_strength_to_the_next():
    images = blank(2)
    images[0, 8:20, 8:20], images[1, 8:20, 8:20] = 255, 18
    assert not canny_edges(images, rng())[1].any()


def test_edges_do_not_know_left_from_right():
    images = mixed()
    np.testing.assert_array_equal(canny_edges(images[:, :, ::-1], rng()), canny_edges(images, rng())[:, :, ::-1])
    np.testing.assert_array_equal(canny_edges(images[:, ::-1], rng()), canny_edges(images, rng())[:, ::-1])


def test_the_outermost_ring_stays_black():
    edges = canny_edges(mixed(), rng())
    edges[:, 1:-1, 1:-1] = 0
    assert not edges.any()
