"""ONNX models compute what the network computes."""

import numpy as np
import pytest

from backend import InputError
from classes.activations import ACTIVATIONS
from classes.layers import Layer
from classes.neural_network import NeuralNetwork
from training.exchange.onnx_format import write_onnx

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

PIXELS = np.random.default_rng(1).integers(0, 256, (7, 784), dtype=np.uint8)


def difference(network, path, n):
    session = onnxruntime.InferenceSession(str(write_onnx(network, path)))
    (found,) = session.run(None, {"pixels": PIXELS[:n].astype(np.float32)})
    assert found.shape == (n, network.output_size)
    return np.abs(found - network.predict_proba(PIXELS[:n])).max()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_dense_networks_agree_in_every_activation_and_scaling(activation, scaling, tmp_path):
    network = NeuralNetwork(784, [16], 10, activation=activation, input_scaling=scaling, seed=0)
    network.temperature = 0.5
    assert difference(network, tmp_path / "m.onnx", 7) < 2e-6


@pytest.mark.parametrize("layers", ["4C3-BN-MP2-8", "4C5S2P-AP2-8", "4C3-GAP"])
@pytest.mark.parametrize("n", [1, 7])
def test_convolutional_networks_agree_for_any_number_of_images(layers, n, tmp_path):
    network = NeuralNetwork(784, layers=layers, output_size=10, seed=0)
    assert difference(network, tmp_path / "m.onnx", n) < 2e-6


def test_a_layer_without_counterpart_is_named(tmp_path):
    class Other(Layer):
        kind = "other"

    network = NeuralNetwork(784, [4], 10, seed=0)
    network.stack.layers[0] = Other()
    with pytest.raises(InputError, match="other"):
        write_onnx(network, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
