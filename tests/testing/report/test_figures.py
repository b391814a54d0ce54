"""The figures of the report and their captions."""

from dataclasses import replace

import pytest

from backend.drawing import save_figure
from classes.neural_network import NeuralNetwork
from testing.inference.ensemble import Ensemble
from testing.report.figures import FIGURES
from tests.helpers.cases import small_case


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_a_small_case(name):
    figure = FIGURES[name].draw(small_case())
    assert figure is not None
    assert figure.axes or figure.texts


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_its_words(name):
    drawing = FIGURES[name]
    assert drawing.title[0].isupper()
    assert drawing.reading.endswith(".")
    assert 40 < len(drawing.reading) < 320
    assert name.isidentifier()


def test_the_reliability_at_a_fitted_temperature_stands_beside_that_without():
    inputs = small_case()
    assert len(FIGURES["reliability"].draw(inputs).axes) == 2
    inputs.network.temperature = 2.0
    assert len(FIGURES["reliability"].draw(inputs).axes) == 4


@pytest.mark.parametrize("name", ["misclassified", "activations", "saliency"])
def test_without_mistakes_there_is_something_to_see_too(name):
    assert FIGURES[name].draw(small_case(epochs=20, noise=1.0)) is not None


def test_one_unit_spans_no_map():
    inputs = small_case()
    narrow = NeuralNetwork(64, (1,), 3)
    assert FIGURES["class_map"].draw(replace(inputs, network=narrow)) is None


def test_names_are_no_formulas_and_leave_room(tmp_path):
    inputs = small_case(names=("$x^$", "a\nb\ud800", "c" * 200))
    for name in ("confusion_matrix", "per_class", "activations"):
        save_figure(FIGURES[name].draw(inputs), tmp_path / "a.png")  # warnings are errors here
    labels = FIGURES["confusion_matrix"].draw(inputs).axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == [r"\$x^\$", "a b?", "c" * 39 + "…"]


def test_without_a_training_there_are_no_curves():
    assert FIGURES["training_curves"].draw(small_case(epochs=0)) is None


INSIDE = ("activations", "saliency", "class_map", "first_layer", "training_curves")


def test_of_several_networks_what_shows_one_inside_is_left_out():
    inputs = small_case()
    both = replace(inputs, network=Ensemble([inputs.network, inputs.network]))
    assert [name for name in INSIDE if FIGURES[name].draw(both) is not None] == []
    assert len(FIGURES["reliability"].draw(both).axes) == 2


def test_of_one_network_and_several_views_its_inside_is_shown():
    inputs = small_case()
    inputs.network.temperature = 2.0  # the views' mean has none
    seen = replace(inputs, network=Ensemble([inputs.network], views=2))
    assert all(FIGURES[name].draw(seen) is not None for name in ("activations", "class_map", "training_curves"))
    assert len(FIGURES["reliability"].draw(seen).axes) == 2
