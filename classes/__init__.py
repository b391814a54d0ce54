"""The mathematics: layers, activations, losses, optimizers, schedules, training, `NeuralNetwork` and its files."""

from classes.activations import ACTIVATIONS, Activation
from classes.layers import (
    LAYERS,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    MaxPool2D,
    Reshape,
    SpatialDropout,
)  # fmt: skip
from classes.layers.notation import layers_from_notation, notation_of
from classes.losses import LOSSES, Loss, SoftmaxCrossEntropy
from classes.neural_network import NeuralNetwork
from classes.optimizers import OPTIMIZERS, Optimizer
from classes.schedules import SCHEDULES, LearningRate
from classes.training.progress import DivergenceError, EpochProgress
from classes.training.records import EpochRecord, History

__all__ = [
    "ACTIVATIONS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "Activation",
    "AveragePool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "DivergenceError",
    "Dropout",
    "EpochProgress",
    "EpochRecord",
    "Flatten",
    "GlobalAveragePool",
    "History",
    "Layer",
    "LearningRate",
    "Loss",
    "MaxPool2D",
    "NeuralNetwork",
    "Optimizer",
    "Reshape",
    "SoftmaxCrossEntropy",
    "SpatialDropout",
    "layers_from_notation",
    "notation_of",
]
