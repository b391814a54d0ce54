"""Layers, and their registry."""

from collections.abc import Callable

from classes.layers.batch_norm import BatchNorm
from classes.layers.conv2d import Conv2D
from classes.layers.dense import Dense
from classes.layers.dropout import Dropout
from classes.layers.flatten import Flatten
from classes.layers.layer import Layer, Slot
from classes.layers.pooling import AveragePool2D, GlobalAveragePool, MaxPool2D

__all__ = [
    "LAYERS", "AveragePool2D", "BatchNorm", "Conv2D", "Dense", "Dropout", "Flatten", "GlobalAveragePool", "Layer",
    "MaxPool2D", "Slot",
]  # fmt: skip

LAYERS: dict[str, Callable[..., Layer]] = {
    "dense": Dense,
    "dropout": Dropout,
    "conv2d": Conv2D,
    "max_pool2d": MaxPool2D,
    "average_pool2d": AveragePool2D,
    "global_average_pool": GlobalAveragePool,
    "flatten": Flatten,
    "batch_norm": BatchNorm,
}
