"""The residues of a stride, which share the taps of a kernel."""

import pytest

from classes.layers.convolution.input_gradient import residues
from classes.layers.convolution.windows import Axis


@pytest.mark.parametrize("extent", [5, 8, 9])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_every_pair_of_a_pixel_and_a_tap_that_meets_it_is_in_one_residue(extent, size, stride, padding):
    axis = Axis(extent, size, stride, padding)
    met = {
        (pixel, tap)
        for pixel in range(extent)
        for tap in range(size)
        if (pixel + axis.before - tap) % stride == 0
    }  # fmt: skip
    found = []
    for each in residues(axis):
        pixels, taps = range(extent)[each.pixels], range(size)[each.taps]
        assert (len(pixels), len(taps)) == (each.count, each.size)
        assert (pixels[0] + axis.before - taps[0]) // stride == each.first
        found += [(pixel, tap) for pixel in pixels for tap in taps]
    assert len(found) == len(set(found))
    assert set(found) == met
