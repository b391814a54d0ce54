"""Keras files: their settings and variables, and the computation where Keras is installed."""

import io
import json
import zipfile

import numpy as np
import pytest

from backend import InputError
from tests.training.exchange.networks import PIXELS, SETTINGS, trained
from training.exchange.keras_format import write_keras

h5py = pytest.importorskip("h5py")


def test_the_layers_and_their_variables_are_in_the_file(tmp_path):
    network = trained("convolutional")
    with zipfile.ZipFile(write_keras(network, tmp_path / "m.keras")) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    names = [layer["class_name"] for layer in layers]
    assert names[:7] == [
        "InputLayer",
        "Rescaling",
        "Reshape",
        "Conv2D",
        "BatchNormalization",
        "Activation",
        "MaxPooling2D",
    ]
    assert names[-3:] == ["Dense", "Rescaling", "Softmax"]
    np.testing.assert_array_equal(file["layers/conv2d_1/vars/0"], network.stack.parameters.view("5.W"))
    np.testing.assert_array_equal(
        file["layers/batch_normalization_1/vars/3"], network.stack.parameters.view("6.variance")
    )
    np.testing.assert_array_equal(file["layers/dense_2/vars/1"], network.stack.parameters.view("13.b"))


def test_an_activation_that_keras_has_not_is_named(tmp_path):
    with pytest.raises(InputError, match="gelu"):
        write_keras(trained("dense", activation="gelu"), tmp_path / "m.keras")
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.parametrize("name", SETTINGS)
def test_keras_computes_the_same(name, tmp_path):
    keras = pytest.importorskip("keras")
    network = trained(name)
    model = keras.saving.load_model(write_keras(network, tmp_path / "m.keras"))
    found = model.predict(PIXELS.astype("float32"), verbose=0)
    np.testing.assert_allclose(found, network.predict_proba(PIXELS), atol=1e-6)
