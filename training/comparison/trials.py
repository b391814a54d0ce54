"""One training of a comparison: its settings and its result."""

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classes import DivergenceError, EpochRecord, NeuralNetwork
from classes.callbacks import BestWeights, Callback
from initializers.dataset import Dataset
from training.comparison.grid import ELSEWHERE
from training.config import TrainingConfig
from training.workflow import new_network, split_data

# Fields that are not recorded: paths, and the number of processes, which is 1 in comparisons.
_NO_SETTINGS = frozenset(ELSEWHERE) - {"seed"}


@dataclass(frozen=True)
class Candidate:
    """A configuration to be tried, and what it is called.

    Attributes
    ----------
    preset : str
        The preset it is based on.
    changes : str
        The changes, formatted by `training.comparison.grid.point_name`; empty for the preset itself.
    config : TrainingConfig
        All of it, the seed included.
    """

    preset: str
    changes: str
    config: TrainingConfig

    @property
    def settings(self) -> str:
        """The settings that determine the result, as JSON: the same settings and data give the same network."""
        kept = {name: value for name, value in self.config.to_dict().items() if name not in _NO_SETTINGS}
        return json.dumps(kept, sort_keys=True)


@dataclass(frozen=True)
class Trial:
    """One configuration trained from one seed.

    Attributes
    ----------
    preset, changes, dataset : str
        Names; see `Candidate`.
    seed, epochs, parameters : int
        Of the training and the network.
    memory_bytes, file_bytes : int
        Size of the parameters in memory, and of the whole model in a file.
    val_accuracy, test_accuracy : float or None
        Of the weights at the end, fractions; None without validation images, and where the training failed.
    train_loss : float or None
        Mean loss of the last epoch, in nats.
    seconds : float
        Wall time of the training, validation included.
    failure : str
        Why there are no weights at the end: the loss diverged. Empty otherwise.
    val_losses, val_accuracies : tuple of float
        After each epoch; empty without validation images.
    fingerprint : str
        Of the data set.
    settings : str
        As `Candidate.settings`.
    """

    preset: str
    changes: str
    dataset: str
    seed: int
    epochs: int
    parameters: int
    memory_bytes: int
    file_bytes: int
    val_accuracy: float | None
    test_accuracy: float | None
    train_loss: float | None
    seconds: float
    failure: str
    val_losses: tuple[float, ...]
    val_accuracies: tuple[float, ...]
    fingerprint: str
    settings: str

    @property
    def name(self) -> str:
        """The name of the configuration in tables and figures."""
        return f"{self.preset} {self.changes}".rstrip()

    def called_as(self, candidate: Candidate) -> "Trial":
        """Return the trial with the name of a candidate that has the same settings."""
        return replace(self, preset=candidate.preset, changes=candidate.changes)


def run_trial(candidate: Candidate, dataset: Dataset, watching: Sequence[Callback] = ()) -> Trial:
    """Train one candidate; return what came of it, also where its loss diverged.

    Parameters
    ----------
    candidate : Candidate
        What to train.
    dataset : Dataset
        What to learn.
    watching : sequence of Callback
        Called after each epoch.

    Raises
    ------
    InputError
        If the configuration does not suit the data.
    """
    config = candidate.config
    network, parts = new_network(config, dataset), split_data(config, dataset)
    callbacks = [*config.callbacks(), *([BestWeights()] if config.keep_best else []), *watching]
    failure, started = "", time.perf_counter()
    try:
        for _ in network.train_epochs(*parts, callbacks=callbacks, **config.training_arguments()):
            pass
    except DivergenceError as error:
        failure = str(error)
    seconds = time.perf_counter() - started
    return Trial(
        preset=candidate.preset,
        changes=candidate.changes,
        dataset=dataset.name,
        seed=config.seed,
        epochs=config.epochs,
        seconds=seconds,
        failure=failure,
        fingerprint=dataset.fingerprint,
        settings=candidate.settings,
        **_sizes(network),
        **_curves(network),
        **_figures(network, dataset, failed=bool(failure)),
    )


def _sizes(network: NeuralNetwork) -> dict[str, Any]:
    """Return how large the network is."""
    with tempfile.TemporaryDirectory() as folder:
        file_bytes = network.save_model(Path(folder) / "model.pkl").stat().st_size
    parameters = network.stack.parameters
    return {"parameters": parameters.size, "memory_bytes": parameters.values.nbytes, "file_bytes": file_bytes}


def _curves(network: NeuralNetwork) -> dict[str, Any]:
    """Return the validation figures of every epoch that was finished."""
    curves = {"val_losses": "val_loss", "val_accuracies": "val_accuracy"}
    return {
        name: tuple(value for value in network.history.column(column) if value is not None)
        for name, column in curves.items()
    }


def _figures(network: NeuralNetwork, dataset: Dataset, *, failed: bool) -> dict[str, Any]:
    """Return the accuracy of the final weights."""
    if failed:
        return {"val_accuracy": None, "test_accuracy": None, "train_loss": None}
    return {
        "val_accuracy": _chosen(network).val_accuracy,
        "test_accuracy": network.evaluate(dataset.X_test, dataset.y_test)[1],
        "train_loss": network.history.last.train_loss,
    }


def _chosen(network: NeuralNetwork) -> EpochRecord:
    """Return the record of the epoch whose weights the network has."""
    history = network.history
    return next((record for record in history if record.epoch == history.chosen_epoch), history.last)
