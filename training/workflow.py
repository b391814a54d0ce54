"""The training workflow: load the data, train, evaluate, save."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from backend.ranks import Ranks
from backend.versions import library_versions
from classes import History, NeuralNetwork
from classes.callbacks import BestWeights, Callback
from classes.layers.summary import HEADS, summary_rows
from initializers.dataset import Dataset
from initializers.mnist.writers import load_writers
from initializers.splits import split_by_writer, stratified_split
from interface.console import Console
from interface.progress import TrainingBar, epoch_table
from interface.prompts import ask_yes_no
from testing.inference.calibration import calibrate
from testing.inference.model_files import MODEL_FOLDER, check_output
from testing.metrics import wilson_interval
from training.checkpoints import Checkpoint, CheckpointFolder, CheckpointWriter
from training.config import TrainingConfig
from training.exports import check_exports, write_exports
from training.presets import DEFAULT, preset_config
from training.saving import check_output_room, save_trained
from training.trackers.configured import new_trackers, record_results
from training.trackers.tracker import Tracker

FEWEST_STEPS = 400  # optimizer steps of a training with a preset; with fewer, training is incomplete


@dataclass(frozen=True)
class TrainedModel:
    """The result of a training.

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

    The presets' numbers of epochs are chosen for MNIST. With far fewer images, and unless `overrides` sets the
    epochs, there are enough epochs for `FEWEST_STEPS` steps.

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


def checkpoint_to_resume(console: Console, preset: str | None, overrides: Mapping[str, Any]) -> Checkpoint | None:
    """Return the newest checkpoint of the requested training; None, with a warning, if there is none.

    Parameters
    ----------
    console : Console
        Prints warnings about damaged checkpoints.
    preset : str or None
        Configuration of the requested training.
    overrides : mapping
        Fields of `TrainingConfig` that the user has set explicitly; `output` determines the folder.

    Raises
    ------
    InputError
        If there are checkpoints, but none that can be used.
    """
    folder = CheckpointFolder(model_path(overrides.get("output"), preset or DEFAULT))
    checkpoint = folder.newest(console.warn)
    if checkpoint is None:
        console.warn(f"There is no checkpoint in {folder.path}: the training begins at its beginning.")
    return checkpoint


def model_path(output: Path | None, preset: str) -> Path:
    """Return the default path of a preset's model."""
    return check_output(output or MODEL_FOLDER / f"{preset}.pkl")


def train_model(
    console: Console, config: TrainingConfig, preset: str, dataset: Dataset, checkpoint: Checkpoint | None = None,
    ranks: Ranks | None = None,
) -> TrainedModel | None:  # fmt: skip
    """Train, evaluate on the test images, and save the model, its history and its curves.

    Ctrl-C ends the training early: the best weights so far are restored, and saved if the user agrees.
    Checkpoints are kept until a training that came to its own end has saved its model.

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
    checkpoint : Checkpoint, optional
        Where to go on from; the configuration is `Checkpoint.config_under` then.
    ranks : Ranks, optional
        Copies of the program that share the training; only the first one evaluates and writes files.

    Returns
    -------
    TrainedModel or None
        None if an interrupted training was given up, and on all ranks but the first.

    Raises
    ------
    InputError
        If the configuration does not suit the data, the checkpoint was made with others, or an unfinished training's
        checkpoints are in the way.
    DivergenceError
        If the loss stops being a finite number.
    OSError
        If the model cannot be written, which is tried before the training begins.
    """
    path, ranks = model_path(config.output, preset), ranks or Ranks()
    folder, trackers = CheckpointFolder(path), list[Tracker]()
    network = new_network(config, dataset)
    if ranks.is_first:
        _check_resumption(config, dataset, folder, checkpoint)
        check_output_room(network, path)
        check_exports(config, network)
        trackers = new_trackers(console, config, path, dataset)
    _announce(console, network, config, preset, dataset, ranks)
    writer = CheckpointWriter(folder, console.warn, config, preset, dataset, checkpoint)
    X, y, X_val, y_val = split_data(config, dataset)
    is_complete = _fit(console, network, config, (X, y, X_val, y_val), writer, checkpoint, trackers, ranks)
    if is_complete is None or not ranks.is_first:
        return None
    if X_val is not None:
        calibrate(network, X_val, y_val)
    seconds = writer.seconds
    epoch_table(console, network.history)
    _, accuracy = network.evaluate(dataset.X_test, dataset.y_test)
    network.info = network.info | _info(network, config, preset, dataset, accuracy, seconds)
    _say_result(console, network, dataset)
    path = save_trained(console, network, path)
    write_exports(console, config, network, dataset)
    record_results(console, trackers, accuracy, path)
    if is_complete and (checkpoint or config.checkpoint_every):
        folder.remove()
    return TrainedModel(network, path, accuracy)


def _check_resumption(
    config: TrainingConfig, dataset: Dataset, folder: CheckpointFolder, checkpoint: Checkpoint | None
) -> None:
    """Refuse to go on with other data, or to begin where another training is to go on."""
    if checkpoint is not None:
        checkpoint.check_data(dataset)
    elif config.checkpoint_every is not None:
        folder.refuse_if_taken()


