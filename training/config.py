"""The configuration of a training: source of the flags, the menu's prompts, and the record in the model file."""

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


def _option(
    default: Any, help_text: str, choices: Callable[[], Iterable[str]] = tuple, *, or_path: bool = False
) -> Any:
    """Return a field with metadata for flags and prompts; choices are evaluated when needed."""
    return field(default=default, metadata={"help": help_text, "choices": lambda: tuple(choices()), "or_path": or_path})


# Fields that configurations of earlier versions lack.
LATER_FIELDS = ("layers", "export", "save_data", "tensorboard", "mlflow")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a training; the defaults are those of the preset `fast`.

    Examples
    --------
    >>> TrainingConfig(epochs=3).to_dict()["hidden_sizes"]
    [320, 128]
    """

    hidden_sizes: tuple[int, ...] = _option((320, 128), "number of units in each hidden layer")
    layers: str | None = _option(
        None, "all hidden layers in compact notation, such as 32C3-MP2-64C3-MP2-128, instead of sizes and dropout"
    )
    activation: str = _option("relu", "activation function of the hidden layers", lambda: ACTIVATIONS)
    initializer: str | None = _option(
        None, "distribution of the initial weights; none uses the one that suits the activation", lambda: INITIALIZERS
    )
    dropout: tuple[float, ...] = _option(
        (0.0,), "share of hidden units that are dropped during training, one for all layers or one per layer"
    )
    optimizer: str = _option("adamw", "optimizer", lambda: OPTIMIZERS)
    learning_rate: float | None = _option(
        0.006, "largest learning rate of the schedule; none uses the optimizer's default"
    )
    weight_decay: float | None = _option(
        0.2, "decoupled weight decay of the weight matrices; none uses the optimizer's default"
    )
    label_smoothing: float = _option(0.05, "share of each target that is spread evenly over all classes")
    clip_norm: float | None = _option(
        None, "largest norm of the gradient, to which longer ones are scaled; none does not clip"
    )
    schedule: str = _option("one_cycle", "how the learning rate changes during training", lambda: SCHEDULES)
    warmup_epochs: float = _option(0.0, "number of epochs during which the learning rate rises from 0")
    epochs: int = _option(6, "number of passes over the training images")
    batch_size: int = _option(128, "number of images in each batch")
    augment: str = _option("none", "random changes of the training images in every epoch", lambda: AUGMENTATIONS)
    input_scaling: str = _option("unit", "how pixel values are scaled for the network", lambda: INPUT_SCALINGS)
    validation_fraction: float = _option(0.1, "share of the training images held out for validation; 0 holds out none")
    validation_by_writer: bool = _option(False, "hold out all images of some of MNIST's writers, not random images")
    moving_average: float | None = _option(
        None, "decay of the moving average of the weights to end with, such as 0.999; none uses no average"
    )
    keep_best: bool = _option(False, "end with the weights of the best epoch on the validation images, not of the last")
    dtype: str = _option("float32", "floating-point type of all computations", lambda: DTYPES)
    seed: int = _option(0, "seed of all random numbers; the same seed gives the same network")
    data: str = _option(
        "auto",
        "data set; auto uses MNIST, or the embedded digits if MNIST is not available; a path is that of your own data",
        lambda: DATA_CHOICES,
        or_path=True,
    )
    data_dir: Path | None = _option(None, "folder with the files of MNIST; none uses $MNIST_DIR, or else data/")
    mirrors: tuple[str, ...] | None = _option(
        None, "addresses to download the data from; none uses $MNIST_MIRRORS for MNIST, or else known mirrors"
    )
    workers: int | None = _option(None, "number of processes that share each batch; none chooses a suitable number")
    device: str = _option("auto", "where to compute; auto uses a GPU if there is one, else the CPU", lambda: DEVICES)
    output: Path | None = _option(None, "model file to write; none writes model/PRESET.pkl")
    export: Path | None = _option(
        None, "file to write the network to in another format as well, such as model.onnx or model.safetensors"
    )
    save_data: Path | None = _option(
        None, "file to write the training and test data to, as arrays: .npz, .safetensors or .pt"
    )
    tensorboard: Path | None = _option(None, "folder for TensorBoard, in which the training gets a folder of its own")
    mlflow: str | None = _option(
        None, "MLflow's tracking server or database, such as http://127.0.0.1:5000 or sqlite:///mlflow.db"
    )
    checkpoint_every: str | None = _option(
        None, "write a checkpoint after so many epochs (2) or steps (500steps); none writes no checkpoints"
    )
    resume: bool = _option(False, "resume from the newest checkpoint of this model file, if there is one")

    def to_dict(self) -> dict[str, Any]:
        """Return only built-in types: paths as strings, tuples as lists."""
        return {name: _built_in(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the configuration that `to_dict` described.

        Raises
        ------
        InputError
            If a field is missing, unknown, or has an invalid value.
        """
        fields = {option.name: option for option in options(cls)}
        data = dict.fromkeys(LATER_FIELDS) | dict(data)
        if set(data) != set(fields):
            raise InputError(
                "configuration",
                expected="the fields of this version",
                found=f"other ones: {', '.join(sorted(map(str, set(data) ^ set(fields))))}",
                advice="Use the version of the program that wrote it.",
            )
        return cls(**{name: option.read(option.show(data[name])) for name, option in fields.items()})

    def network_arguments(self) -> dict[str, Any]:
        """Return what `NeuralNetwork` is made with."""
        dropout = self.dropout[0] if len(self.dropout) == 1 else self.dropout
        names = (
            "hidden_sizes", "layers", "learning_rate", "activation", "optimizer", "weight_decay", "initializer",
            "label_smoothing", "input_scaling", "dtype", "seed", "device",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"dropout": dropout}

    def training_arguments(self) -> dict[str, Any]:
        """Return the arguments of `NeuralNetwork.train_epochs` other than the data."""
        names = (
            "epochs", "batch_size", "schedule", "warmup_epochs", "clip_norm", "augment", "workers", "checkpoint_every",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def callbacks(self) -> list[Callback]:
        """Return new callbacks according to the settings."""
        return [] if self.moving_average is None else [ExponentialMovingAverage(self.moving_average)]


def _built_in(value: Any) -> Any:
    """Return a path as a string, a tuple as a list, and everything else unchanged."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
