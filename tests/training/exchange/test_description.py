"""Descriptions of networks, and networks of foreign layers."""

import json

import numpy as np
import pytest

from backend import InputError
from classes.layers import Dense, MaxPool2D, Reshape
from tests.training.exchange.networks import SETTINGS, difference, trained
from training.exchange.description import (
    Hints,
    assembled,
    contents_from,
    described,
    layer_parameters,
    network_from,
    parameters_of,
)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_description_and_the_parameters_are_the_network(name):
    network = trained(name, dtype="float64")
    network.info = {"preset": "fast"}
    other = network_from(contents_from(described(network), "x"), parameters_of(network), "x")
    assert difference(network, other) == 0.0
    assert (other.dtype, other.info, other.class_names) == ("float64", network.info, network.class_names)


def test_parameters_of_a_layer_are_in_single_precision():
    found = layer_parameters(trained("dense", dtype="float64"), 1)
    assert {name: (array.shape, array.dtype.name) for name, array in found.items()} == {
        "W": ((16, 9), "float32"), "b": ((9,), "float32"),
    }  # fmt: skip


def test_information_that_json_has_not_is_refused():
    network = trained("dense")
    network.info = {"bytes": b"x"}
    with pytest.raises(InputError, match=r"network\.info"):
        described(network)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"layers": 3}', "[" * 100_000])
def test_other_texts_are_refused(text):
    with pytest.raises(InputError, match=r"model\.npz"):
        contents_from(text, "model.npz")


@pytest.mark.parametrize("change", [{"layers": [{"kind": "dense", "units": 10**9}]}, {"dtype": "int8"}])
def test_a_forged_description_is_refused_before_anything_is_allocated(change):
    network = trained("dense")
    text = json.dumps(json.loads(described(network)) | change)
    with pytest.raises(InputError, match=r"x: "):
        network_from(contents_from(text, "x"), parameters_of(network), "x")


def arrays(rng=None):
    rng = rng or np.random.default_rng(0)
    return {"0.W": rng.random((4, 3)), "0.b": rng.random(3), "1.W": rng.random((3, 2)), "1.b": rng.random(2)}


def test_raw_pixels_are_those_from_0_to_255():
    layers = [Dense(3, "relu"), Dense(2)]
    raw = assembled(layers, (4,), arrays(), Hints(input_scaling="raw", class_names=["no", "yes"]), "x")
    unit = assembled([Dense(3, "relu"), Dense(2)], (4,), arrays(), Hints(), "x")
    x = np.array([[0, 1, 2, 3]], dtype="uint8")
    np.testing.assert_allclose(raw.predict_proba(x), unit.predict_proba(x.astype("float32")), rtol=1e-5)
    assert raw.class_names == ("no", "yes")


@pytest.mark.parametrize("broken", [np.full((4, 3), np.nan), np.zeros((3, 4))])
def test_arrays_that_do_not_suit_the_layers_are_refused(broken):
    with pytest.raises(InputError, match=r"x: 0\.W"):
        assembled([Dense(3), Dense(2)], (4,), arrays() | {"0.W": broken}, Hints(), "x")


def test_missing_arrays_are_named():
    with pytest.raises(InputError, match=r"x: 1\.W: .* found none|1\.W"):
        assembled([Dense(3), Dense(2)], (4,), {"0.W": np.zeros((4, 3)), "0.b": np.zeros(3)}, Hints(), "x")


def test_raw_pixels_need_weights_to_take_them():
    layers = [Reshape((2, 2, 1)), MaxPool2D(2)]
    with pytest.raises(InputError, match="first layer with weights"):
        assembled(layers, (4,), {"1.gamma": np.ones(1)}, Hints(input_scaling="raw"), "x")
