"""Networks with every layer, and with weights as after training, for the tests of formats."""

import numpy as np

from classes.neural_network import NeuralNetwork

PIXELS = np.random.default_rng(1).integers(0, 256, (7, 784), dtype=np.uint8)
SETTINGS = {
    "dense": {"hidden_sizes": [16, 9]},
    "normalised": {"layers": "12-BN-D0.2-8", "activation": "tanh", "input_scaling": "standard"},
    "convolutional": {"layers": "4C3-BN-MP2-SD0.2-6C5S2P-BN-AP2-D0.3-12-BN-8", "class_names": list("abcdefghij")},
    "averaged": {"layers": "4C3x5P-5C4S2P-MP3S2-GAP", "activation": "silu"},
}


def trained(name: str, **changes) -> NeuralNetwork:
    """Return a network whose parameters all differ from their first values, with a temperature."""
    network = NeuralNetwork(784, **{"output_size": 10, "seed": 0, "device": "cpu"} | SETTINGS[name] | changes)
    generator, parameters = np.random.default_rng(2), network.stack.parameters
    for key, shape in parameters.shapes.items():
        parameters.view(key)[...] += 0.1 * generator.random(shape)
    network.temperature = 1.25
    return network


def difference(one: NeuralNetwork, other: NeuralNetwork) -> float:
    """Return the largest difference of probabilities."""
    return float(np.abs(one.predict_proba(PIXELS) - other.predict_proba(PIXELS)).max())
