"""The stack of layers against reference implementations, finite differences, and a manual computation."""

import numpy as np

from classes.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    MaxPool2D,
    Reshape,
    SpatialDropout,
)  # fmt: skip

RNG = np.random.default_rng(11)
X, Y = RNG.standard_normal((5, 3)), np.array([0, 1, 2, 1, 0])
# A layer of every kind; a new kind must be added here to be checked against differences.
IMAGES = {  # each between layers that make images of rows, and rows of images
    "conv2d": lambda activation: Conv2D(2, 2, activation=activation, padding="same"),
    "max_pool2d": lambda _: MaxPool2D(2, 1),
    "average_pool2d": lambda _: AveragePool2D((1, 2)),
    "global_average_pool": lambda _: GlobalAveragePool(),
    "spatial_dropout": lambda _: SpatialDropout(0.4),
    "reshape": lambda _: Reshape((2, 3, 2)),
    "flatten": lambda _: Flatten(),
}
ROWS = {
    "dense": lambda activation: Dense(4, activation),
    "dropout": lambda _: Dropout(0.4),
    "batch_norm": lambda activation: BatchNorm(activation=activation),
}


def around(kind, activation):
    """Return the layers of a network with a layer of this kind in its middle."""
    if kind in ROWS:
        return [Dense(4, activation), ROWS[kind](activation), Dense(3)]
    return [Dense(12, activation), Reshape((2, 3, 2)), IMAGES[kind](activation), Flatten(), Dense(3)]
