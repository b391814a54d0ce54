"""The card of the pretrained model."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from classes import NeuralNetwork
from testing.inference.prediction import Prediction, threshold_of
from testing.metrics import wilson_interval
from testing.metrics.evaluation import evaluate_on
from testing.report.markdown import to_markdown
from tests.helpers.small import small_dataset, small_network
from training.model_card import LIMITS, CardFacts, Contender, FolderScore, card

CONTENDERS = (Contender(3, 0.95, 0.2, 0.96, 61.0), Contender(4, 0.97, 0.1, 0.93, 59.0))


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """All that a card is written from."""
    dataset = small_dataset()
    network = small_network(dataset)
    network.temperature = 0.25
    network.info |= {
        "saved": "2026-01-02T03:04:05+00:00", "preset": "fast", "device": "CPU, of a kind", "seconds": 59.0,
        "versions": {"numpy": "2.0"},
        "config": {"hidden_sizes": [8], "optimizer": "adam", "data_dir": None, "output": None, "resume": False},
    }  # fmt: skip
    path = network.save_model(tmp_path_factory.mktemp("card") / "own.pkl", weights="float16")
    network = NeuralNetwork.load_model(path)
    return CardFacts(
        network, evaluate_on(network, dataset, path), dataset, CONTENDERS, chosen=4, validation_images=6,
        before=0.9712, after=0.9711, path=path, errors="own.errors.png",
        handwriting=[FolderScore("photos", 40, 37), FolderScore("not_a_digit", 3, 3)],
    )  # fmt: skip


def rows(text, first):
    """Return the cells of every line of a table that begins with `first`."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line]
    return [line[1:] for line in lines if line[0] == first]


@pytest.fixture(scope="module")
def text(facts):
    return to_markdown(card(facts))


def test_accuracy_is_reported_with_its_interval_and_by_class(facts, text):
    e = facts.evaluation
    low, high = e.interval
    assert f"Its accuracy on 60 test images is {e.accuracy:.2%}." in text
    assert rows(text, "Accuracy")[0] == [f"{e.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%})"]
    for name, scores in e.per_class().items():
        assert rows(text, name)[0] == [f"{scores[key]:.2%}" for key in ("precision", "recall", "f1")] + ["20"]


def test_calibration_is_reported_with_and_without_the_temperature(facts, text):
    network = NeuralNetwork.load_model(facts.path)
    network.temperature = 1.0
    raw = evaluate_on(network, facts.dataset)
    assert rows(text, "Calibration error")[0] == [f"{facts.evaluation.calibration_error:.2%}"]
    assert rows(text, "Temperature")[0] == [f"0.250 (without it the calibration error is {raw.calibration_error:.2%})"]


def test_what_it_is_sure_of_is_counted(facts, text):
    e = facts.evaluation
    threshold = threshold_of(facts.network.info)
    sure = np.array([Prediction(p, threshold).is_sure for p in e.probabilities])
    wrong = e.y_true != e.y_pred
    assert 0 < sure.sum() < 60
    right = (~wrong)[sure].mean()
    told = f"{sure.mean():.2%} ({right:.2%} of them correct)"
    assert rows(text, f"Confident predictions: confidence of {threshold:.1%} or more") == [[told]]
    assert rows(text, "Confident errors") == [[f"{(sure & wrong).sum()} of {wrong.sum()}"]]


def test_every_seed_is_reported_and_which_was_chosen(text):
    assert rows(text, "3") == [["95.00%", "0.2000", "96.00%", "61 s"]]
    assert rows(text, "4, chosen") == [["97.00%", "0.1000", "93.00%", "59 s"]]
    assert "54 images for 3 epochs" in text
    assert rows(text, "Validation accuracy before the rounding") == [["97.12%"]]
    assert rows(text, "Validation accuracy after the rounding") == [["97.11%"]]


def test_other_handwriting_is_reported_by_folder(text):
    low, high = wilson_interval(37, 40)
    assert rows(text, "photos") == [["40", "37", "92.5%", f"{low:.1%} to {high:.1%}"]]
    assert rows(text, "not\\_a\\_digit")[0][:3] == ["3", "3", "100.0%"]


def test_without_other_handwriting_nothing_is_reported_of_it(facts):
    text = to_markdown(card(replace(facts, handwriting=())))
    assert "other handwriting" not in text


def test_the_file_can_be_told_from_others(facts, text):
    data = facts.path.read_bytes()
    assert rows(text, "SHA-256") == [[hashlib.sha256(data).hexdigest()]]
    assert rows(text, "Size") == [[f"{len(data):,} bytes ({facts.network.parameter_count:,} parameters)"]]
    assert rows(text, "Weights") == [["float16 in the file, float32 once they are read"]]
    assert rows(text, "Licence") != []


def test_date_machine_versions_and_settings_are_reported(text):
    assert rows(text, "Trained") == [["2026-01-02T03:04:05+00:00 (numpy 2.0)"]]
    assert rows(text, "Trained with") == [["CPU, of a kind"]]
    assert rows(text, "Hidden sizes") == [["8"]]
    assert not any(rows(text, name) for name in ("Evaluated", "Speed", "Data dir", "Output", "Resume"))


def test_how_to_use_it_and_where_it_ends_are_reported(text):
    assert "testing/predict.py PICTURE" in text
    assert 'load\\_model("model/own.pkl")' in text
    assert text.count("Americans") == sum("Americans" in limit for limit in LIMITS) == 1
    assert "![The " in text
    assert "(own.errors.png)" in text


def test_the_same_facts_give_the_same_text(facts, text):
    assert to_markdown(card(facts)) == text


def test_a_model_without_mistakes_has_a_card_too(facts):
    e = facts.evaluation
    sure = np.eye(3)[e.y_true]
    text = to_markdown(card(replace(facts, evaluation=replace(e, y_pred=e.y_true, probabilities=sure, accuracy=1.0))))
    assert rows(text, "Confident errors") == [["0 of 0"]]
