"""Evaluation of a trained network on test data: one prediction, and every metric derived from it."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from backend.errors import InputError
from backend.versions import library_versions
from initializers.dataset import Dataset
from testing.metrics.classification import (
    CONFIDENCE,
    ClassScores,
    accuracy,
    confusion_matrix,
    precision_recall_f1,
    wilson_interval,
)
from testing.metrics.probabilities import brier_score, expected_calibration_error, log_loss, top_k_accuracy


class Predictor(Protocol):
    """Anything with `predict_proba`; its ``info`` may contain the name of its training ``dataset``."""

    info: dict[str, Any]

    def predict_proba(self, X: np.ndarray, /) -> np.ndarray:
        """Return probabilities of shape (N, C) for N images."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of `evaluate_model`.

    Parameters
    ----------
    dataset, trained_on : str
        Names of the data set, and of the training data; the latter is empty if unknown.
    model : str
        Path of the model's file; empty for unsaved network.
    class_names : tuple of C str
        Names in the order of the class numbers.
    y_true, y_pred : ndarray of shape (N,), int64
        True class, and most probable class.
    probabilities : ndarray of shape (N, C)
        Rows sum to 1.
    loss : float
        Mean cross-entropy in nats.
    accuracy : float
        Fraction in [0, 1].
    interval : tuple of two floats
        Wilson's 95 % interval of the accuracy.
    top_2_accuracy, brier_score, calibration_error : float
        See `testing.metrics.probabilities`.
    confusion : ndarray of shape (C, C), int64
        Rows are true classes, columns predicted classes.
    scores : ClassScores
        Precision, recall, F1 and support of every class.
    images_per_second : float
        N over the wall time of the prediction.
    """

    dataset: str
    trained_on: str
    model: str
    class_names: tuple[str, ...]
    y_true: np.ndarray
    y_pred: np.ndarray
    probabilities: np.ndarray
    loss: float
    accuracy: float
    interval: tuple[float, float]
    top_2_accuracy: float
    brier_score: float
    calibration_error: float
    confusion: np.ndarray
    scores: ClassScores
    images_per_second: float

    def __len__(self) -> int:
        return len(self.y_true)

    @property
    def subject(self) -> str:
        """The data set, with the training data if that was a different one."""
        same = self.trained_on in ("", self.dataset)
        return self.dataset if same else f"{self.dataset}, trained on {self.trained_on}"

    @property
    def label(self) -> str:
        """The name of the model's file."""
        return Path(self.model).name or "unsaved network"

    def confusions(self, limit: int = 5) -> list[tuple[str, str, int]]:
        """Return the most frequent confusions as (true class, predicted class, count), most frequent first."""
        wrong = self.confusion - np.diag(self.confusion.diagonal())
        order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
        pairs = [np.unravel_index(number, wrong.shape) for number in order]
        return [(self.class_names[i], self.class_names[j], int(wrong[i, j])) for i, j in pairs if wrong[i, j]]

    def per_class(self) -> dict[str, dict[str, float]]:
        """Return precision, recall, F1, support and accuracy by class name.

        The accuracy of a class is the fraction of its samples classified correctly, which is its recall.
        """
        s = self.scores
        columns = zip(self.class_names, s.precision, s.recall, s.f1, s.support, strict=True)
        return {
            name: {
                "precision": float(p),
                "recall": float(r),
                "f1": float(f1),
                "support": int(n),
                "accuracy": float(r),
            }
            for name, p, r, f1, n in columns
        }

    def to_dict(self) -> dict[str, Any]:
        """Return all metrics, without the samples, as built-in types for report.json."""
        return {
            "dataset": self.dataset,
            "trained_on": self.trained_on,
            "model": self.model,
            "images": len(self),
            "accuracy": self.accuracy,
            "accuracy_interval": list(self.interval),
            "confidence_level": CONFIDENCE,
            "loss": self.loss,
            "top_2_accuracy": self.top_2_accuracy,
            "brier_score": self.brier_score,
            "expected_calibration_error": self.calibration_error,
            "macro": self.scores.macro(),
            "weighted": self.scores.weighted(),
            "classes": self.per_class(),
            "class_names": list(self.class_names),
            "confusion_matrix": self.confusion.tolist(),
            "images_per_second": self.images_per_second,
            "versions": library_versions(),
        }


def evaluate_model(
    network: Predictor,
    X: np.ndarray,
    y: np.ndarray,
    *,
    dataset_name: str,
    class_names: tuple[str, ...],
    model: str = "",
) -> Evaluation:
    """Predict every image once and compute all metrics.

    Parameters
    ----------
    network : Predictor
        A trained network.
    X : ndarray of shape (N, I)
        Images in the format of the network's input.
    y : ndarray of shape (N,), integers
        Their classes.
    dataset_name : str
        Name of the data set, shown in every report.
    class_names : tuple of C str
        Names in the order of the class numbers.
    model : str
        Path of the model's file, if it has one.

    Raises
    ------
    InputError
        If there are no images, or the network and the data have different numbers of classes.
    """
    start = time.perf_counter()
    p = network.predict_proba(X)
    seconds = time.perf_counter() - start
    _check(p, class_names)
    y_pred = p.argmax(axis=1)
    confusion = confusion_matrix(y, y_pred, len(class_names))
    return Evaluation(
        dataset=dataset_name,
        trained_on=str(network.info.get("dataset", "")),
        model=model,
        class_names=tuple(class_names),
        y_true=np.asarray(y, np.int64),
        y_pred=y_pred,
        probabilities=p,
        loss=log_loss(y, p),
        accuracy=accuracy(y, y_pred),
        interval=wilson_interval(int(confusion.trace()), len(y)),
        top_2_accuracy=top_k_accuracy(y, p, 2),
        brier_score=brier_score(y, p),
        calibration_error=expected_calibration_error(y, p),
        confusion=confusion,
        scores=precision_recall_f1(confusion),
        images_per_second=len(y) / max(seconds, 1e-9),
    )


def evaluate_on(network: Predictor, dataset: Dataset, model: str | Path = "") -> Evaluation:
    """Evaluate a network on a data set's test images; `model` names its file, if it has one."""
    return evaluate_model(
        network, dataset.X_test, dataset.y_test, dataset_name=dataset.name, class_names=dataset.class_names,
        model=str(model),
    )  # fmt: skip


def worst_first(y_true: np.ndarray, y_pred: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the indices of misclassified samples, by increasing probability of the true class.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9]])
    >>> worst_first(np.array([0, 0, 0]), p.argmax(axis=1), p).tolist()
    [2, 1]
    """
    wrong = np.flatnonzero(y_true != y_pred)
    return wrong[np.argsort(probabilities[wrong, y_true[wrong]], kind="stable")]


def _check(probabilities: np.ndarray, class_names: tuple[str, ...]) -> None:
    """Raise `InputError` unless there is one name per column and every probability is finite."""
    if probabilities.ndim != 2 or probabilities.shape[1] != len(class_names):
        raise InputError(
            "network",
            expected=f"{len(class_names)} classes, as in the data",
            found=f"probabilities of shape {probabilities.shape}",
            advice="Evaluate it on the data set that it was trained for.",
        )
    if not np.isfinite(probabilities).all():
        raise InputError(
            "network", expected="finite probabilities", found="NaN", advice="Train again with a smaller learning rate."
        )
