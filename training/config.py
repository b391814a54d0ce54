"""One configuration: what makes the flags, the menu's prompts and defaults, and the record in the model file."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from backend import DEVICES, InputError
from classes import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from classes.callbacks import Callback, ExponentialMovingAverage
from classes.construction import DTYPES
from initializers.augmentation import AUGMENTATIONS
from initializers.batches import INPUT_SCALINGS
from initializers.data_loader import DATA_CHOICES
from initializers.weights import INITIALIZERS
from interface.flags import options


def _option(default: Any, help_text: str, choices: Callable[[], Iterable[str]] = tuple) -> Any:
    """Return a field with what flags and prompts need to know of it; choices are looked up when they are asked for."""
    return field(default=default, metadata={"help": help_text, "choices": lambda: tuple(choices())})


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a training; the defaults are those of the preset `fast`.

    Examples
    --------
    >>> TrainingConfig(epochs=3).to_dict()["hidden_sizes"]
    [320, 128]
    """

    hidden_sizes: tuple[int, ...] = _option((320, 128), "units of each hidden layer")
    activation: str = _option("relu", "activation of the hidden layers", lambda: ACTIVATIONS)
    initializer: str | None = _option(None, "first weights; none takes what suits the activation", lambda: INITIALIZERS)
    dropout: tuple[float, ...] = _option((0.0,), "share of hidden units dropped in training: one for all, or one each")
    optimizer: str = _option("adamw", "rule that turns gradients into steps", lambda: OPTIMIZERS)
    learning_rate: float | None = _option(0.006, "highest learning rate; none takes the optimizer's usual one")
    weight_decay: float | None = _option(0.2, "decoupled decay of the matrices; none takes the optimizer's usual one")
    label_smoothing: float = _option(0.05, "share of every target that is spread over all classes")
    clip_norm: float | None = _option(None, "highest norm of the gradient; none does not clip")
    schedule: str = _option("one_cycle", "how the learning rate changes", lambda: SCHEDULES)
    warmup_epochs: float = _option(0.0, "epochs over which the learning rate rises from 0")
    epochs: int = _option(6, "passes over the training images")
    batch_size: int = _option(128, "images a step")
    augment: str = _option("none", "how training images are changed, anew at every pass", lambda: AUGMENTATIONS)
    input_scaling: str = _option("unit", "how pixels become inputs", lambda: INPUT_SCALINGS)
    validation_fraction: float = _option(0.1, "share of the training images kept for validation; 0 keeps none")
    validation_by_writer: bool = _option(False, "keep all images of some of MNIST's writers, not images at random")
    moving_average: float | None = _option(
        None, "decay of the weights' moving average that the network ends with (0.999); none keeps none"
    )
    keep_best: bool = _option(False, "end with the epoch that did best on the validation images, not with the last")
    dtype: str = _option("float32", "type of all numbers", lambda: DTYPES)
    seed: int = _option(0, "where all randomness comes from")
    data: str = _option("auto", "images to learn; auto takes MNIST, or else the embedded digits", lambda: DATA_CHOICES)
    data_dir: Path | None = _option(None, "folder of MNIST's files; none takes $MNIST_DIR, or else data/")
    mirrors: tuple[str, ...] | None = _option(
        None, "addresses to download from; none takes $MNIST_MIRRORS, or known ones"
    )
    workers: int | None = _option(None, "processes that share every step; none takes what suits the machine")
    device: str = _option("auto", "where to compute; auto uses a GPU where one works, else the CPU", lambda: DEVICES)
    output: Path | None = _option(None, "model file to write; none takes model/PRESET.pkl")
    checkpoint_every: str | None = _option(
        None, "epochs (2), or steps (500steps), after which to keep what --resume takes; none keeps nothing"
    )
    resume: bool = _option(False, "go on from the newest checkpoint beside the model file, if there is one")

    def to_dict(self) -> dict[str, Any]:
        """Return built-in types alone: paths as strings, tuples as lists."""
        return {name: _built_in(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the configuration that `to_dict` described.

        Raises
        ------
        InputError
            If a field is missing, too much, or has a value that no flag could give it.
        """
        fields = {option.name: option for option in options(cls)}
        if set(data) != set(fields):
            raise InputError(
                "configuration",
                expected="the fields of this version",
                found=f"other ones: {', '.join(sorted(map(str, set(data) ^ set(fields))))}",
                advice="Take the version of the program that wrote it.",
            )
        return cls(**{name: option.read(option.show(data[name])) for name, option in fields.items()})

    def network_arguments(self) -> dict[str, Any]:
        """Return what `NeuralNetwork` is made with."""
        dropout = self.dropout[0] if len(self.dropout) == 1 else self.dropout
        names = (
            "hidden_sizes", "learning_rate", "activation", "optimizer", "weight_decay", "initializer",
            "label_smoothing", "input_scaling", "dtype", "seed", "device",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"dropout": dropout}

    def training_arguments(self) -> dict[str, Any]:
        """Return what `NeuralNetwork.train_epochs` is called with beside the data."""
        names = (
            "epochs", "batch_size", "schedule", "warmup_epochs", "clip_norm", "augment", "workers", "checkpoint_every",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def callbacks(self) -> list[Callback]:
        """Return the callbacks that the settings ask for, new ones for every training."""
        return [] if self.moving_average is None else [ExponentialMovingAverage(self.moving_average)]


def _built_in(value: Any) -> Any:
    """Return a path as a string, a tuple as a list, and all else as it is."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
