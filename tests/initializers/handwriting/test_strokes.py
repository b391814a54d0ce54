"""Measurement and widening of strokes."""

import numpy as np
import pytest

from initializers.geometry import to_mnist_geometry
from initializers.handwriting.strokes import THINNEST, stroke_width, with_mnists_strokes
from tests.helpers.samples.drawn_digits import ink


@pytest.mark.parametrize("pen", [4, 10, 30])
def test_a_pens_width_is_measured(pen):
    assert stroke_width(ink("4", pen=pen)) == pytest.approx(pen, rel=0.15)


def test_nothing_has_no_width():
    assert stroke_width(np.zeros((5, 5))) == 0


@pytest.mark.parametrize("height", [30, 70, 200, 900])
@pytest.mark.parametrize("digit", ["0", "4", "7"])
def test_hairlines_become_as_wide_as_mnists_at_any_size(digit, height):
    amount = ink(digit, height=height, pen=max(1, height // 100), margin=5).astype(np.float32)
    image = to_mnist_geometry(with_mnists_strokes(amount)) / 255
    assert 1.9 < stroke_width(image) < 3.1


def test_wide_strokes_are_left_alone():
    amount = ink("4", pen=26)
    assert with_mnists_strokes(amount) is amount
    assert stroke_width(amount) * 20 / max(amount.shape) >= THINNEST


def test_no_hairline_breaks():
    diagonal = np.eye(900, dtype=np.float32)
    image = to_mnist_geometry(with_mnists_strokes(diagonal))
    assert (np.diag(image[4:24, 4:24]) > 100).all()
