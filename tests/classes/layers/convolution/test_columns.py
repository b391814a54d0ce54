"""The columns of windows."""

import numpy as np
import pytest

from backend import NumpyBackend
from classes.layers import Slot
from classes.layers.convolution.columns import Columns
from classes.layers.convolution.windows import window_axes

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_row_k_of_every_window_is_one_matrix(stride, padding):
    x = RNG.standard_normal((3, 7, 6, 8))
    vertical, horizontal = window_axes(x.shape[1:], (3, 2), stride, padding, "a layer")
    matrices = Columns(Slot(NumpyBackend(), "float64", 3, None), x.shape[1:], vertical, horizontal).of(x)
    padded = np.pad(x, [(0, 0), (vertical.before, vertical.after), (horizontal.before, horizontal.after), (0, 0)])
    assert len(matrices) == 3
    for k, matrix in enumerate(matrices):
        places = [(i, j) for i in range(vertical.count) for j in range(horizontal.count)]
        for column, (i, j) in enumerate(places):
            top, left = stride[0] * i + k, stride[1] * j
            np.testing.assert_array_equal(matrix[:, column], padded[:, top, left : left + 2].reshape(3, 16))


@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_short_rows_are_gathered_to_whole_windows(stride, padding):
    x = RNG.standard_normal((3, 7, 6, 1))
    vertical, horizontal = window_axes(x.shape[1:], (3, 2), stride, padding, "a layer")
    (matrix,) = Columns(Slot(NumpyBackend(), "float64", 3, None), x.shape[1:], vertical, horizontal).of(x)
    padded = np.pad(x, [(0, 0), (vertical.before, vertical.after), (horizontal.before, horizontal.after), (0, 0)])
    places = [(stride[0] * i, stride[1] * j) for i in range(vertical.count) for j in range(horizontal.count)]
    for column, (top, left) in enumerate(places):
        np.testing.assert_array_equal(matrix[:, column], padded[:, top : top + 3, left : left + 2].reshape(3, 6))
