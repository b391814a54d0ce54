"""From a configuration to a model file: find the data, train, evaluate, save."""

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from backend.versions import library_versions
from classes import History, NeuralNetwork
from classes.best_weights import BestWeights
from initializers.dataset import Dataset
from initializers.pictures import save_figure
from initializers.splits import stratified_split
from interface.console import Console
from interface.progress import TrainingBar, epoch_table
from interface.prompts import ask_yes_no
from testing.figures import training_curves
from testing.metrics import wilson_interval
from testing.models import MODEL_FOLDER
from training.config import TrainingConfig
from training.presets import preset_config

FEWEST_STEPS = 400  # fewer leave the networks of the presets half trained


@dataclass(frozen=True)
class TrainedModel:
    """What a training left behind.

    Attributes
    ----------
    network : NeuralNetwork
        Trained.
    path : Path
        Its model file.
    test_accuracy : float
        Fraction of the test images that it gets right.
    """

    network: NeuralNetwork
    path: Path
    test_accuracy: float


def suited_config(preset: str, overrides: Mapping[str, Any], dataset: Dataset) -> TrainingConfig:
    """Return a preset's configuration, some fields replaced, for this data set.

    The presets' epochs are meant for MNIST. Where there are far fewer images, and `overrides` does not name the
    epochs itself, there are as many as make `FEWEST_STEPS`.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    config = preset_config(preset, overrides)
    if "epochs" in overrides:
        return config
    enough = math.ceil(FEWEST_STEPS * config.batch_size / len(dataset.X_train))
    return dataclasses.replace(config, epochs=max(config.epochs, enough))


def train_model(console: Console, config: TrainingConfig, preset: str, dataset: Dataset) -> TrainedModel | None:
    """Train, evaluate on the test images, and save the model, its history and its curves.

    Ctrl-C ends the training early: the best weights so far are put back, and saved if the user wants them.

    Parameters
    ----------
    console : Console
        Where everything is shown.
    config : TrainingConfig
        What to do.
    preset : str
        The preset's name, for the file's name and its record.
    dataset : Dataset
        Its training images are learned, its test images looked at once, at the end.

    Returns
    -------
    TrainedModel or None
        None if an interrupted training was given up.

    Raises
    ------
    InputError
        If the configuration does not suit the data.
    DivergenceError
        If the loss stops being a finite number.
    """
    network = new_network(config, dataset)
    _announce(console, network, config, preset, dataset)
    seconds = _fit(console, network, config, dataset)
    if seconds is None:
        return None
    epoch_table(console, network.history)
    _, accuracy = network.evaluate(dataset.X_test, dataset.y_test)
    network.info = _info(network, config, preset, dataset, accuracy, seconds)
    path = config.output or MODEL_FOLDER / f"{preset}.pkl"
    _say_result(console, network, dataset)
    return TrainedModel(network, _save(console, network, path), accuracy)


def new_network(config: TrainingConfig, dataset: Dataset) -> NeuralNetwork:
    """Return an untrained network that suits the data set."""
    return NeuralNetwork(
        dataset.X_train.shape[1],
        output_size=len(dataset.class_names),
        class_names=dataset.class_names,
        **config.network_arguments(),
    )


def _announce(console: Console, network: NeuralNetwork, config: TrainingConfig, preset: str, dataset: Dataset) -> None:
    """Say what is about to be trained, on what, and where."""
    console.title(f"Training the preset {preset} on {dataset.name}")
    console.say(network.summary())
    console.say()
    rate = f"{config.optimizer}, rate {network.learning_rate:g}, {config.schedule}"
    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs} epochs"
    console.facts(
        [
            ("Data", f"{dataset.name}: {len(dataset.X_train):,} images to train, {len(dataset.X_test):,} to test"),
            ("From", dataset.source),
            ("Optimizer", f"{rate}, batches of {config.batch_size}, {epochs}"),
            ("Device", network.backend.describe()),
        ]
    )
    console.say()


def _fit(console: Console, network: NeuralNetwork, config: TrainingConfig, dataset: Dataset) -> float | None:
    """Train behind a live bar; return the seconds it took, or None if it was interrupted and given up."""
    best = BestWeights(network.model.parameters)
    started = time.perf_counter()
    try:
        with TrainingBar(console, config.epochs) as bar:
            records = network.train_epochs(
                *split_data(config, dataset), on_step=bar.on_step, **config.training_arguments()
            )
            for record in best.watch(records):
                bar.on_epoch(record)
    except KeyboardInterrupt:
        if not best.restore(network.history) or not _wants_best(console, network.history):
            console.warn("Training interrupted; nothing was saved.")
            return None
    else:
        if config.keep_best:
            best.restore(network.history)
    return time.perf_counter() - started


def split_data(
    config: TrainingConfig, dataset: Dataset
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return X_train, y_train, X_val, y_val: a stratified part for validation, or none (None, None)."""
    if config.validation_fraction == 0.0:
        return dataset.X_train, dataset.y_train, None, None
    kept, held_out = stratified_split(dataset.y_train, config.validation_fraction, config.seed)
    return dataset.X_train[kept], dataset.y_train[kept], dataset.X_train[held_out], dataset.y_train[held_out]


def _wants_best(console: Console, history: History) -> bool:
    """Offer the best weights of an interrupted training; where nobody can answer, keep them."""
    chosen = next(record for record in history if record.epoch == history.chosen_epoch)
    console.clear_line()
    console.warn(f"Training interrupted. The best weights so far are those after {chosen}.")
    return not console.is_answered_by_hand or ask_yes_no(console, "Evaluate and save them?", default=True)


def _info(
    network: NeuralNetwork, config: TrainingConfig, preset: str, dataset: Dataset, accuracy: float, seconds: float
) -> dict[str, Any]:
    """Return what the model file tells about its training."""
    return {
        "preset": preset,
        "config": config.to_dict(),
        "dataset": dataset.name,
        "dataset_fingerprint": dataset.fingerprint,
        "test_accuracy": accuracy,
        "test_images": len(dataset.X_test),
        "seconds": seconds,
        "device": network.backend.describe(),
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": library_versions(),
    }


def _say_result(console: Console, network: NeuralNetwork, dataset: Dataset) -> None:
    """Say how long it took and how good it is."""
    accuracy, images = network.info["test_accuracy"], network.info["test_images"]
    low, high = wilson_interval(round(accuracy * images), images)
    console.say()
    console.say(f"Trained in {network.info['seconds']:.1f} s.")
    console.say(f"Test accuracy on {dataset.name}: {accuracy:.2%} (95 % interval {low:.2%} to {high:.2%})", "strong")


def _save(console: Console, network: NeuralNetwork, path: Path) -> Path:
    """Write the model, its history and its curves; say where; return the model's path."""
    network.save_model(path)
    tables = network.history.save(path.with_suffix(".history"))
    curves = save_figure(training_curves(network.history, network.info["dataset"]), path.with_suffix(".curves.png"))
    console.say(f"Saved {path}, with {', '.join(file.name for file in (*tables, curves))} beside it.")
    return path
