"""Where models and their reports lie, and whether a model suits the data."""

from pathlib import Path

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset

MODEL_FOLDER = Path(__file__).resolve().parents[1] / "model"
EVALUATION_FOLDER = MODEL_FOLDER / "evaluation"


def newest_model(folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the `.pkl` that was written last; of files as new as each other, the last by name.

    Parameters
    ----------
    folder : str or Path
        Where to look; folders in it are left out.

    Raises
    ------
    InputError
        If there is none.
    """
    found = Path(folder).glob("*.pkl")
    models = [path for path in found if path.is_file() and not path.name.startswith(".")]  # hidden: never finished
    if not models:
        raise InputError(
            f"model folder {folder}",
            expected="a model file (*.pkl)",
            found="none",
            advice="Train one with: python training/train.py",
        )
    return max(models, key=lambda path: (path.stat().st_mtime_ns, path.name))


def check_suits(network: NeuralNetwork, dataset: Dataset, model: str | Path = "") -> None:
    """Raise `InputError` unless a network takes a data set's images and tells as many classes apart.

    Parameters
    ----------
    network : NeuralNetwork
        The network.
    dataset : Dataset
        The data set.
    model : str or Path
        The network's file, for the message.
    """
    wanted, there = (dataset.X_test.shape[1], len(dataset.class_names)), (network.input_size, network.output_size)
    if wanted != there:
        raise InputError(
            f"model {model}".rstrip(),
            expected="{} pixels an image and {} classes, as {} has".format(*wanted, dataset.name),
            found="{} pixels and {} classes".format(*there),
            advice="Test it on the data set that it was trained on.",
        )


def check_same_classes(first: NeuralNetwork, second: NeuralNetwork) -> None:
    """Raise `InputError` unless two networks tell the same classes apart; one that names none may take the other's."""
    names = first.class_names, second.class_names
    numbers = tuple(map(str, range(first.output_size)))
    if len(names[0]) != len(names[1]) or (names[0] != names[1] and numbers not in names):
        raise InputError(
            "models to compare",
            expected="the same classes",
            found=f"{_listed(names[0])} and {_listed(names[1])}",
            advice="Compare models that were trained on the same data set.",
        )


def _listed(names: tuple[str, ...]) -> str:
    """Return how many classes there are, with the names of the first."""
    return f"{len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
