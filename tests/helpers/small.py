"""A data set of three stripes and a network trained on it in milliseconds."""

import numpy as np

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset

NAMES = ("top", "middle", "bottom")


def small_dataset(name: str = "three stripes", noise: float = 60.0) -> Dataset:
    """Return 8 x 8 images, each with a stripe in the third of its class, under noise."""
    rng = np.random.default_rng(7)
    y = np.arange(120, dtype=np.uint8) % 3
    images = rng.normal(40, noise, (120, 8, 8))
    for image, c in zip(images, y, strict=True):
        image[3 * c : 3 * c + 2] += 110
    X = images.clip(0, 255).astype(np.uint8).reshape(120, 64)
    return Dataset(name, X[:60], y[:60], X[60:], y[60:], "a generator", "0" * 64, NAMES, (8, 8))


def small_network(dataset: Dataset, epochs: int = 3) -> NeuralNetwork:
    """Return a network that has learned the data set, more or less; with 0 epochs, one that has not."""
    network = NeuralNetwork(64, (8,), 3, optimizer="adam", learning_rate=0.01, class_names=NAMES)
    if epochs:
        network.train(
            dataset.X_train, dataset.y_train, dataset.X_test, dataset.y_test, epochs, batch_size=20, verbose=False
        )
        network.info = {"dataset": dataset.name, "dataset_fingerprint": dataset.fingerprint}
    return network
