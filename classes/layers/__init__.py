"""Layers, and their registry."""

from collections.abc import Callable

from classes.layers.batch_norm import BatchNorm
from classes.layers.convolution.conv2d import Conv2D
from classes.layers.convolution.pooling import AveragePool2D, GlobalAveragePool, MaxPool2D
from classes.layers.dense import Dense
from classes.layers.dropout import Dropout, SpatialDropout
from classes.layers.layer import Layer, Slot
from classes.layers.reshape import Flatten, Reshape

__all__ = [
    "LAYERS", "AveragePool2D", "BatchNorm", "Conv2D", "Dense", "Dropout", "Flatten", "GlobalAveragePool", "Layer",
    "MaxPool2D", "Reshape", "Slot", "SpatialDropout",
]  # fmt: skip

LAYERS: dict[str, Callable[..., Layer]] = {
    "dense": Dense,
    "dropout": Dropout,
    "conv2d": Conv2D,
    "max_pool2d": MaxPool2D,
    "average_pool2d": AveragePool2D,
    "global_average_pool": GlobalAveragePool,
    "spatial_dropout": SpatialDropout,
    "batch_norm": BatchNorm,
    "reshape": Reshape,
    "flatten": Flatten,
}
