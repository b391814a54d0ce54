"""The figure of augmentation steps."""

from dataclasses import fields, replace

import numpy as np
import pytest

from initializers.augmentation import Augmentation
from initializers.geometry import to_mnist_geometry
from initializers.mnist.embedded import embedded_digits
from testing.figures.augmentation_steps import STEPS, augmentation_steps, augmented
from tests.helpers.samples.drawn_digits import ink
from tests.helpers.seen import assert_clear, words


@pytest.fixture(scope="module")
def digits():
    """Digits, of which the first one is a plain line, as Americans write it."""
    digits = embedded_digits()
    images = digits.X_test.copy()
    images[np.flatnonzero(digits.y_test == 1)[0]] = to_mnist_geometry(ink("1")).ravel()
    return replace(digits, X_test=images)


def test_every_step_there_is_has_a_row():
    shown = {field.name for how in STEPS.values() for field in fields(how) if getattr(how, field.name)}
    assert shown == {field.name for field in fields(Augmentation)}


def test_a_row_for_every_step_and_nothing_is_cut(digits):
    figure = augmentation_steps(digits)
    assert words(figure) == {"embedded digits: augmentation steps", "original", *STEPS}
    assert_clear(figure)
    (picture,) = figure.axes[0].images
    rows = np.split(np.asarray(picture.get_array()), 1 + len(STEPS))
    first = [np.flatnonzero(digits.y_test == digit)[0] for digit in range(10)]
    np.testing.assert_array_equal(rows[0][3:-3, 3:31], digits.X_test[first[0]].reshape(28, 28))
    assert len({row.tobytes() for row in rows}) == len(rows)  # no step does nothing


def test_the_same_seed_draws_the_same(digits):
    X, y = digits.X_test[:10], digits.y_test[:10]
    one, same, other = (augmented(STEPS["elastic"], X, y, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
