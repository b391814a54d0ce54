"""The image grids of the report."""

import numpy as np
import pytest

from backend.drawing import RIGHT, WRONG
from testing.figures.image_grids import misclassified_grid, prediction_grid
from tests.helpers.seen import assert_clear

NAMES = ("cat", "a dog with a long name")
X = np.arange(4 * 16, dtype=np.uint8).reshape(4, 16)
Y = np.array([0, 0, 1, 1])
P = np.array([[0.9, 0.1], [0.2, 0.8], [0.95, 0.05], [0.3, 0.7]])


def shown(figure):
    """Return title, captions, their colours, and the number of the image under each."""
    axes = figure.axes[0]
    title, *captions = axes.texts
    numbers = [int(drawn.get_array()[0, 0]) // 16 for drawn in axes.images]
    return title.get_text(), [c.get_text() for c in captions], [c.get_color() for c in captions], numbers


def test_mistakes_come_the_least_probable_truth_first():
    title, captions, colors, numbers = shown(misclassified_grid(X, Y, P.argmax(1), P, NAMES, "MNIST"))
    assert numbers == [2, 1]
    assert captions == ["a dog with a … → cat\n95.0%", "cat → a dog with a …\n80.0%"]
    assert colors == [WRONG] * 2
    assert title == "MNIST: all errors (true → predicted, confidence)"


def test_more_mistakes_than_fit_are_counted():
    title, *_, numbers = shown(misclassified_grid(X, Y, P.argmax(1), P, NAMES, "MNIST", limit=1))
    assert numbers == [2]
    assert "the 1 worst of 2" in title


def test_no_mistakes_are_reported():
    figure = misclassified_grid(X, Y, Y, P, NAMES, "embedded digits")
    assert [text.get_text() for text in figure.texts] == ["embedded digits: all 4 images are classified correctly"]


def test_predictions_tell_right_from_wrong_by_colour_and_sign():
    _, captions, colors, numbers = shown(prediction_grid(X, Y, P.argmax(1), P, NAMES, "MNIST"))
    assert sorted(numbers) == [0, 1, 2, 3]
    said = dict(zip(numbers, zip(captions, colors, strict=True), strict=True))
    assert said[0] == ("true: cat\n✓ cat, 90.0%", RIGHT)
    assert said[1] == ("true: cat\n✗ a dog with a …, 80.0%", WRONG)


@pytest.mark.parametrize("classes", [2, 3, 10, 26])
def test_every_class_is_shown_equally_often_and_a_seed_repeats_the_choice(classes):
    y = np.repeat(np.arange(classes), 40)
    X = np.repeat(y, 16).reshape(-1, 16).astype(np.uint8) * 3
    p = np.eye(classes)[y]
    names = tuple(map(str, range(classes)))

    def drawn(seed):
        figure = prediction_grid(X, y, y, p, names, "MNIST", seed=seed)
        return [int(image.get_array()[0, 0]) // 3 for image in figure.axes[0].images]

    counts = np.bincount(drawn(0), minlength=classes)
    assert counts.min() == counts.max() > 0
    assert drawn(0) == drawn(0)


def test_another_seed_draws_other_images():
    y = np.zeros(200, int)
    X = np.repeat(np.arange(200, dtype=np.uint8), 16).reshape(-1, 16)

    def drawn(seed):
        figure = prediction_grid(X, y, y, np.eye(2)[y], NAMES, "MNIST", seed=seed)
        return [int(image.get_array()[0, 0]) for image in figure.axes[0].images]

    assert drawn(1) != drawn(2)
    assert len(set(drawn(1))) == len(drawn(1))


@pytest.mark.parametrize(
    "names", [("a", "b"), tuple("0123456789"), tuple(f"{n} is a very long name" for n in range(10))]
)
def test_nothing_is_cut_or_lies_on_something_else(names):
    classes, rng = len(names), np.random.default_rng(0)
    y, p = rng.integers(0, classes, 200), rng.dirichlet(np.ones(classes), 200)
    images = rng.integers(0, 256, (200, 64), dtype=np.uint8)
    for draw in (misclassified_grid, prediction_grid):
        assert_clear(draw(images, y, p.argmax(axis=1), p, names, "embedded digits"))
    assert_clear(misclassified_grid(images, y, y, p, names, "embedded digits"))
