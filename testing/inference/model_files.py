"""Where models and their reports lie, which one is used, and whether a model suits the data."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset

MODEL_FOLDER = Path(__file__).resolve().parents[2] / "model"
EVALUATION_FOLDER = MODEL_FOLDER / "evaluation"
PRETRAINED = MODEL_FOLDER / "pretrained.pkl"  # comes with the project


class ModelChoice(NamedTuple):
    """A model file, and whether it is the one that comes with the project."""

    path: Path
    is_pretrained: bool


def newest_model(folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the `.pkl` that was trained last; of files as new as each other, the last by name.

    The one that comes with the project does not count, however new a checkout has made it.

    Parameters
    ----------
    folder : str or Path
        Where to look; folders in it are left out.

    Raises
    ------
    InputError
        If there is none.
    """
    models = trained_models(folder)
    if not models:
        raise InputError(
            f"model folder {folder}",
            expected="a model file (*.pkl)",
            found="none",
            advice="Train one with: python training/train.py",
        )
    return max(models, key=lambda path: (path.stat().st_mtime_ns, path.name))


def trained_models(folder: str | Path = MODEL_FOLDER) -> list[Path]:
    """Return the model files that were trained here, by name."""
    found = [path for path in sorted(Path(folder).glob("*.pkl")) if path.is_file() and path.name != PRETRAINED.name]
    return [path for path in found if not path.name.startswith(".")]  # hidden: never finished


def usual_model(folder: str | Path = MODEL_FOLDER) -> ModelChoice:
    """Return the newest model, or the one that comes with the project where none has been trained.

    Raises
    ------
    InputError
        If there is neither.
    """
    pretrained = Path(folder) / PRETRAINED.name
    if pretrained.is_file() and not trained_models(folder):
        return ModelChoice(pretrained, is_pretrained=True)
    return ModelChoice(newest_model(folder), is_pretrained=False)


def model_to_use(asked: Path | None, tell: Callable[[str], object], folder: str | Path = MODEL_FOLDER) -> Path:
    """Return the model file that was asked for by hand, or else the usual one.

    Parameters
    ----------
    asked : Path or None
        From a flag; taken as it is.
    tell : callable
        Takes a sentence, `Console.say` say; called where the model is the one that comes with the project.
    folder : str or Path
        Where to look for the usual one.

    Raises
    ------
    InputError
        If nothing was asked for, and there is nothing.
    """
    if asked is not None:
        return asked
    path, is_pretrained = usual_model(folder)
    if is_pretrained:
        place = f"{path.parent.name}/{path.name}"
        tell(f"No model has been trained here yet: the one that comes with the project is used ({place}).")
    return path


def check_output(path: Path) -> Path:
    """Return where a training's model shall go, unless that is the place of the one that comes with the project.

    Raises
    ------
    InputError
        If it is: the model would be overwritten, and never be taken for one that was trained here.
    """
    if path.resolve() == PRETRAINED.resolve():
        raise InputError(
            f"output {path}",
            expected="another name: this is the model that comes with the project",
            found=path.name,
            advice="Name another file; python training/pretrained.py makes that one anew.",
        )
    return path


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
            "models",
            expected="the same classes",
            found=f"{_listed(names[0])} and {_listed(names[1])}",
            advice="Take models that were trained on the same data set.",
        )


def _listed(names: tuple[str, ...]) -> str:
    """Return how many classes there are, with the names of the first."""
    return f"{len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
