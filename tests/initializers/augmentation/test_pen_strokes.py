"""Additional pen strokes on digits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initializers.augmentation.pen_strokes import FORMS, add_strokes, pen_widths
from initializers.geometry import centre_of_mass, to_mnist_geometry
from tests.helpers.samples.drawn_digits import ink

# Corners of strokes in a unit square from its top left corner; a full turn's are those of a circle.
ROUND = [(math.cos(turn), math.sin(turn)) for turn in np.linspace(0.0, 2.0 * math.pi, 25)]
LOOP = [(0.5 + 0.3 * x, 0.3 + 0.28 * y) for x, y in ROUND]
DIGITS = {
    0: [[(0.5 + 0.35 * x, 0.5 + 0.5 * y) for x, y in ROUND]],
    1: [[(0.55, 0.0), (0.45, 1.0)]],
    6: [[(1.0 - x, 1.0 - y) for x, y in LOOP], [(0.2, 0.7), (0.4, 0.0)]],
    7: [[(0.2, 0.0), (0.9, 0.05), (0.4, 1.0)]],
    9: [LOOP, [(0.8, 0.3), (0.6, 1.0)]],
}
MORE = {
    0: [(0.2, 0.9), (0.8, 0.1)],
    1: [(0.55, 0.0), (0.15, 0.4)],
    6: [(0.4, 0.0), (0.9, 0.1)],
    7: [(0.3, 0.5), (0.9, 0.5)],
    9: [(0.6, 1.0), (0.1, 0.9)],
}
MANY = 40


def written(strokes, pen=20):
    """Return a digit (784,) of some strokes as MNIST shows it."""
    return to_mnist_geometry(ink(strokes=strokes, pen=pen)).ravel()


def with_strokes(image, digit, *, share=1.0, seed=0, many=MANY):
    """Return copies (n, 28, 28) of an image, each with strokes of its own."""
    images = np.tile(image, (many, 1))
    add_strokes(images, np.full(many, digit), np.random.default_rng(seed), share)
    return images.reshape(many, 28, 28)


def added(digit, strokes=None):
    """Return where (n, 28, 28) much ink is new, with the digit back in its old place, and the digit (28, 28)."""
    before = written(strokes or DIGITS[digit]).reshape(28, 28).astype(int)
    found = []
    for after in with_strokes(before.astype("uint8").ravel(), digit):
        moved = [np.roll(after, (r, c), (0, 1)).astype(int) for r in range(-4, 5) for c in range(-4, 5)]
        found.append(max((image - before for image in moved), key=lambda new: np.minimum(new, 0).sum()))
    return np.array(found) > 100, before


@pytest.mark.parametrize("digit", FORMS)
def test_digits_without_such_strokes_get_them_and_those_with_stay_as_they_are(digit):
    plain, full = written(DIGITS[digit]), written([*DIGITS[digit], MORE[digit]])
    assert np.mean(with_strokes(plain, digit).reshape(MANY, -1) != plain, axis=1).astype(bool).all()
    kept = (with_strokes(full, digit).reshape(MANY, -1) == full).all(axis=1)
    assert kept.mean() > (0.6 if digit == 7 else 0.99)  # a barred seven may get a serif yet


@pytest.mark.parametrize("digit", set(range(10)) - set(FORMS))
def test_other_digits_stay_as_they_are(digit):
    image = written(DIGITS[1])
    assert (with_strokes(image, digit).reshape(MANY, -1) == image).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_so_many_get_strokes_as_are_asked_for(share):
    image = written(DIGITS[1])
    changed = (with_strokes(image, 1, share=share, many=1000).reshape(1000, -1) != image).any(axis=1)
    assert abs(changed.mean() - share) < 0.05


@pytest.mark.parametrize("digit", FORMS)
@pytest.mark.parametrize("pen", [14, 20, 28])
def test_digits_keep_mnists_geometry(digit, pen):
    before = written(DIGITS[digit], pen)
    then = centre_of_mass(before.reshape(28, 28))
    for after in with_strokes(before, digit):
        assert np.abs(np.subtract(centre_of_mass(after), then)).max() < 0.75
        assert after.max() == 255
        rows, columns = (np.flatnonzero(after.max(axis=axis) > 76) for axis in (1, 0))
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21


def test_flags_hang_left_from_the_top_and_feet_stand_across_the_bottom():
    new, before = added(1)
    rows, stem = np.arange(28), before > 128
    first, last = np.flatnonzero(stem.any(axis=1))[[0, -1]]
    middle = stem @ rows / np.maximum(stem.sum(axis=1), 1)
    flags = feet = 0
    for strokes in new:
        r, c = np.nonzero(strokes)
        is_foot = r > last - 4
        feet += is_foot.any()
        flags += not is_foot.all()
        assert (c[~is_foot] <= middle[r[~is_foot]]).all()
        assert (r[~is_foot] <= first + 0.8 * 20).all()
        if is_foot.any():
            assert c[is_foot].min() < middle[last] < c[is_foot].max()
    assert 0.75 * MANY < flags < MANY
    assert 0.2 * MANY < feet < 0.65 * MANY


def test_no_flag_is_as_wide_as_a_sevens_top():
    upright = written([[(0.5, 0.0), (0.5, 1.0)]])
    columns = (with_strokes(upright, 1, many=500)[:, :19] > 128).any(axis=1)
    widths = columns.sum(axis=1)
    assert 8 < widths.max() <= 0.45 * 20 + 2.5
    assert len(set(widths)) > 5


def test_bars_cross_the_middle_of_a_sevens_stem_on_both_sides():
    new, before = added(7)
    rows, stem = np.arange(28), before > 128
    middle = stem @ rows / np.maximum(stem.sum(axis=1), 1)
    bars = 0
    for strokes in new:
        r, c = np.nonzero(strokes[12:22])
        if len(r):
            bars += 1
            offsets = c - middle[12 + r]
            assert offsets.min() < -1 < 1 < offsets.max()
    assert bars > 0.8 * MANY


def test_a_seven_whose_top_hangs_low_gets_no_bar_that_would_close_it():
    hanging = [[(0.2, 0.45), (0.2, 0.0), (0.9, 0.05), (0.4, 1.0)]]
    changed = (with_strokes(written(hanging), 7).reshape(MANY, -1) != written(hanging)).any(axis=1)
    assert changed.mean() < 0.5


def test_nines_curl_to_the_left_at_the_bottom_and_sixes_to_the_right_at_the_top():
    nine = DIGITS[9]
    turned = [[(1.0 - x, 1.0 - y) for x, y in stroke] for stroke in nine]
    for image in with_strokes(written(nine), 9):
        assert image[20:].sum(axis=0)[:12].sum() > written(nine).reshape(28, 28)[20:, :12].sum()
    for image in with_strokes(written(turned), 6):
        assert image[:8].sum(axis=0)[16:].sum() > written(turned).reshape(28, 28)[:8, 16:].sum()


def test_a_serif_hangs_from_the_left_end_of_the_top():
    seven = written(DIGITS[7]).reshape(1, 28, 28) / 255.0
    left = np.flatnonzero((seven[0, :8] > 0.5).any(axis=0))[0]
    for seed in range(20):
        u = np.random.default_rng(seed).random((1, 7))
        u[:, 0] = 0.95  # a serif alone
        ((_, (start, _, end)),), drawn = FORMS[7](seven, pen_widths(seven), u)
        assert drawn.tolist() == [[False, True]]
        assert seven[0, *np.rint(start).astype(int)] > 0.5
        assert start[1] - left < 3
        assert 1.5 < end[0] - start[0] < 5
        assert abs(end[1] - start[1]) < 2


@pytest.mark.parametrize("lean", [-0.2, 0.0, 0.2])
def test_a_flag_keeps_its_angle_to_a_stem_that_leans(lean):
    one = written([[(0.5 - lean / 2, 0.0), (0.5 + lean / 2, 1.0)]]).reshape(1, 28, 28) / 255.0
    ((flag, _),), drawn = FORMS[1](one, pen_widths(one), np.full((1, 7), 0.5))
    assert drawn.tolist() == [[True, False]]
    down, left = flag[2] - flag[0]
    assert math.atan2(-left, down) + math.atan(lean) == pytest.approx(0.7, abs=0.03)


def test_a_curl_continues_as_the_stem_came():
    nine = written(DIGITS[9]).reshape(1, 28, 28) / 255.0
    (((start, below, end),),), _ = FORMS[9](nine, pen_widths(nine), np.full((1, 7), 0.5))
    assert end[1] < below[1] < start[1]  # the stem comes from the right
    assert (below - start)[1] / (below - start)[0] == pytest.approx(-0.2 / 0.7, abs=0.1)


@pytest.mark.parametrize(("more", "pen"), [([[(0.4, 1.0), (0.8, 1.0)]], 20), ([], 60)], ids=["a foot", "a thick pen"])
def test_no_curl_where_it_would_run_into_the_digit(more, pen):
    nine = written([*DIGITS[9], *more], pen)
    assert (with_strokes(nine, 9).reshape(MANY, -1) == nine).all()


def test_a_six_gets_what_a_nine_gets_upside_down():
    nine, u = written(DIGITS[9]).reshape(1, 28, 28) / 255.0, np.full((1, 7), 0.5)
    curves, _ = FORMS[6](nine[:, ::-1, ::-1], pen_widths(nine), u / 0.6)
    np.testing.assert_allclose(27.0 - curves, FORMS[9](nine, pen_widths(nine), u)[0])  # pixel 0 becomes pixel 27


def test_faint_digits_get_faint_strokes_and_keep_their_ink():
    faint = np.rint(0.8 * written(DIGITS[7])).astype("uint8")
    for image in with_strokes(faint, 7):
        assert image.max() == faint.max()
        assert image.sum() > 0.98 * faint.sum()


def test_slashes_of_zeros_rise_to_the_right():
    new, _ = added(0)
    long = [np.nonzero(strokes) for strokes in new if strokes.any(axis=0).sum() > 6]
    assert len(long) > 0.4 * MANY
    assert max(np.corrcoef(r, c)[0, 1] for r, c in long) < -0.5


def test_zeros_too_narrow_for_a_slash_stay_as_they_are():
    narrow = written([[(0.5 + 0.15 * x, 0.5 + 0.5 * y) for x, y in ROUND]], pen=26)
    assert (with_strokes(narrow, 0).reshape(MANY, -1) == narrow).all()


@pytest.mark.parametrize(("paper", "full"), [(0.0, 1.0), (-0.42, 2.82)])
def test_floats_of_any_scale_become_what_bytes_become(paper, full):
    labels = np.array(list(FORMS))
    images = np.stack([written(DIGITS[digit]) for digit in labels])
    floats = (images / 255.0 * (full - paper) + paper).astype("float32")
    add_strokes(images, labels, np.random.default_rng(1), 1.0)
    add_strokes(floats, labels, np.random.default_rng(1), 1.0, paper=paper, ink=full)
    np.testing.assert_allclose((floats - paper) / (full - paper) * 255.0, images, atol=0.51)


def test_an_image_gets_its_strokes_whatever_else_is_in_the_batch():
    labels = np.array([1, 7, 9, 0, 6, 1, 4, 7])
    images = np.stack([written(DIGITS.get(digit, DIGITS[1])) for digit in labels])
    whole, part = images.copy(), images[:3].copy()
    add_strokes(whole, labels, np.random.default_rng(2), 0.8)
    add_strokes(part, labels[:3], np.random.default_rng(2), 0.8)
    np.testing.assert_array_equal(whole[:3], part)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.02, 0.3, 1.0]))
def test_whatever_an_image_shows_ink_stays_ink(seed, density):
    generator = np.random.default_rng(seed)
    labels = np.repeat(list(FORMS), 3)
    images = generator.integers(1, 256, (len(labels), 784)) * (generator.random((len(labels), 784)) < density)
    images = images.astype("float32")
    most = images.max(axis=1)
    add_strokes(images, labels, generator, 1.0)
    assert images.min() >= 0.0
    np.testing.assert_allclose(images.max(axis=1), most, rtol=1e-5)


@pytest.mark.parametrize("width", [3, 5, 8])
def test_the_pens_width_is_twice_the_area_by_the_outline(width):
    line = np.zeros((1, 60, 60))
    line[0, 10:50, 20 : 20 + width] = 1.0
    corner = np.sqrt(2.0) - 2.0  # where both differences meet, one length takes the place of two
    assert pen_widths(line)[0] == pytest.approx(2.0 * 40 * width / (2 * (40 + width) + corner))


def test_strokes_are_as_wide_as_the_pen():
    thin, thick = (written(DIGITS[1], pen) for pen in (14, 36))
    more = [with_strokes(image, 1).sum(axis=(1, 2), dtype=float).mean() - image.sum() for image in (thin, thick)]
    assert 1.4 < more[1] / more[0] < 36 / 14  # some of a thick one lies on the stem
