"""The trackers that a configuration asks for."""

from pathlib import Path

from initializers.dataset import Dataset
from interface.console import Console
from training.config import TrainingConfig
from training.trackers import MLflow, TensorBoard
from training.trackers.tensorboard import free_folder
from training.trackers.tracker import Tracker


def new_trackers(console: Console, config: TrainingConfig, model: Path, dataset: Dataset) -> list[Tracker]:
    """Return the trackers of a training; nothing is written before its first epoch has ended.

    Parameters
    ----------
    console : Console
        Shows epochs that cannot be recorded.
    config : TrainingConfig
        Its fields ``tensorboard`` and ``mlflow`` say where to, and all of its fields are recorded.
    model : Path
        Path of the model file, whose name is the name of the run.
    dataset : Dataset
        Its name is recorded.

    Raises
    ------
    InputError
        If a package is missing, or a server cannot be reached.
    """
    settings = {"dataset": dataset.name} | config.to_dict()
    trackers: list[Tracker] = []
    if config.tensorboard is not None:
        trackers.append(TensorBoard(free_folder(config.tensorboard, model.stem), settings=settings))
    if config.mlflow is not None:
        trackers.append(MLflow(config.mlflow, run_name=model.stem, settings=settings))
    for tracker in trackers:
        tracker.notify = console.warn
    return trackers


def record_results(console: Console, trackers: list[Tracker], test_accuracy: float, model: Path) -> None:
    """Record the test accuracy and the model file, and say where."""
    for tracker in trackers:
        try:
            tracker.record_result({"accuracy/test": test_accuracy}, [model])
        except tracker.failures as error:
            console.warn(f"{type(tracker).__name__} has no record of the result: {error}")
            continue
        console.say(f"Recorded in {tracker.place}.")
