"""C headers compute what the network computes."""

import ctypes
import shutil

import numpy as np
import pytest

from backend import InputError
from benchmarks.exchange import by_c, compiled_header
from classes.activations import ACTIVATIONS
from classes.layers import Layer
from classes.neural_network import NeuralNetwork
from tests.training.exchange.networks import PIXELS, SETTINGS, trained
from training.exchange.c_header import write_c_header


def compiled(network, folder):
    """Return the library of a network's header, compiled without warnings."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler is installed")
    return compiled_header(write_c_header(network, folder / "model.h"))


@pytest.mark.parametrize("name", SETTINGS)
def test_every_layer_computes_the_same_and_compiles_without_warnings(name, tmp_path):
    network = trained(name)
    library = compiled(network, tmp_path)
    found = by_c(network, tmp_path / "model.h", PIXELS)
    np.testing.assert_allclose(found, network.predict_proba(PIXELS), atol=2e-6)
    best = [library.run(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(found.ctypes.data)) for x in PIXELS]
    np.testing.assert_array_equal(best, network.predict(PIXELS))


def test_every_activation_computes_the_same(tmp_path):
    network = trained("dense", hidden_sizes=[5] * (len(ACTIVATIONS)), activation=list(ACTIVATIONS))
    compiled(network, tmp_path)
    np.testing.assert_allclose(by_c(network, tmp_path / "model.h", PIXELS), network.predict_proba(PIXELS), atol=2e-6)


def test_class_names_are_kept_whatever_they_contain(tmp_path):
    names = ['"', "\\", "??=", "é", "line\nend", "T-shirt/top", "あ", "7", "%s", "*/"]
    library = compiled(trained("dense", class_names=names), tmp_path)
    library.name.restype = ctypes.c_char_p
    assert [library.name(place).decode() for place in range(10)] == names


def test_names_are_those_of_the_file(tmp_path):
    text = write_c_header(trained("dense"), tmp_path / "3-digits.h").read_text(encoding="utf-8")
    assert "int network_3_digits_predict(const unsigned char *pixels, float *probabilities)" in text


def test_a_layer_without_counterpart_is_named(tmp_path):
    class Other(Layer):
        kind = "other"

    network = NeuralNetwork(784, [4], 10, seed=0)
    network.stack.layers[0] = Other()
    with pytest.raises(InputError, match="other"):
        write_c_header(network, tmp_path / "m.h")
    assert not (tmp_path / "m.h").exists()
