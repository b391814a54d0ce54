"""The contents of a report against the evaluation."""

from dataclasses import replace

import pytest

from testing.inference.ensemble import Ensemble
from testing.report.blocks import Facts, Picture, Table, Text, with_note
from testing.report.figures import FIGURES
from testing.report.sections import LEFT_OUT, class_blocks, model_blocks, overview, provenance, report_document
from tests.helpers.cases import HOSTILE, small_case


def facts_of(block):
    return {fact.name: with_note(fact) for fact in block.facts}


def section(document, title):
    (found,) = (section for section in document.sections if section.title == title)
    return found


def test_all_sections_stand_in_order():
    document = report_document(small_case(), ["per_class"])
    assert [section.title for section in document.sections] == ["Result", "Classes", "Figures", "Model", "Origin"]
    assert document.title == "Evaluation of a.pkl on three stripes"
    assert "60 test images" in document.lead
    (shown,) = section(document, "Figures").blocks
    assert shown == Picture("per_class.png", FIGURES["per_class"].title, FIGURES["per_class"].reading, shown.alt)
    assert "three stripes" in shown.alt


def test_the_numbers_are_the_evaluations():
    inputs = small_case()
    e = inputs.evaluation
    numbers = facts_of(section(report_document(inputs, []), "Result").blocks[0])
    low, high = e.interval
    assert numbers["Accuracy"] == f"{e.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%})"
    assert numbers["Brier score"] == f"{e.brier_score:.4f}"
    assert numbers["Calibration error"] == f"{e.calibration_error:.2%}"
    assert numbers["Loss"] == f"{e.loss:.4f} nats"


def test_a_class_may_have_the_name_of_a_mean():
    table, _ = class_blocks(small_case(names=("mean", "weighted mean", "c")).evaluation)
    assert [row[0] for row in table.rows] == ["mean", "weighted mean", "c", "mean", "weighted mean"]
    assert [row[-1] for row in table.rows] == ["20", "20", "20", "60", "60"]


def test_without_errors_it_says_so():
    blocks = class_blocks(small_case(epochs=20, noise=1.0).evaluation)
    assert blocks[1] == Text("All 60 images were classified correctly.", "good")


def test_the_other_model_has_a_section_of_its_own():
    inputs = small_case(rival_epochs=0)
    blocks = section(report_document(inputs, []), "a against b").blocks
    counts = inputs.against.counts
    verdict, facts, paired, classes, movements = blocks
    assert verdict.text == inputs.against.verdict()
    assert facts_of(facts)["Accuracy of b"].startswith(f"{inputs.against.second.accuracy:.2%} (95 % interval")
    assert facts_of(facts)["Difference"].startswith(f"{100 * counts.difference:+.2f} percentage points")
    assert paired.rows == [
        ("a correct", str(counts.both_right), str(counts.only_first)),
        ("a wrong", str(counts.only_second), str(counts.both_wrong)),
    ]
    assert [int(row[-1]) for row in classes.rows] == [change.net for change in inputs.against.classes()]
    assert movements.text == inputs.against.movements()


def test_the_model_and_its_configuration():
    layers, settings = model_blocks(small_case(info={"config": {"hidden_sizes": [8], "dropout": []}}).network)
    assert isinstance(layers, Table)
    assert layers.rows[-1][0] == "total"
    assert facts_of(settings) == {"Hidden sizes": "8", "Dropout": "–"}


@pytest.mark.parametrize("config", [None, "text", 3])
def test_a_model_without_a_record_shows_what_it_knows(config):
    _, settings = model_blocks(small_case(info={"config": config}).network)
    assert facts_of(settings) == {"Optimizer": "adam", "Learning rate": "0.01"}


def test_an_ensemble_lists_its_networks_and_says_what_is_left_out():
    inputs = small_case()
    table, text = model_blocks(Ensemble([inputs.network, inputs.network], files=["a.pkl", "b.pkl"]))
    assert table.rows == [(name, "64-8-3", "547", "1.000") for name in ("a.pkl", "b.pkl")]
    assert text.text == LEFT_OUT
    assert [row[0] for row in model_blocks(Ensemble([inputs.network] * 2))[0].rows] == ["not saved"] * 2
    assert model_blocks(Ensemble([inputs.network], views=2)) == model_blocks(inputs.network)


@pytest.mark.parametrize(
    ("networks", "views", "answers"),
    [
        (2, 1, "mean probabilities over 2 networks"),
        (1, 8, "mean probabilities over 8 views of every image"),
        (3, 2, "mean probabilities over 3 networks and 2 views of every image"),
    ],
)
def test_the_members_of_the_mean_are_reported(networks, views, answers):
    inputs = small_case()
    seen = replace(inputs, network=Ensemble([inputs.network] * networks, views, ["a.pkl"] * networks))
    facts = facts_of(overview(seen))
    assert facts["Prediction"] == answers
    assert facts["Files"] == ", ".join(["a.pkl"] * networks)
    assert "Prediction" not in facts_of(overview(inputs))


def test_the_origin():
    info = {"seconds": 2.04, "saved": "yesterday", "versions": {"numpy": "2"}, "preset": "small"}
    facts = facts_of(provenance(small_case(info=info)))
    assert facts["SHA-256 of the data"] == facts["SHA-256 of the training data"] == "0" * 64
    assert facts["Evaluated"].startswith("2026-01-02T03:04:05+00:00 (python ")
    assert facts["Trained"] == "yesterday (numpy 2)"
    assert facts["Training time"] == "2.0 s"
    assert facts["Preset"] == "small"


def test_what_a_model_file_brings_along_is_cut_and_never_believed():
    info = {
        "seconds": "long",
        "saved": ["a", None],
        "versions": [1],
        "preset": "x" * 10_000,
        "device": {"a": HOSTILE[0]},
    }
    facts = provenance(small_case(info=info))
    assert isinstance(facts, Facts)
    assert "Training time" not in facts_of(facts)
    assert max(map(len, facts_of(facts).values())) < 400
