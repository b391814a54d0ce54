"""Models as JSON for the page in one file."""

import base64
import json

import numpy as np
import pytest

from backend import InputError
from classes import NeuralNetwork
from web.single_file.model import model_as_json


def test_weights_are_in_half_precision_and_the_rest_is_known(tmp_path):
    network = NeuralNetwork(784, (6,), 10, activation="tanh", dropout=0.5, input_scaling="standard", seed=1)
    network.temperature, network.info = 1.5, {"sure_confidence": 0.9, "test_accuracy": 0.97}
    found = json.loads(json.dumps(model_as_json(network.save_model(tmp_path / "small.pkl"))))
    layers = found["network"]["layers"]
    assert [(layer["units"], layer["activation"]) for layer in layers] == [(6, "tanh"), (10, "identity")]
    W = np.frombuffer(base64.b64decode(layers[0]["W"]), "<f2").reshape(784, 6)
    np.testing.assert_allclose(W, network.stack.parameters.view("0.W"), atol=1e-4)
    assert found["network"]["factor"] == pytest.approx(1 / 255 / 0.3081)
    assert found["network"]["offset"] == pytest.approx(-0.1307 / 0.3081)
    assert (found["network"]["temperature"], found["network"]["threshold"]) == (1.5, 0.9)
    assert (found["description"]["name"], found["description"]["accuracy"]) == ("small.pkl", 0.97)


@pytest.mark.parametrize(
    ("options", "found"), [({"layers": "4C3-MP2-8"}, "a layer Reshape"), ({"input_size": 64}, "64 inputs")]
)
def test_other_networks_are_refused_with_advice(options, found, tmp_path):
    path = NeuralNetwork(**{"input_size": 784} | options).save_model(tmp_path / "other.pkl")
    with pytest.raises(InputError, match=rf"other\.pkl: expected dense layers.*found {found}.*--model"):
        model_as_json(path)
