"""Registries, and reference implementations of all their entries."""

import pytest

from backend import InputError
from backend.registry import look_up
from classes import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from initializers.weights import INITIALIZERS
from tests.helpers import reference

REGISTRIES = {
    "ACTIVATIONS": ACTIVATIONS,
    "INITIALIZERS": INITIALIZERS,
    "LAYERS": LAYERS,
    "LOSSES": LOSSES,
    "OPTIMIZERS": OPTIMIZERS,
    "SCHEDULES": SCHEDULES,
}


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_entry_has_a_textbook_counterpart_and_the_other_way_round(name):
    assert set(REGISTRIES[name]) == set(getattr(reference, name))


@pytest.mark.parametrize("registry", [LAYERS, LOSSES, OPTIMIZERS], ids=["LAYERS", "LOSSES", "OPTIMIZERS"])
def test_classes_know_their_own_names(registry):
    assert [entry.kind for entry in registry.values()] == list(registry)


def test_a_name_is_found():
    assert look_up({"one": 1, "two": 2}, "two", "number") == 2


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("leaky-relu", "leaky_relu"),
        ("Sigmoid", "sigmoid"),
        ("sigmod", "sigmoid"),
    ],
)
def test_the_names_of_other_libraries_are_recognised_in_the_error(name, meant):
    with pytest.raises(InputError, match=f'Did you mean "{meant}"\\?'):
        look_up(ACTIVATIONS, name, "activation")


@pytest.mark.parametrize("name", ["three", "", None, 1, ["one"], {}, b"one", "x" * 10_000])
def test_other_names_are_refused_with_those_that_there_are(name):
    with pytest.raises(InputError, match=r"^number: expected one of one, two, found .+\. Choose"):
        look_up({"two": 2, "one": 1}, name, "number")
