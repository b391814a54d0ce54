"""Robustness of a network to the corruptions of MNIST-C: the measurement and its summary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from backend.versions import library_versions
from initializers.geometry import FRAME
from testing.corruptions.mnist_c import BLOCK, CORRUPTIONS, corrupted
from testing.metrics import CONFIDENCE, accuracy, wilson_interval
from testing.metrics.evaluation import Predictor

CLEAN = "clean"


@dataclass(frozen=True)
class Robustness:
    """Numbers of correct predictions on the same images, clean and under each corruption.

    Parameters
    ----------
    images, seed : int
        Number of images, and seed of the corruptions.
    clean : float
        Fraction right without corruption.
    accuracies : dict of str to float
        Fraction right by corruption, in the paper's order.
    baseline : Robustness, optional
        The same of another network.

    References
    ----------
    D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
    ICLR 2019: the mean corruption error, relative to a baseline's, as the paper on MNIST-C reports it too.

    Examples
    --------
    >>> weak = Robustness(100, 0, 0.96, {"fog": 0.5, "scale": 0.8})
    >>> strong = Robustness(100, 0, 0.98, {"fog": 0.75, "scale": 0.9}, weak)
    >>> round(strong.mean_accuracy, 3), round(strong.mean_error_ratio, 3), round(strong.relative_error_ratio, 3)
    (0.825, 0.5, 0.5)
    """

    images: int
    seed: int
    clean: float
    accuracies: dict[str, float]
    baseline: "Robustness | None" = None

    @property
    def mean_accuracy(self) -> float:
        """The unweighted mean of the accuracies under corruption."""
        return fmean(self.accuracies.values())

    @property
    def mean_error_ratio(self) -> float | None:
        """The mean corruption error: the mean of E_c / E_c(baseline) over all corruptions c, with errors E.

        None without a baseline, or if the baseline makes no error under some corruption.
        """
        return self._mean_ratio(1.0, 1.0)

    @property
    def relative_error_ratio(self) -> float | None:
        """The relative mean corruption error: the mean of (E_c - E) / (E_c(baseline) - E(baseline)).

        E is the error without corruption. None without a baseline, or if a corruption adds no errors to it.
        """
        return self._mean_ratio(self.clean, self.baseline.clean if self.baseline else 1.0)

    def error_ratio(self, name: str, top: float = 1.0, top_of_baseline: float = 1.0) -> float | None:
        """Return `top` minus accuracy, divided by the same of the baseline; None if that divisor is 0.

        With tops of 1 it is E_c / E_c(baseline). The name `CLEAN` stands for the images without corruption.
        """
        lacking = top_of_baseline - self.baseline.accuracy(name) if self.baseline else 0.0
        return (top - self.accuracy(name)) / lacking if lacking > 0 else None

    def accuracy(self, name: str) -> float:
        """Return the fraction right under a corruption, or, for `CLEAN`, without one."""
        return self.clean if name == CLEAN else self.accuracies[name]

    def to_dict(self) -> dict[str, Any]:
        """Return built-in types for robustness.json: the summary, and one row per corruption."""
        summary: dict[str, Any] = {
            "images": self.images,
            "seed": self.seed,
            "confidence_level": CONFIDENCE,
            "clean_accuracy": self.clean,
            "mean_corruption_accuracy": self.mean_accuracy,
        }
        if self.baseline:
            summary |= {
                "baseline_mean_corruption_accuracy": self.baseline.mean_accuracy,
                "mean_corruption_error": self.mean_error_ratio,
                "relative_mean_corruption_error": self.relative_error_ratio,
            }
        return summary | {"corruptions": self.rows(), "versions": library_versions()}

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of robustness.csv: one for the clean images and one per corruption."""
        return [self._row(name) for name in (CLEAN, *self.accuracies)]

    def _row(self, name: str) -> dict[str, Any]:
        """Return the accuracy under one corruption with its 95 % interval, and the baseline's."""
        value = self.accuracy(name)
        low, high = wilson_interval(round(value * self.images), self.images)
        row = {"corruption": name, "accuracy": value, "interval_low": low, "interval_high": high}
        if self.baseline:
            row |= {"baseline_accuracy": self.baseline.accuracy(name), "error_ratio": self.error_ratio(name)}
        return row

    def _mean_ratio(self, top: float, top_of_baseline: float) -> float | None:
        """Return the mean of the error ratios; None if one of them is None."""
        ratios = [self.error_ratio(name, top, top_of_baseline) for name in self.accuracies]
        known = [ratio for ratio in ratios if ratio is not None]
        return fmean(known) if len(known) == len(ratios) else None


def measure_robustness(
    network: Predictor,
    X: np.ndarray,
    y: np.ndarray,
    *,
    baseline: Predictor | None = None,
    seed: int = 0,
    notify: Callable[[str], None] | None = None,
) -> Robustness:
    """Count correct predictions of a network, and of an optional baseline, on clean and corrupted images.

    Parameters
    ----------
    network, baseline : Predictor
        Trained networks; both see the same corrupted images.
    X : ndarray of shape (N, 784), uint8
        Test images.
    y : ndarray of shape (N,), integers
        Their classes.
    seed : int
        Seed of the corruptions; the same seed gives the same results.
    notify : callable, optional
        Receives the name of each corruption before its turn, `CLEAN` first.

    Raises
    ------
    InputError
        If the images are not in MNIST's frame, or labels and images are not equally many.
    """
    networks: Sequence[Predictor] = [network] if baseline is None else [network, baseline]
    found: dict[str, list[float]] = {}
    for name in (CLEAN, *CORRUPTIONS):
        if notify:
            notify(name)
        images = X if name == CLEAN else corrupted(X, name, seed)
        found[name] = [accuracy(y, each.predict_proba(images).argmax(axis=1)) for each in networks]
    clean = found.pop(CLEAN)
    results: list[Robustness] = []
    for number in reversed(range(len(networks))):
        accuracies = {name: values[number] for name, values in found.items()}
        results.append(Robustness(len(y), seed, clean[number], accuracies, results[-1] if results else None))
    return results[-1]


def samples(
    network: Predictor, X: np.ndarray, y: np.ndarray, class_names: Sequence[str], *, seed: int = 0
) -> tuple[dict[str, np.ndarray], dict[str, list[str]], list[str]]:
    """Return one image of every class, clean and under each corruption, for `robustness_figures.corruption_gallery`.

    They are the first of their classes, corrupted as `measure_robustness` corrupted them.

    Parameters
    ----------
    network, X, y, seed
        As for `measure_robustness`.
    class_names : sequence of str
        In the order of the class numbers.

    Returns
    -------
    tuple
        Images (K, 28, 28) by corruption, predictions by corruption, and the true classes.
    """
    X, y = X[:BLOCK], y[:BLOCK]
    shown = np.unique(y, return_index=True)[1]
    whole = {CLEAN: X} | {name: corrupted(X, name, seed) for name in CORRUPTIONS}
    pictures = {name: images[shown] for name, images in whole.items()}
    answers = {
        name: [class_names[c] for c in network.predict_proba(images).argmax(axis=1)]
        for name, images in pictures.items()
    }
    frames = {name: images.reshape(-1, FRAME, FRAME) for name, images in pictures.items()}
    return frames, answers, [class_names[c] for c in y[shown]]
