"""Comparison of two models on the same images."""

import json

import numpy as np
import pytest

from backend.errors import InputError
from testing.metrics.evaluation import evaluate_model
from testing.metrics.model_comparison import ClassChange, ModelComparison, percent
from testing.metrics.significance import PairedCounts
from tests.helpers.cases import small_case

Y = [0, 0, 0, 0, 1, 1, 1, 1]


class Fixed:
    """A predictor that is right where it is told to be."""

    info = {"dataset": "MNIST"}  # noqa: RUF012

    def __init__(self, right, y, sure=0.9):
        self.predicted = np.where(right, y, 1 - np.array(y))
        self.sure = sure

    def predict_proba(self, X):
        p = np.full((len(X), 2), 1 - self.sure)
        p[np.arange(len(X)), self.predicted] = self.sure
        return p


def evaluated(right, model="", y=Y, names=("a", "b"), sure=0.9):
    predictor = Fixed(np.array(right, bool), y, sure)
    return evaluate_model(
        predictor, np.zeros((len(y), 4)), np.array(y), dataset_name="MNIST", class_names=names, model=model
    )


def pair(first, second, models=("x/one.pkl", "x/two.pkl")):
    return ModelComparison(evaluated(first, models[0]), evaluated(second, models[1]))


def test_changes_by_hand():
    both = pair([1, 1, 1, 0, 1, 0, 0, 0], [1, 0, 0, 0, 1, 1, 0, 0])
    assert both.counts == PairedCounts(both_right=2, only_first=2, only_second=1, both_wrong=3)
    assert both.counts.difference == both.first.accuracy - both.second.accuracy == 1 / 8
    assert both.classes() == [ClassChange("a", 4, 2, 0, 0.75, 0.25), ClassChange("b", 4, 0, 1, 0.25, 0.5)]
    assert [change.net for change in both.classes()] == [2, -1]
    assert both.movements() == "Classes that one improves: a (+2); classes that it worsens: b (-1)."


def test_a_chance_difference_is_called_one():
    assert pair([1] * 8, [1] * 7 + [0]).verdict() == (
        "The difference is not significant: two equally good models would differ this much by chance in 100.0% of "
        "cases."
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_the_better_model_is_named(swapped):
    sides = ([1] * 8, [0] * 8)
    verdict = pair(*(sides[::-1] if swapped else sides)).verdict()
    assert verdict.startswith(
        "two is significantly better than one: " if swapped else "one is significantly better than two: "
    )
    assert "0.78% of cases" in verdict  # 2 / 2^8


def test_a_model_against_itself():
    same = pair([1, 0] * 4, [1, 0] * 4)
    assert same.is_same_model
    assert same.verdict() == "Both models give the same probabilities for every image: they are the same model."
    assert (same.counts.difference, same.counts.p_value) == (0.0, 1.0)
    assert same.counts.interval[0] < 0 < same.counts.interval[1]
    assert same.movements() == "Classes that one improves: none; classes that it worsens: none."


def test_another_model_with_the_same_mistakes():
    alike = ModelComparison(evaluated([1, 0] * 4), evaluated([1, 0] * 4, sure=0.8))
    assert not alike.is_same_model
    assert alike.verdict().startswith("Both models classify the same images correctly")


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (("x/one.pkl", "x/two.pkl"), ("one", "two")),
        (("x/one.pkl", "y/one.pkl"), ("x/one.pkl", "y/one.pkl")),
        (("one.pkl", "one.pkl"), ("the first model", "the second model")),
        (("", "one.pkl"), ("the first model", "the second model")),
    ],
)
def test_names_tell_the_two_apart(models, names):
    assert pair([1] * 8, [0] * 8, models).names == names


@pytest.mark.parametrize(
    "other",
    [
        evaluated([1] * 6, y=[0, 0, 0, 1, 1, 1]),
        evaluated([1] * 8, y=Y[::-1]),
        evaluated([1] * 8, names=("a", "c")),
    ],
)
def test_other_images_or_classes_are_refused(other):
    with pytest.raises(InputError, match="one data set"):
        ModelComparison(evaluated([1] * 8), other)


def test_all_of_it_is_json():
    both = small_case(rival_epochs=0).against
    report = both.to_dict()
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["both_right"] + report["only_model_right"] == round(both.first.accuracy * len(both.first))
    assert report["both_right"] + report["only_against_right"] == round(both.second.accuracy * len(both.second))
    assert sum(row["net"] for row in report["classes"]) == report["only_model_right"] - report["only_against_right"]
    assert report["difference_interval"][0] < report["difference"] < report["difference_interval"][1]
    assert report["verdict"] == both.verdict()


@pytest.mark.parametrize(("p", "text"), [(1, "100.0%"), (0.01, "1.0%"), (0.0078, "0.78%"), (1e-5, "less than 0.01%")])
def test_probabilities_are_shown_with_suitable_precision(p, text):
    assert percent(p) == text
