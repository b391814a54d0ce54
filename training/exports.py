"""What a training writes for other tools: the network in another format, and the data that it was trained on."""

import tempfile
from pathlib import Path

import numpy as np

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from interface.console import Console
from testing.inference.model_files import check_output
from training.config import TrainingConfig
from training.exchange import write_model
from training.exchange.array_files import write_arrays


def check_exports(config: TrainingConfig, network: NeuralNetwork) -> None:
    """Check before training that what the configuration asks for can be written, by writing it to a temporary folder.

    Raises
    ------
    InputError
        If there is no such format, its package is missing, or it has no counterpart of a layer.
    """
    with tempfile.TemporaryDirectory() as folder:
        if config.export is not None:
            write_model(network, Path(folder) / check_output(config.export).name)
        if config.save_data is not None:
            write_arrays(Path(folder) / check_output(config.save_data).name, {"X_train": np.zeros((1, 1), "uint8")})


def write_exports(console: Console, config: TrainingConfig, network: NeuralNetwork, dataset: Dataset) -> None:
    """Write what the configuration asks for, and print the paths.

    The data are four arrays: ``X_train`` and ``X_test`` (N, I) in uint8, ``y_train`` and ``y_test`` (N,) in int64; an
    .npz file has ``class_names`` too, so that ``--data`` reads it as the same data set.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    if config.export is not None:
        console.say(f"Exported the network as {write_model(network, config.export)}.")
    if config.save_data is not None:
        parts = ("train", "test")
        images = {f"X_{part}": getattr(dataset, f"X_{part}") for part in parts}
        labels = {f"y_{part}": getattr(dataset, f"y_{part}").astype("int64") for part in parts}
        names = {"class_names": np.array(dataset.class_names)} if config.save_data.suffix == ".npz" else {}
        path = write_arrays(config.save_data, images | labels | names)
        console.say(f"Saved the data as {path}.")
