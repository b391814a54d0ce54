"""Accuracy under corruption."""

import json

import numpy as np
import pytest

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from testing.corruptions import CORRUPTIONS, corrupted
from testing.corruptions.scores import CLEAN, Robustness, measure_robustness, samples

WEAK = Robustness(100, 3, 0.96, {"fog": 0.5, "scale": 0.8})


class Pieces:
    """A network that is asked for `size` images at a time."""

    def __init__(self, network, size):
        self.network, self.size, self.info = network, size, {}

    def predict_proba(self, X):
        return np.concatenate([self.network.predict_proba(X[i : i + self.size]) for i in range(0, len(X), self.size)])


@pytest.fixture(scope="module")
def network(digits):
    network = NeuralNetwork(784, (16,), 10, optimizer="adam")
    network.train(digits.X_train, digits.y_train, epochs=3, verbose=False)
    return network


@pytest.fixture(scope="module")
def measured(network, digits):
    return measure_robustness(network, digits.X_test, digits.y_test)


def test_every_figure_is_the_networks_own(measured, network, digits):
    assert measured.clean == pytest.approx(network.evaluate(digits.X_test, digits.y_test)[1])
    assert list(measured.accuracies) == list(CORRUPTIONS)
    for name in ("fog", "rotate"):
        right = network.predict(corrupted(digits.X_test, name)) == digits.y_test
        assert measured.accuracies[name] == pytest.approx(right.mean())
    assert measured.mean_accuracy == pytest.approx(np.mean([*measured.accuracies.values()]))
    assert (measured.images, measured.seed, measured.baseline) == (len(digits.X_test), 0, None)


@pytest.mark.parametrize("size", [7, 100])
def test_figures_do_not_depend_on_the_batch(measured, network, digits, size):
    assert measure_robustness(Pieces(network, size), digits.X_test, digits.y_test) == measured


def test_another_seed_gives_other_figures(measured, network, digits):
    other = measure_robustness(network, digits.X_test, digits.y_test, seed=1)
    assert other.accuracies != measured.accuracies
    assert other.accuracies["brightness"] == measured.accuracies["brightness"]


def test_a_baseline_sees_the_same_images(measured, network, digits):
    turns = []
    untrained = NeuralNetwork(784, (8,), 10)
    result = measure_robustness(untrained, digits.X_test, digits.y_test, baseline=network, notify=turns.append)
    assert result.baseline == measured
    assert result.accuracies == measure_robustness(untrained, digits.X_test, digits.y_test).accuracies
    assert turns == [CLEAN, *CORRUPTIONS]


def test_ratios_of_errors_by_hand():
    strong = Robustness(100, 3, 0.98, {"fog": 0.75, "scale": 0.96}, WEAK)
    assert strong.error_ratio("fog") == pytest.approx(0.25 / 0.5)
    assert strong.error_ratio(CLEAN) == pytest.approx(0.02 / 0.04)
    assert strong.mean_error_ratio == pytest.approx((0.5 + 0.04 / 0.2) / 2)
    assert strong.relative_error_ratio == pytest.approx((0.23 / 0.46 + 0.02 / 0.16) / 2)
    twin = Robustness(100, 3, 0.96, WEAK.accuracies, WEAK)
    assert twin.mean_error_ratio == twin.relative_error_ratio == pytest.approx(1)


def test_without_a_baseline_there_are_no_ratios():
    assert WEAK.mean_error_ratio is WEAK.relative_error_ratio is WEAK.error_ratio("fog") is None
    assert not any("baseline" in key or "error" in key for row in WEAK.rows() for key in row)


@pytest.mark.parametrize(
    ("clean", "fog", "ratio", "relative"), [(1.0, 1.0, None, None), (0.4, 0.5, 0.55, None), (0.9, 0.5, 0.55, 0.5625)]
)
def test_a_baseline_that_makes_no_mistakes_or_gains_by_corruption_has_no_ratio(clean, fog, ratio, relative):
    of_baseline = Robustness(10, 0, clean, {"fog": fog, "scale": 0.5})
    result = Robustness(10, 0, 0.95, {"fog": 0.7, "scale": 0.75}, of_baseline)
    assert result.mean_error_ratio == (None if ratio is None else pytest.approx(ratio))
    assert result.relative_error_ratio == (None if relative is None else pytest.approx(relative))


def test_the_report_is_json_with_a_row_a_corruption():
    strong = Robustness(100, 3, 0.98, {"fog": 0.75, "scale": 0.9}, WEAK)
    report = strong.to_dict()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert [row["corruption"] for row in report["corruptions"]] == [CLEAN, "fog", "scale"]
    assert report["mean_corruption_accuracy"] == pytest.approx(0.825)
    assert report["baseline_mean_corruption_accuracy"] == pytest.approx(0.65)
    assert report["mean_corruption_error"] == pytest.approx(0.5)
    row = report["corruptions"][1]
    assert row["interval_low"] < row["accuracy"] < row["interval_high"]
    assert (row["baseline_accuracy"], row["error_ratio"]) == (0.5, 0.5)


def test_samples_are_the_first_of_each_class_as_they_were_measured(network, digits):
    pictures, answers, truth = samples(network, digits.X_test, digits.y_test, digits.class_names, seed=5)
    assert truth == list("0123456789")
    assert list(pictures) == list(answers) == [CLEAN, *CORRUPTIONS]
    first = [int(np.flatnonzero(digits.y_test == c)[0]) for c in range(10)]
    np.testing.assert_array_equal(pictures[CLEAN].reshape(10, -1), digits.X_test[first])
    foggy = corrupted(digits.X_test, "fog", 5)[first]
    np.testing.assert_array_equal(pictures["fog"].reshape(10, -1), foggy)
    assert answers["fog"] == [str(c) for c in network.predict(foggy)]


def test_pictures_in_another_frame_are_refused(digits_small):
    X, y = digits_small
    network = NeuralNetwork(64, (4,), 10)
    with pytest.raises(InputError, match="images to corrupt"):
        measure_robustness(network, X, y)


@pytest.mark.parametrize(
    "name", "shot_noise impulse_noise glass_blur motion_blur shear rotate spatter dotted_line zigzag".split()
)
def test_even_the_nearest_mean_reads_mnist_where_light_place_and_size_stay(name, mnist):
    X, y = mnist.X_train[:5000], mnist.y_train[:5000]
    means = np.stack([X[y == c].mean(axis=0) for c in range(10)])
    images = corrupted(mnist.X_test[:500], name).astype(float)
    distances = ((images[:, None] - means) ** 2).sum(axis=2)
    assert np.mean(distances.argmin(axis=1) == mnist.y_test[:500]) > 0.5
