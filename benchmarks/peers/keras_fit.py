"""Keras's `fit` on TensorFlow, with the defaults of `compile`."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.peers.peer import AfterEpoch, Peer, Weights
from benchmarks.race.setting import CLASSES, Setting

PREDICTION_BATCH = 1000  # `predict` takes 32 by default, which is several times slower


class KerasFit(Peer):
    """A Sequential model, compiled with the usual accuracy metric."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        keras.utils.set_random_seed(setting.seed)
        self.model = network(setting)
        self.model.compile(
            optimizer=keras.optimizers.Adam(setting.learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )

    def take(self, X: np.ndarray, y: np.ndarray) -> None:
        """Prepare floats once."""
        self.X, self.y = self.own_form(X), y
        self.images_per_epoch = len(X)

    def run(self, epochs: int, after_epoch: AfterEpoch) -> None:
        """Call `fit` once, as users do: every call copies the data again."""
        self.model.fit(
            self.X, self.y, self.setting.batch_size, epochs=epochs, verbose=0, callbacks=[Stopwatch(after_epoch)]
        )

    def set_weights(self, weights: Weights) -> None:
        """Hand them over in Keras's order, which is ours."""
        self.model.set_weights([array for pair in weights for array in pair])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the place of the largest logit, by way of `predict`."""
        return self.model.predict(X, batch_size=PREDICTION_BATCH, verbose=0).argmax(axis=1)

    def predict_one(self, x: np.ndarray) -> np.ndarray:
        """Call the model itself, as Keras's documentation advises for small inputs."""
        return self.model(x, training=False).numpy().argmax(axis=1)

    def threads(self) -> str:
        """Return the settings, in which 0 lets TensorFlow choose: a thread a core."""
        threading = tf.config.threading
        return (
            f"TensorFlow {threading.get_intra_op_parallelism_threads()} within and "
            f"{threading.get_inter_op_parallelism_threads()} between operations (0: one per core)"
        )


class Stopwatch(keras.callbacks.Callback):
    """Times the epochs of a `fit`, and can stop it."""

    def __init__(self, after_epoch: AfterEpoch) -> None:
        super().__init__()
        self.after_epoch = after_epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the watch."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Hand the time on."""
        self.model.stop_training = not self.after_epoch(time.perf_counter() - self.started)


def network(setting: Setting) -> keras.Sequential:
    """Return the layers; the output of the last is logits."""
    layers: list[Any] = [keras.Input((setting.sizes[0],))]
    if setting.layers:
        return keras.Sequential([*layers, *(new for layer in setting.layers for new in image_layers(layer))])
    for units, rate in zip(setting.hidden_sizes, setting.dropout, strict=True):
        layers.append(keras.layers.Dense(units, activation="relu"))
        layers += [keras.layers.Dropout(rate)] if rate else []
    return keras.Sequential([*layers, keras.layers.Dense(CLASSES)])


def image_layers(layer: dict[str, Any]) -> list[Any]:
    """Return the layers for one of ours, with its activation."""
    activation = [keras.layers.Activation(layer["activation"])] if layer.get("activation") == "relu" else []
    return [IMAGE_LAYERS[layer["kind"]](layer), *activation]


IMAGE_LAYERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "reshape": lambda layer: keras.layers.Reshape(layer["shape"]),
    "conv2d": lambda layer: keras.layers.Conv2D(
        layer["filters"], layer["kernel"], layer["stride"], layer["padding"], use_bias=layer["bias"]
    ),
    "max_pool2d": lambda layer: keras.layers.MaxPooling2D(layer["size"], layer["stride"]),
    "dropout": lambda layer: keras.layers.Dropout(layer["rate"]),
    "batch_norm": lambda layer: keras.layers.BatchNormalization(momentum=layer["momentum"], epsilon=layer["epsilon"]),
    "flatten": lambda _: keras.layers.Flatten(),
    "dense": lambda layer: keras.layers.Dense(layer["units"]),
}
