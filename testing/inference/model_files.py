"""Model files: their folder, which of them is used by default, and whether a model fits a data set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from backend.errors import InputError
from backend.places import CODE, HOME, command
from classes.neural_network import NeuralNetwork
from initializers.data_loader import DATA_CHOICES
from initializers.dataset import Dataset

MODEL_FOLDER = HOME / "model"
EVALUATION_FOLDER = MODEL_FOLDER / "evaluation"
PRETRAINED = CODE / "model" / "pretrained.pkl"

DATA_FIELD: dict[str, Any] = {
    "help": "data set; auto takes the one that the model was trained on, a path is that of your own data",
    "choices": DATA_CHOICES,
    "or_path": True,
}
"""Metadata of a flag that names the data set to evaluate a model on."""


class ModelChoice(NamedTuple):
    """A model file, and whether it is the pretrained one."""

    path: Path
    is_pretrained: bool


def newest_model(folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the newest `.pkl` file; of equally new ones, the last by name.

    The pretrained model does not count, since its modification time is that of the checkout.

    Parameters
    ----------
    folder : str or Path
        Folder to search, without its subfolders.

    Raises
    ------
    InputError
        If there is no model file.
    """
    models = trained_models(folder)
    if not models:
        raise InputError(
            f"model folder {folder}",
            expected="a model file (*.pkl)",
            found="none",
            advice=f"Train one with: {command('training/train.py')}",
        )
    return max(models, key=lambda path: (path.stat().st_mtime_ns, path.name))


def trained_models(folder: str | Path = MODEL_FOLDER) -> list[Path]:
    """Return the model files that were trained here, by name."""
    found = [path for path in sorted(Path(folder).glob("*.pkl")) if path.is_file() and path.name != PRETRAINED.name]
    return [path for path in found if not path.name.startswith(".")]  # hidden files are incomplete


def pretrained_model(folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the path of a folder's pretrained model: for the usual folder, of the one that comes with the code."""
    return PRETRAINED if Path(folder) == MODEL_FOLDER else Path(folder) / PRETRAINED.name


def usual_model(folder: str | Path = MODEL_FOLDER) -> ModelChoice:
    """Return the newest model, or the pretrained one if no model has been trained.

    Raises
    ------
    InputError
        If there is neither.
    """
    pretrained = pretrained_model(folder)
    if pretrained.is_file() and not trained_models(folder):
        return ModelChoice(pretrained, is_pretrained=True)
    return ModelChoice(newest_model(folder), is_pretrained=False)


def model_to_use(asked: Path | None, tell: Callable[[str], object], folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the model file that the user asks for, or else the default one.

    Parameters
    ----------
    asked : Path or None
        Path from the command line, returned unchanged.
    tell : callable
        Called with a sentence if the pretrained model is used, for example `Console.say`.
    folder : str or Path
        Folder to search for the default one.

    Raises
    ------
    InputError
        If there is no model file.
    """
    if asked is not None:
        return asked
    path, is_pretrained = usual_model(folder)
    if is_pretrained:
        place = f"{path.parent.name}/{path.name}"
        tell(f"No model has been trained here yet: the pretrained one is used ({place}).")
    return path


def check_output(path: Path) -> Path:
    """Return the path to which a model is to be written, unless it is that of the pretrained model.

    Raises
    ------
    InputError
        If it is, since that model would be overwritten, and the new one would count as the pretrained one.
    """
    if path.resolve() == PRETRAINED.resolve():
        raise InputError(
            f"output {path}",
            expected="another name: this is the pretrained model",
            found=path.name,
            advice="Name another file; python training/pretrained.py trains that one again.",
        )
    return path


def data_for(network: Any, data: str = "auto") -> str:
    """Return the data set to evaluate a network or an ensemble on.

    Parameters
    ----------
    network : NeuralNetwork or Ensemble
        Has the record of its training in `info`.
    data : str
        As for `MNISTDataLoader`; "auto" takes the data set of the training, except for the embedded digits, which
        only take MNIST's place.
    """
    trained = network.info.get("config", {}).get("data", "auto")
    return data if data != "auto" or trained == "embedded" else trained


def suited_dataset(network: Any, dataset: Dataset) -> Dataset:
    """Return a data set with its labels in the order of a network's classes.

    Parameters
    ----------
    network : NeuralNetwork or Ensemble
        One whose origin is not known, and whose classes are called 0, 1 and so on, takes the data set's order.
    dataset : Dataset
        Its classes are among those of the network.

    Raises
    ------
    InputError
        If one is not.
    """
    is_unnamed = network.class_names == tuple(map(str, range(network.output_size)))
    if is_unnamed and "dataset" not in network.info and len(dataset.class_names) == network.output_size:
        return dataset
    return dataset.with_class_names(network.class_names)


def check_suits(network: NeuralNetwork, dataset: Dataset, model: str | Path = "") -> None:
    """Raise InputError unless a network has the image size and the number of classes of a data set.

    Parameters
    ----------
    network : NeuralNetwork
        The network.
    dataset : Dataset
        The data set.
    model : str or Path
        Path of the model file, for the message.
    """
    wanted, there = (dataset.X_test.shape[1], len(dataset.class_names)), (network.input_size, network.output_size)
    if wanted != there:
        raise InputError(
            f"model {model}".rstrip(),
            expected="{} pixels per image and {} classes, as in {}".format(*wanted, dataset.name),
            found="{} pixels and {} classes".format(*there),
            advice="Evaluate it on the data set that it was trained on.",
        )


def check_same_classes(first: NeuralNetwork, second: NeuralNetwork) -> None:
    """Raise InputError unless two networks have the same classes; a network without class names fits any names."""
    names = first.class_names, second.class_names
    numbers = tuple(map(str, range(first.output_size)))
    if len(names[0]) != len(names[1]) or (names[0] != names[1] and numbers not in names):
        raise InputError(
            "models",
            expected="the same classes",
            found=f"{_listed(names[0])} and {_listed(names[1])}",
            advice="Use models that were trained on the same data set.",
        )


def _listed(names: tuple[str, ...]) -> str:
    """Return the number of classes and the names of the first ones."""
    return f"{len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