def check_same_data(dataset: Dataset, ranks: Ranks) -> None:
    """Refuse to train with ranks that have found different data.

    Raises
    ------
    InputError
        If they have.
    """
    found = ranks.all((dataset.name, dataset.fingerprint, ranks.host))
    if len({fingerprint for _, fingerprint, _ in found}) > 1:
        places = "; ".join(sorted({f"{name} on {host}" for name, _, host in found}))
        raise InputError(
            "data", expected="the same on all ranks", found=places, advice="Name a folder that all of them see."
        )


def new_network(config: TrainingConfig, dataset: Dataset) -> NeuralNetwork:
    """Return an untrained network that suits the data set."""
    return NeuralNetwork(
        dataset.X_train.shape[1],
        output_size=len(dataset.class_names),
        class_names=dataset.class_names,
        **config.network_arguments(),
    )


def _announce(
    console: Console, network: NeuralNetwork, config: TrainingConfig, preset: str, dataset: Dataset, ranks: Ranks
) -> None:
    """Show the network, the data and the device of a training."""
    console.title(f"Training the preset {preset} on {dataset.name}")
    console.table(HEADS, summary_rows(network.stack))
    console.say()
    rate = f"{config.optimizer}, rate {network.learning_rate:g}, {config.schedule}"
    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs} epochs"
    places = ranks.describe()
    console.facts(
        [
            ("Data", f"{dataset.name}: {len(dataset.X_train):,} images to train, {len(dataset.X_test):,} to test"),
            ("From", dataset.source),
            ("Optimizer", f"{rate}, batches of {config.batch_size}, {epochs}"),
            *([("Augmentation", config.augment)] if config.augment != "none" else []),
            ("Device", network.backend.describe()),
            *([("Ranks", places)] if places else []),
        ]
    )
    console.say()


def _fit(
    console: Console, network: NeuralNetwork, config: TrainingConfig, data: Sequence[Any], writer: CheckpointWriter,
    checkpoint: Checkpoint | None, trackers: Sequence[Callback], ranks: Ranks,
) -> bool | None:  # fmt: skip
    """Train behind a live bar; return whether it came to its end, or None if it was interrupted and given up."""
    best = BestWeights(at_end=config.keep_best)
    try:
        with TrainingBar(console, config.epochs) as bar:
            records = network.train_epochs(
                *data, on_step=bar.on_step, callbacks=[*config.callbacks(), best, *trackers], on_checkpoint=writer,
                resume=_resumed(console, bar, checkpoint), ranks=ranks, **config.training_arguments(),
            )  # fmt: skip
            for record in records:
                bar.on_epoch(record)
    except KeyboardInterrupt:
        is_wanted = best.restore_weights(network.history) and _wants_best(console, network.history)
        if not is_wanted:
            console.warn("Training interrupted; nothing was saved.")
        if found := writer.folder.files():
            console.say(f"With --resume it would continue from {found[-1]}.")
        return False if is_wanted else None
    return True


def _resumed(console: Console, bar: TrainingBar, checkpoint: Checkpoint | None) -> dict[str, Any] | None:
    """Show what was trained before; return the state to go on from, if there is one."""
    if checkpoint is None:
        return None
    console.say(f"Resuming from {checkpoint.path}: {checkpoint.place}.", "strong")
    if changed := checkpoint.changed_versions:
        console.warn(f"The training run began with other versions ({changed}): its last digits may differ.")
    for record in checkpoint.history:
        bar.on_epoch(record)
    return checkpoint.state


def split_data(
    config: TrainingConfig, dataset: Dataset
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return X_train, y_train, X_val, y_val: a part for validation, stratified or by writer, or none (None, None).

    Raises
    ------
    InputError
        If the part is to be by writer, and the writers are not known or cannot be had.
    """
    if config.validation_fraction == 0.0:
        return dataset.X_train, dataset.y_train, None, None
    if config.validation_by_writer:
        writers = load_writers(dataset.y_train, config.data_dir, mirrors=config.mirrors)
        kept, held_out = split_by_writer(writers, config.validation_fraction, config.seed)
    else:
        kept, held_out = stratified_split(dataset.y_train, config.validation_fraction, config.seed)
    return dataset.X_train[kept], dataset.y_train[kept], dataset.X_train[held_out], dataset.y_train[held_out]


def _wants_best(console: Console, history: History) -> bool:
    """Offer to save the best weights of an interrupted training; save them if input has ended."""
    chosen = next(record for record in history if record.epoch == history.chosen_epoch)
    console.clear_line()
    console.warn(f"Training interrupted. The best weights so far are those after {chosen}.")
    return not console.is_answered_by_hand or ask_yes_no(console, "Evaluate and save them?", default=True)


def _info(
    network: NeuralNetwork, config: TrainingConfig, preset: str, dataset: Dataset, accuracy: float, seconds: float
) -> dict[str, Any]:
    """Return the record of the training for the model file."""
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
    """Print the time and the accuracy."""
    accuracy, images = network.info["test_accuracy"], network.info["test_images"]
    low, high = wilson_interval(round(accuracy * images), images)
    console.say()
    console.say(f"Trained in {network.info['seconds']:.1f} s.")
    console.say(f"Test accuracy on {dataset.name}: {accuracy:.2%} (95 % interval {low:.2%} to {high:.2%})", "strong")
