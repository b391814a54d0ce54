"""The models that can be chosen, and what is known about each."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import InputError
from classes.layers.summary import summary_rows
from classes.neural_network import NeuralNetwork
from classes.training.records import COLUMNS
from testing.inference.model_files import MODEL_FOLDER, PRETRAINED, pretrained_model, trained_models, usual_model
from testing.inference.prediction import threshold_of
from web.server.errors import Refusal

_KEPT = 4  # networks in memory per thread
_LOCAL = threading.local()  # a network must not be used by two threads at once


@dataclass(frozen=True)
class ModelStore:
    """The model files of a folder, and which of them is used by default.

    Attributes
    ----------
    folder : Path
        Where models are.
    chosen : Path or None
        The default model; None for the newest in the folder, or else the pretrained one.
    """

    folder: Path = MODEL_FOLDER
    chosen: Path | None = None

    def paths(self) -> dict[str, Path]:
        """Return the model files by name, the default one first."""
        pretrained = pretrained_model(self.folder)
        there = [*trained_models(self.folder), *([pretrained] if pretrained.is_file() else [])]
        usual = self.usual()
        return {usual.name: usual} | {path.name: path for path in there if path.name != usual.name}

    def usual(self) -> Path:
        """Return the default model.

        Raises
        ------
        InputError
            If there is none.
        """
        return self.chosen or usual_model(self.folder).path

    def path(self, name: str | None) -> Path:
        """Return the file of a model.

        Parameters
        ----------
        name : str or None
            One of `paths`; None for the default. A path is none of them.

        Raises
        ------
        Refusal
            With status 404 if there is no such model.
        """
        if name is None:
            return self.usual()
        try:
            return self.paths()[name]
        except KeyError:
            expected, advice = "one of /api/models", "Leave it out to use the default one."
            raise Refusal(404, "model", expected=expected, found=repr(name), advice=advice) from None


def network_of(path: Path) -> NeuralNetwork:
    """Return the network of a model file, read again only if the file has changed.

    Raises
    ------
    Refusal
        If the file cannot be used; its place is not named.
    """
    kept: dict[tuple[Path, int], NeuralNetwork] = _LOCAL.__dict__.setdefault("networks", {})
    try:
        key = path, path.stat().st_mtime_ns
        if key not in kept:
            kept[key] = NeuralNetwork.load_model(path, device="cpu")
            while len(kept) > _KEPT:
                del kept[next(iter(kept))]
        return kept[key]
    except (InputError, OSError):
        advice = "Choose another model, or train it again."
        expected, found = "a model file of this version", "another file"
        raise Refusal(503, f"model {path.name}", expected=expected, found=found, advice=advice) from None


def listed(store: ModelStore) -> list[dict[str, Any]]:
    """Return name, title, accuracy and parameters of every model that can be read, the default one first."""
    found = []
    for path in store.paths().values():
        try:
            network = network_of(path)
        except Refusal:
            continue
        found.append(
            {
                "name": path.name,
                "title": _title(path),
                "accuracy": network.info.get("test_accuracy"),
                "parameters": network.parameter_count,
            }
        )
    return found


def described(path: Path) -> dict[str, Any]:
    """Return what is known about a model as JSON has it: layers, classes, history, and its card as text."""
    network = network_of(path)
    return {
        "name": path.name,
        "title": _title(path),
        "layers": [
            {"name": (name or "").split(" ")[0], "kind": name, "output": shape, "parameters": parameters}
            for name, shape, parameters, *_ in summary_rows(network.stack)
        ],
        "parameters": network.parameter_count,
        "accuracy": network.info.get("test_accuracy"),
        "images": network.info.get("test_images"),
        "dataset": network.info.get("dataset"),
        "classes": list(network.class_names),
        "temperature": network.temperature,
        "threshold": threshold_of(network.info),
        "history": {name: network.history.column(name) for name in COLUMNS},
        "card": _card(path, network),
    }


def _title(path: Path) -> str:
    """Return how a model is called in a list."""
    return "pretrained, comes with the project" if path.name == PRETRAINED.name else path.stem


def _card(path: Path, network: NeuralNetwork) -> str:
    """Return the card of the pretrained model, or the facts about another one."""
    card = path.with_name("README.md")
    if path.name == PRETRAINED.name and card.is_file():
        return card.read_text(encoding="utf-8")
    known: dict[str, Callable[[Any], str]] = {
        "preset": str, "dataset": str, "test_accuracy": "{:.2%}".format, "test_images": "{:,}".format,
        "seconds": "{:.1f}".format, "saved": str,
    }  # fmt: skip
    facts = [
        f"{name.replace('_', ' ')}: {form(network.info[name])}" for name, form in known.items() if name in network.info
    ]
    return "\n".join([f"# {path.stem}", "", *facts, "", network.summary()])
