"""The prediction for one image."""

import numpy as np
import pytest

from backend.errors import InputError
from testing.inference.prediction import (
    SURE_CONFIDENCE,
    SURE_KEY,
    Prediction,
    predict_image,
    sure_confidence,
    threshold_of,
)
from tests.helpers.small import small_dataset, small_network


def test_the_answer_and_the_runner_up_are_the_two_most_probable():
    prediction = Prediction(np.array([0.1, 0.2, 0.05, 0.65]))
    assert (prediction.digit, prediction.runner_up) == (3, 1)
    assert (prediction.confidence, prediction.margin) == pytest.approx((0.65, 0.45))


def test_of_equals_the_smaller_number_comes_first():
    assert (Prediction(np.full(3, 1 / 3)).digit, Prediction(np.full(3, 1 / 3)).runner_up) == (0, 1)
    many = Prediction(np.tile([0.0, 0.002], 500))
    assert (many.digit, many.runner_up) == (1, 3)


@pytest.mark.parametrize(
    ("p", "threshold", "is_sure"),
    [
        ([0.75, 0.25], SURE_CONFIDENCE, True),
        ([0.74, 0.26], SURE_CONFIDENCE, False),
        ([0.74, 0.26], 0.74, True),
        ([0.97, 0.03], 0.98, False),
        ([1.0, 0.0], 1.0, True),
    ],
)
def test_it_is_sure_from_the_threshold_on(p, threshold, is_sure):
    prediction = Prediction(np.array(p), threshold)
    assert prediction.is_sure == is_sure
    assert prediction.certainty().startswith("Sure: " if is_sure else "Not sure: ")
    assert f"{100 * threshold:.1f} %" in prediction.certainty()


def confident(confidences, right=True):
    p = np.array(confidences)
    return np.stack([p, 1 - p] if right else [1 - p, p], axis=1)


@pytest.mark.parametrize("doubted", [0.01, 0.02, 0.5])
def test_the_threshold_costs_the_share_of_right_answers_that_it_may(doubted):
    p = confident(np.random.default_rng(0).uniform(0.5, 1, 1000))
    below = p.max(axis=1) < sure_confidence(p, np.zeros(1000, int), doubted)
    assert below.mean() == doubted


def test_wrong_answers_do_not_count():
    right, wrong = confident(np.linspace(0.6, 1, 200)), confident(np.full(300, 0.55), right=False)
    y = np.zeros(500, int)
    assert sure_confidence(np.concatenate([right, wrong]), y) == sure_confidence(right, y[:200])


def test_equal_confidences_are_all_sure():
    assert sure_confidence(confident(np.ones(100)), np.zeros(100, int)) == 1.0


@pytest.mark.parametrize("count", [1, 49])
def test_few_answers_say_nothing_of_one_in_fifty(count):
    assert sure_confidence(confident(np.full(count, 0.9)), np.zeros(count, int)) == SURE_CONFIDENCE


def test_labels_must_belong_to_the_probabilities():
    with pytest.raises(InputError):
        sure_confidence(confident([0.9, 0.8]), [0, 1, 1])


@pytest.mark.parametrize("stated", [None, "0.9", True, 0.0, -1.0, 1.5, float("nan"), float("inf")])
def test_a_threshold_that_is_none_is_passed_over(stated):
    assert threshold_of({SURE_KEY: stated}) == threshold_of({}) == SURE_CONFIDENCE


def test_a_threshold_may_be_full_confidence():
    assert threshold_of({SURE_KEY: 1.0}) == 1.0


def test_an_image_is_judged_by_the_networks_own_threshold():
    dataset = small_dataset()
    network = small_network(dataset)
    assert predict_image(network, dataset.X_test[0]).threshold == SURE_CONFIDENCE
    network.info = {SURE_KEY: 0.99}
    assert predict_image(network, dataset.X_test[0]).threshold == 0.99


def test_an_image_gets_the_networks_probabilities():
    dataset = small_dataset()
    network = small_network(dataset)
    prediction = predict_image(network, dataset.X_test[4])
    np.testing.assert_array_equal(prediction.probabilities, network.predict_proba(dataset.X_test[4:5])[0])


def test_an_image_of_another_size_is_refused():
    dataset = small_dataset()
    with pytest.raises(InputError):
        predict_image(small_network(dataset, epochs=0), np.zeros(784, np.uint8))


def test_probabilities_that_are_none_are_refused():
    class Broken:
        info = {}  # noqa: RUF012

        def predict_proba(self, X, /):
            return np.full((len(X), 10), np.nan)

    with pytest.raises(InputError, match="finite probabilities"):
        predict_image(Broken(), np.zeros(784, np.uint8))
