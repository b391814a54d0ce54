"""The modules of PyTorch that a network becomes."""

import numpy as np
import pytest

from backend import InputError
from classes.layers import Conv2D, Dense, Flatten, Layer, Reshape
from classes.neural_network import NeuralNetwork
from tests.training.exchange.networks import PIXELS, SETTINGS, trained
from training.exchange.pytorch.modules import Tensor, channels_first, modules_of, sequential_code, state_dict


def test_the_code_and_the_tensors_of_a_convolutional_network():
    network = trained("convolutional", dtype="float32")
    assert sequential_code(network).splitlines()[3:] == [
        "# probabilities = torch.softmax(model(pixels / 255) / 1.25, 1)",
        "model = nn.Sequential(",
        "    nn.Unflatten(1, (1, 28, 28)),",
        "    nn.Conv2d(1, 4, (3, 3), bias=False),",
        "    nn.BatchNorm2d(4, eps=1e-05, momentum=0.1),",
        "    nn.ReLU(),",
        "    nn.MaxPool2d((2, 2), stride=(2, 2)),",
        "    nn.Dropout2d(0.2),",
        "    nn.Conv2d(4, 6, (5, 5), stride=(2, 2), padding=(2, 2), bias=False),",
        "    nn.BatchNorm2d(6, eps=1e-05, momentum=0.1),",
        "    nn.ReLU(),",
        "    nn.AvgPool2d((2, 2), stride=(2, 2)),",
        "    nn.Dropout(0.3),",
        "    nn.Flatten(),",
        "    nn.Linear(54, 12),",
        "    nn.BatchNorm1d(12, eps=1e-05, momentum=0.1),",
        "    nn.ReLU(),",
        "    nn.Linear(12, 8),",
        "    nn.ReLU(),",
        "    nn.Linear(8, 10),",
        ")",
        "model.eval()",
    ]
    shapes = {name: array.shape for name, array in state_dict(network).items()}
    assert shapes["1.weight"] == (4, 1, 3, 3)
    assert shapes["12.weight"] == (12, 54)
    assert shapes["13.num_batches_tracked"] == ()


def test_padding_that_differs_between_sides_is_a_module_of_its_own():
    code = [module.code for module in modules_of(trained("averaged").stack.layers)]
    assert code[4:6] == ["nn.ZeroPad2d((1, 1, 1, 1))", "nn.Conv2d(4, 5, (4, 4), stride=(2, 2))"] or (
        "nn.Conv2d(4, 5, (4, 4), stride=(2, 2), padding=(1, 1))" in code
    )
    network = NeuralNetwork((5, 5), layers=[Conv2D(2, 2, padding="same"), Flatten(), Dense(2)], device="cpu")
    assert "nn.ZeroPad2d((0, 1, 0, 1))" in sequential_code(network)


def test_rows_after_a_flattening_are_in_the_order_of_channels_first():
    images = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    theirs = images.transpose(2, 0, 1).ravel()
    np.testing.assert_array_equal(images.ravel()[channels_first((2, 3, 4))], theirs)
    weight = np.random.default_rng(0).random((24, 5))
    tensor = Tensor("W", (1, 0), channels_first((2, 3, 4)))
    np.testing.assert_allclose(tensor.to_torch(weight) @ theirs, images.ravel() @ weight)
    np.testing.assert_array_equal(tensor.from_torch(tensor.to_torch(weight)), weight)


def test_layers_without_a_counterpart_are_named():
    class Other(Layer):
        kind = "other"

    with pytest.raises(InputError, match="other"):
        modules_of([Other()])
    late = NeuralNetwork(4, layers=[Dense(8), Reshape((2, 2, 2)), Conv2D(2, 1), Flatten(), Dense(2)], device="cpu")
    with pytest.raises(InputError, match="images of one channel"):
        modules_of(late.stack.layers)


@pytest.mark.parametrize("name", SETTINGS)
def test_pytorch_computes_the_same(name):
    torch = pytest.importorskip("torch")
    network, names = trained(name), {}
    exec(sequential_code(network), names)
    state = {key: torch.tensor(array) for key, array in state_dict(network).items()}
    names["model"].load_state_dict(state, strict=True)
    standard = names["model"](torch.tensor(_scaled(network))).detach().numpy() / network.temperature
    found = np.exp(standard) / np.exp(standard).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, network.predict_proba(PIXELS), atol=1e-6)


def _scaled(network):
    pixels = PIXELS.astype("float32") / 255
    return (pixels - 0.1307) / 0.3081 if network.input_scaling == "standard" else pixels
