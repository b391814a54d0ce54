"""Layers that change the shape of samples."""

import numpy as np
import pytest

from backend import InputError
from classes.layers import Conv2D, Dense, Flatten, Reshape
from classes.layers.reshape import with_images
from tests.helpers.layers import Alone

X = np.arange(24.0).reshape(2, 12)


def test_rows_become_images_and_images_rows_without_a_copy():
    images, rows = Alone(Reshape((2, 3, 2)), (12,)), Alone(Flatten(), (2, 3, 2))
    there = images.layer.forward(X, training=True)
    assert there.shape == (2, 2, 3, 2)
    assert there[1, 0, 2].tolist() == [16.0, 17.0]  # the channels of a pixel are next to each other
    back = rows.layer.forward(there, training=True)
    np.testing.assert_array_equal(back, X)
    assert np.shares_memory(back, X)


def test_gradients_get_the_shape_of_the_input():
    for layer, shape in ((Reshape((2, 3, 2)), (12,)), (Flatten(), (2, 3, 2))):
        own = Alone(layer, shape)
        dy = own.forward(X.reshape(2, *shape))
        np.testing.assert_array_equal(own.backward(dy)[0], X.reshape(2, *shape))
        assert own.backward(dy, propagate=False)[0] is None


@pytest.mark.parametrize(("shape", "expected"), [((784,), [28, 28, 1]), ((4, 6), [4, 6, 1]), ((5, 4, 3), [5, 4, 3])])
def test_networks_of_images_begin_with_a_reshape(shape, expected):
    first, *others = with_images([Conv2D(2), Flatten(), Dense(3)], shape)
    assert first.settings() == {"shape": expected}
    assert [layer.kind for layer in others] == ["conv2d", "flatten", "dense"]


def test_networks_of_rows_do_not():
    assert [layer.kind for layer in with_images([Dense(3)], (784,))] == ["dense"]


def test_numbers_that_form_no_square_image_are_refused():
    with pytest.raises(InputError, match=r"input_size: expected .*number of pixels of a square image, found 783"):
        with_images([Conv2D(2)], (783,))


@pytest.mark.parametrize("shape", [(28, 28), 784, (0, 3, 1), "abc"])
def test_bad_shapes_are_refused(shape):
    with pytest.raises(InputError, match="shape: expected"):
        Reshape(shape)


def test_samples_of_another_size_are_refused():
    with pytest.raises(InputError, match="2 x 3 pixels with 2 channels: expected 12 numbers each, found 13"):
        Reshape((2, 3, 2)).declare((13,))
