"""Our own code, through the public methods of `NeuralNetwork`: it reads uint8, so scaling is part of every step."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from backend import Backend
from benchmarks.peers.peer import AfterEpoch, Peer, Weights
from benchmarks.race.setting import CLASSES, INPUTS, Setting
from classes import EpochRecord, NeuralNetwork

if TYPE_CHECKING:  # the engine may choose kernels for a BLAS that is not loaded yet, so it comes before NumPy
    import numpy as np


LONGEST = 1000  # epochs that a training on a GPU may be continued for
SHORT = 2  # epochs of the default preset's schedule with which it reaches 98 % of the test images


class Ours(Peer):
    """`NeuralNetwork.train_epochs` and `predict`."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.network = self.make_network()

    def make_network(self) -> NeuralNetwork:
        """Return the untrained network."""
        return network_of(self.setting)

    def own_form(self, X: "np.ndarray") -> "np.ndarray":
        """Return the images as they are."""
        return X

    def take(self, X: "np.ndarray", y: "np.ndarray") -> None:
        """Keep both as they are."""
        self.X, self.y = X, y
        self.images_per_epoch = len(X)

    def records(self, epochs: int) -> Iterator[EpochRecord]:
        """Begin the training."""
        return self.network.train_epochs(self.X, self.y, epochs=epochs, batch_size=self.setting.batch_size)

    def run(self, epochs: int, after_epoch: AfterEpoch) -> None:
        """Receive a record."""
        started = time.perf_counter()
        for _ in self.records(epochs):
            if not after_epoch(time.perf_counter() - started):
                return
            started = time.perf_counter()

    def weights(self) -> Weights:
        """Return W and b of every dense layer."""
        parameters = self.network.model.parameters
        places = [name.removesuffix(".W") for name in parameters.shapes if name.endswith(".W")]
        return [(parameters.view(f"{place}.W"), parameters.view(f"{place}.b")) for place in places]

    def set_weights(self, weights: Weights) -> None:
        """Write into the network's own."""
        for (W, b), (new_W, new_b) in zip(self.weights(), weights, strict=True):
            W[...], b[...] = new_W, new_b

    def predict(self, X: "np.ndarray") -> "np.ndarray":
        """Return `NeuralNetwork.predict`."""
        return self.network.predict(X)


class OursOnGpu(Ours):
    """The same on a GPU."""

    def make_network(self) -> NeuralNetwork:
        """Return the untrained network."""
        return network_of(self.setting, device="gpu")

    def run(self, epochs: int, after_epoch: AfterEpoch) -> None:
        """Begin a training of which `epoch` continues with the later epochs."""
        self.training = self.records(epochs + LONGEST)
        for _ in range(epochs):
            started = time.perf_counter()
            self.epoch()
            after_epoch(time.perf_counter() - started)

    def epoch(self) -> None:
        """Learn from every image once; the training waits for the GPU at the end of an epoch."""
        next(self.training)


class OursDefault(Ours):
    """The default preset of `training/train.py`, with ``--epochs 2``."""

    def make_network(self) -> NeuralNetwork:
        """Return the preset's network."""
        from training.presets import DEFAULT, preset_config

        self.config = replace(preset_config(DEFAULT), epochs=SHORT, seed=self.setting.seed)
        return NeuralNetwork(INPUTS, output_size=CLASSES, **self.config.network_arguments())

    def records(self, epochs: int) -> Iterator[EpochRecord]:
        """Start the preset's training, which has its own number of epochs."""
        return self.network.train_epochs(self.X, self.y, **self.config.training_arguments())


def network_of(setting: Setting, device: str | Backend = "cpu") -> NeuralNetwork:
    """Return the untrained network that a setting describes."""
    return NeuralNetwork(
        INPUTS, setting.hidden_sizes, CLASSES, setting.learning_rate,
        optimizer=setting.optimizer, dropout=setting.dropout, layers=setting.notation or None,
        input_scaling=setting.input_scaling, seed=setting.seed, device=device,
    )  # fmt: skip
