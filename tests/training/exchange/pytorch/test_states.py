"""State dicts that PyTorch's users have saved."""

import numpy as np
import pytest

from backend import InputError
from tests.training.exchange.networks import PIXELS, difference, trained
from training.exchange.description import Hints
from training.exchange.pytorch.modules import state_dict
from training.exchange.pytorch.states import network_of_state

LAYERS = {"normalised": "12-BN-D0.2-8", "convolutional": "4C3-BN-MP2-6C5S2P-BN-AP2-12-BN-8"}


def foreign(name, names):
    """Return the state dict of a network, its modules renamed, as another program would save it."""
    network = trained(name)
    network.temperature = 1.0
    groups = dict.fromkeys(key.split(".")[0] for key in state_dict(network))
    new = dict(zip(groups, names, strict=True))
    return network, {
        f"{new[key.split('.')[0]]}.{key.split('.')[1]}": array for key, array in state_dict(network).items()
    }


def test_linear_layers_and_batch_normalisations_are_told_by_their_tensors():
    network, state = foreign("normalised", ["net.0", "net.1", "net.3", "net.5"])
    found = network_of_state(state, None, Hints(activation="tanh", input_scaling="standard"), "x")
    assert difference(network, found) < 1e-6
    assert [layer.kind for layer in found.stack.layers] == ["dense", "batch_norm", "dense", "dense"]


def test_convolutions_take_the_tensors_of_their_shapes_in_the_order_of_names():
    network, state = foreign("convolutional", ["conv1", "bn1", "conv2", "bn2", "fc1", "bn3", "fc2", "fc3"])
    found = network_of_state(dict(sorted(state.items())), None, Hints(layers=LAYERS["convolutional"]), "x")
    assert difference(network, found) < 1e-6


def test_biases_of_convolutions_before_a_batch_normalisation_are_kept():
    network, state = foreign("convolutional", [f"{n}" for n in range(8)])
    state |= {"0.bias": np.full(4, 0.5, "float32"), "2.bias": np.zeros(6, "float32")}
    state["1.running_mean"] = state["1.running_mean"] + 0.5
    found = network_of_state(state, None, Hints(layers=LAYERS["convolutional"]), "x")
    assert difference(network, found) < 1e-6
    assert found.stack.layers[1].bias


def test_a_linear_layer_without_a_bias_has_zeros():
    state = {"a.weight": np.eye(3, 784), "b.weight": np.eye(2, 3)}
    found = network_of_state(state, None, Hints(), "x")
    assert not found.stack.layers[0].b.any() if hasattr(found.stack.layers[0], "b") else True
    logits = np.maximum(PIXELS[:, :3] / 255, 0)[:, :2]
    np.testing.assert_array_equal(found.predict(PIXELS), logits.argmax(axis=1))


@pytest.mark.parametrize(
    ("state", "layers", "message"),
    [
        ({}, None, "weights"),
        ({}, "8", "weights"),
        ({"conv.weight": np.zeros((2, 1, 3, 3))}, None, "--layers"),
        ({"a.weight": np.zeros((2, 1, 3, 3)), "b.weight": np.zeros((3, 9))}, "2C3", "nn.Linear"),
        (
            {"a.weight": np.zeros((4, 784)), "b.weight": np.zeros((3, 4)), "c.weight": np.zeros((3, 3))},
            "4",
            "c: weight",
        ),
        ({"emb.table": np.zeros((2, 2))}, None, "emb"),
        ({"n.weight": np.ones(3), "n.running_mean": np.ones(3)}, None, "linear layers"),
    ],
)
def test_states_of_other_layers_are_refused_with_what_was_found(state, layers, message):
    with pytest.raises(InputError, match=message):
        network_of_state(state, None, Hints(layers=layers), "x")
