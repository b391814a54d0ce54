"""The state shown in the menu: data, models, presets and the device."""

from pathlib import Path

from backend import InputError, choose_backend
from backend.select import why_no_gpu
from classes import NeuralNetwork
from initializers.data_loader import data_folder, has_mnist
from initializers.dataset import Dataset
from interface.console import Console
from testing.inference.model_files import PRETRAINED, usual_model
from training.presets import PRESETS

PRESET_COLUMNS = ("Preset", "Network", "Test accuracy", "Training time")


def preset_row(name: str) -> list[str]:
    """Return a preset's name, its network, and what to expect of it on MNIST and two cores."""
    preset = PRESETS[name]
    seconds = 60 * preset.expected_minutes
    time = f"{seconds:.0f} s" if seconds < 100 else f"{preset.expected_minutes:.0f} min"
    return [name, preset.network, f"{preset.expected_accuracy:.1%}", time]


def device_in_words() -> str:
    """Return what computes, and why it is not a GPU."""
    reason = why_no_gpu()
    return choose_backend("auto").describe() + (f" (no GPU: {reason})" if reason else "")


def show_status(console: Console, dataset: Dataset | None) -> None:
    """Show data, model and device, without loading or downloading anything."""
    console.say()
    console.facts([("Data", _data_in_words(dataset)), ("Model", _model_in_words()), ("Device", device_in_words())])


def _data_in_words(dataset: Dataset | None) -> str:
    """Return which data are loaded, or whether files of MNIST are in their folder."""
    if dataset is not None:
        return dataset.name
    folder = data_folder()
    return f"MNIST in {folder}" if has_mnist(folder) else "not prepared yet: entry 1 finds or downloads MNIST"


def _model_in_words() -> str:
    """Return which model entries 3 and 4 use, with its test accuracy and its date."""
    try:
        path, is_pretrained = usual_model()
        info = NeuralNetwork.load_model(path, device="cpu").info
    except (InputError, OSError):
        return "none yet: entry 2 trains one"
    known = [path.name]
    if "test_accuracy" in info:
        known.append(f"{info['test_accuracy']:.2%} of the test images of {info.get('dataset', 'its data set')}")
    known.append("comes with the project" if is_pretrained else str(info.get("saved", ""))[:10])
    return ", ".join(filter(None, known))


def show_models(console: Console, trained: list[Path]) -> None:
    """Show the models that were trained here, and the pretrained one."""
    models = [*trained, *([PRETRAINED] if PRETRAINED.is_file() else [])]
    console.say()
    if not trained:
        console.say("No model has been trained yet.")
    if models:
        console.table(["Model", "Trained on", "Test accuracy"], [_described(path) for path in models])


def _described(path: Path) -> list[str | None]:
    """Return a model file's row in the table of models."""
    info = NeuralNetwork.load_model(path).info
    accuracy = info.get("test_accuracy")
    name = f"{path.name}, comes with the project" if path == PRETRAINED else path.name
    return [name, info.get("dataset"), None if accuracy is None else f"{accuracy:.2%}"]
