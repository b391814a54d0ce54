"""Evaluation against the network's own metrics and known values."""

import json
from dataclasses import replace

import numpy as np
import pytest

from backend.errors import InputError
from testing.metrics.evaluation import evaluate_model
from tests.helpers.small import NAMES, small_dataset, small_network


class Fixed:
    """A predictor whose probabilities are given."""

    def __init__(self, probabilities, **info):
        self.probabilities, self.info = np.array(probabilities, np.float32), info

    def predict_proba(self, X):
        assert len(X) == len(self.probabilities)
        return self.probabilities


def evaluated(probabilities, y, names=("a", "b"), **info):
    return evaluate_model(
        Fixed(probabilities, **info), np.zeros((len(y), 4)), np.array(y), dataset_name="MNIST", class_names=names
    )


def test_figures_by_hand():
    evaluation = evaluated([[0.5, 0.5], [0.25, 0.75], [0.25, 0.75], [1, 0]], [0, 0, 1, 0])
    assert evaluation.y_pred.tolist() == [0, 1, 1, 0]
    assert evaluation.accuracy == 0.75
    assert evaluation.loss == pytest.approx((np.log(2) + np.log(4) + np.log(4 / 3)) / 4)
    assert evaluation.confusion.tolist() == [[2, 1], [0, 1]]
    assert evaluation.confusions() == [("a", "b", 1)]
    assert evaluation.per_class()["a"] == {
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "support": 3,
        "accuracy": pytest.approx(2 / 3),
    }


def test_the_most_frequent_confusions_come_first():
    y = [0, 0, 1, 1, 1, 2]
    p = np.eye(3)[[1, 1, 0, 2, 2, 0]]
    assert evaluated(p, y, ("a", "b", "c")).confusions(3) == [("a", "b", 2), ("b", "c", 2), ("b", "a", 1)]


def test_it_agrees_with_the_network():
    dataset = small_dataset()
    network = small_network(dataset)
    evaluation = evaluate_model(
        network, dataset.X_test, dataset.y_test, dataset_name=dataset.name, class_names=NAMES, model="a.pkl"
    )
    loss, accuracy = network.evaluate(dataset.X_test, dataset.y_test)
    assert evaluation.loss == pytest.approx(loss, rel=1e-5)
    assert evaluation.accuracy == accuracy
    assert evaluation.interval[0] < accuracy < evaluation.interval[1]
    assert evaluation.trained_on == evaluation.dataset == evaluation.subject == "three stripes"


def test_the_report_is_json_and_complete():
    report = evaluated([[0.9, 0.1], [0.2, 0.8]], [0, 1], dataset="embedded digits").to_dict()
    assert json.loads(json.dumps(report, allow_nan=False)) == report  # built-in types alone
    assert report["dataset"] == "MNIST"
    assert report["trained_on"] == "embedded digits"
    assert report["images"] == 2
    assert report["accuracy"] == report["top_2_accuracy"] == 1.0
    assert report["confusion_matrix"] == [[1, 0], [0, 1]]
    assert report["confidence_level"] == 0.95
    assert report["classes"]["b"]["support"] == 1
    assert set(report["macro"]) == set(report["weighted"]) == {"precision", "recall", "f1"}
    assert report["brier_score"] == pytest.approx((2 * 0.1**2 + 2 * 0.2**2) / 2)
    assert {"model", "accuracy_interval", "loss", "versions", "images_per_second"} <= set(report)


def test_figures_say_it_when_the_training_saw_other_data():
    assert evaluated([[1, 0]], [0], dataset="fashion").subject == "MNIST, trained on fashion"
    assert evaluated([[1, 0]], [0]).subject == "MNIST"


def test_a_model_is_called_by_its_files_name():
    assert replace(evaluated([[1, 0]], [0]), model="model/a.pkl").label == "a.pkl"
    assert evaluated([[1, 0]], [0]).label == "unsaved network"


def test_other_classes_are_refused():
    with pytest.raises(InputError, match="3 classes"):
        evaluated([[1, 0]], [0], ("a", "b", "c"))


def test_probabilities_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="finite"):
        evaluated([[np.nan, 0]], [0])


def test_no_images_are_refused():
    with pytest.raises(InputError, match="at least one"):
        evaluated(np.zeros((0, 2)), np.zeros(0, int))
