"""The embedded digits."""

import numpy as np
import pytest

from initializers.geometry import centre_of_mass
from initializers.mnist.embedded import embedded_digits


def test_the_arrays_are_as_mnist_s(digits):
    assert digits.name == "embedded digits"
    assert digits.X_train.shape == (1438, 784)
    assert digits.X_test.shape == (359, 784)
    assert {part.dtype for part in (digits.X_train, digits.y_train, digits.X_test, digits.y_test)} == {np.dtype("u1")}
    assert digits.y_train.shape == (1438,)
    assert digits.y_test.shape == (359,)


def test_every_image_has_mnist_s_brightness_and_place(digits):
    images = np.concatenate([digits.X_train, digits.X_test]).reshape(-1, 28, 28)
    assert (images.max(axis=(1, 2)) == 255).all()
    centres = np.array([centre_of_mass(image) for image in images])
    assert (centres >= 13.5).all()
    assert (centres < 14.5).all()


def test_classes_are_spread_evenly_over_both_parts(digits):
    train, test = np.bincount(digits.y_train), np.bincount(digits.y_test)
    assert (np.abs(test - 0.2 * (train + test)) < 1).all()


def test_no_image_stands_in_both_parts(digits):
    train = {row.tobytes() for row in digits.X_train}
    assert not any(row.tobytes() in train for row in digits.X_test)


def test_it_is_the_same_every_time(digits):
    again = embedded_digits()
    assert again.fingerprint == digits.fingerprint
    np.testing.assert_array_equal(again.X_test, digits.X_test)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_plain_network_learns_them(digits):
    neural_network = pytest.importorskip("sklearn.neural_network")
    network = neural_network.MLPClassifier((48,), max_iter=15, learning_rate_init=0.005, random_state=0)
    network.fit(digits.X_train / 255, digits.y_train)
    assert network.score(digits.X_test / 255, digits.y_test) > 0.96
