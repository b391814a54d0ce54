"""The geometry of windows."""

import pytest

from classes.layers.convolution.windows import Axis, window_axes


@pytest.mark.parametrize("extent", range(1, 12))
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_padded_windows_cover_every_pixel_that_a_stride_reaches(extent, size, stride):
    axis = Axis(extent, size, stride, "same")
    starts = [number * stride - axis.before for number in range(axis.count)]
    assert axis.count == -(-extent // stride)
    assert starts[0] <= 0
    assert starts[-1] + size <= extent + axis.after
    assert 0 <= axis.after - axis.before <= 1
    assert axis.total == extent + axis.before + axis.after


@pytest.mark.parametrize("extent", range(3, 12))
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_windows_without_padding_stay_inside(extent, stride):
    axis = Axis(extent, 3, stride)
    last = (axis.count - 1) * stride + 3
    assert last <= extent < last + stride
    assert (axis.before, axis.after, axis.total) == (0, 0, extent)


def test_height_and_width_may_differ():
    vertical, horizontal = window_axes((9, 7, 2), (3, 2), (2, 1), "valid", "a layer")
    assert (vertical.count, horizontal.count) == (4, 6)
