"""The mathematics: layers, activations, losses, optimizers, schedules, training, `NeuralNetwork` and its files."""

from classes.activations import ACTIVATIONS, Activation
from classes.layers import LAYERS, Dense, Dropout, Layer
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
    "Dense",
    "DivergenceError",
    "Dropout",
    "EpochProgress",
    "EpochRecord",
    "History",
    "Layer",
    "LearningRate",
    "Loss",
    "NeuralNetwork",
    "Optimizer",
    "SoftmaxCrossEntropy",
]
