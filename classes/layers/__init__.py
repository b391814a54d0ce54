"""Layers, and their registry."""

from collections.abc import Callable

from classes.layers.dense import Dense
from classes.layers.dropout import Dropout
from classes.layers.layer import Layer, Slot

__all__ = ["LAYERS", "Dense", "Dropout", "Layer", "Slot"]

LAYERS: dict[str, Callable[..., Layer]] = {
    "dense": Dense,
    "dropout": Dropout,
}
