"""What follows from the probabilities of one image."""

import numpy as np
import pytest

from backend.errors import InputError
from testing.prediction import SURE_CONFIDENCE, SURE_MARGIN, Prediction, predict_image
from tests.small import small_dataset, small_network


def test_the_answer_and_the_runner_up_are_the_two_most_probable():
    prediction = Prediction(np.array([0.1, 0.2, 0.05, 0.65]))
    assert (prediction.digit, prediction.runner_up) == (3, 1)
    assert (prediction.confidence, prediction.margin) == pytest.approx((0.65, 0.45))


def test_of_equals_the_smaller_number_comes_first():
    assert (Prediction(np.full(3, 1 / 3)).digit, Prediction(np.full(3, 1 / 3)).runner_up) == (0, 1)


@pytest.mark.parametrize(
    ("p", "is_sure"),
    [
        ([0.75, 0.25], True),
        ([0.74, 0.26], False),  # confident, but the runner-up is near
        ([0.69, 0.16, 0.15], False),  # far ahead, but not confident
        ([1.0, 0.0], True),
        ([0.5, 0.5], False),
    ],
)
def test_it_is_sure_where_confidence_and_margin_are_both_high(p, is_sure):
    prediction = Prediction(np.array(p))
    assert prediction.is_sure == is_sure
    assert prediction.certainty().startswith("Sure: " if is_sure else "Not sure: ")


def test_the_words_state_the_thresholds():
    words = Prediction(np.array([0.9, 0.1])).certainty()
    assert f"{SURE_CONFIDENCE:.0%}".rstrip("%") in words
    assert f"{SURE_MARGIN:.0%}".rstrip("%") in words


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
