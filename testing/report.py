"""An evaluation on disk: report.json and the figures."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from classes.records import History
from initializers.dataset import Dataset
from initializers.files import write_text
from initializers.pictures import save_figure
from testing.evaluation import Evaluation
from testing.figures import confidence_histogram, confusion_heatmap, per_class_scores, training_curves
from testing.galleries import misclassified_grid, prediction_grid
from testing.models import EVALUATION_FOLDER


class Trained(Protocol):
    """What a report needs of a network: how its training went."""

    history: History


def write_report(
    evaluation: Evaluation,
    network: Trained,
    dataset: Dataset,
    folder: str | Path = EVALUATION_FOLDER,
    *,
    notify: Callable[[Path], None] | None = None,
) -> list[Path]:
    """Write report.json and, as PNG with an SVG twin, every figure; each file whole or not at all.

    Parameters
    ----------
    evaluation : Evaluation
        What `evaluate_model` found on the data set's test images.
    network : NeuralNetwork
        The network; where its history is empty, there is no training_curves.png.
    dataset : Dataset
        The data set.
    folder : str or Path
        Made where it is missing. Files of an earlier report in it are replaced.
    notify : callable, optional
        Receives every path as soon as the file stands.

    Returns
    -------
    list of Path
        report.json, then the PNGs.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    paths = []
    for path in _written(evaluation, network.history, dataset.X_test, Path(folder)):
        paths.append(path)
        if notify:
            notify(path)
    return paths


def _written(e: Evaluation, history: History, X: np.ndarray, folder: Path) -> Iterator[Path]:
    """Write one file after the other and yield its path."""
    text = json.dumps(e.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    yield write_text(folder / "report.json", text + "\n")
    samples = X, e.y_true, e.y_pred, e.probabilities, e.class_names, e.subject
    yield save_figure(confusion_heatmap(e.confusion, e.class_names, e.subject), folder / "confusion_matrix.png")
    yield save_figure(per_class_scores(e.scores, e.class_names, e.subject), folder / "per_class.png")
    yield save_figure(confidence_histogram(e.y_true, e.probabilities, e.subject), folder / "confidence.png")
    yield save_figure(misclassified_grid(*samples), folder / "misclassified.png")
    yield save_figure(prediction_grid(*samples), folder / "predictions.png")
    curves = folder / "training_curves.png"
    if history:
        yield save_figure(training_curves(history, e.trained_on or "data set not recorded"), curves)
    else:  # those of another model's training must not stay beside this report
        for stale in (curves, curves.with_suffix(".svg")):
            stale.unlink(missing_ok=True)
