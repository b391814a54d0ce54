"""Comparison of two models on the same images: accuracy, significance of the difference, and changes per class."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from backend.drawing import shortened
from backend.errors import InputError
from testing.metrics.evaluation import Evaluation
from testing.metrics.significance import PairedCounts, paired_counts

LONGEST = 40  # characters of a model's name in tables
LEVEL = 0.05  # significance level: a p-value below it is reported as a difference


@dataclass(frozen=True)
class ClassChange:
    """Differences between two models for the images of one class.

    Parameters
    ----------
    name : str
        Name of the class.
    images : int
        Number of its images.
    gained, lost : int
        Number of images that only the first model, or only the second, classifies correctly.
    first_recall, second_recall : float
        Recall of the two models, in [0, 1].
    """

    name: str
    images: int
    gained: int
    lost: int
    first_recall: float
    second_recall: float

    @property
    def net(self) -> int:
        """Images gained minus images lost."""
        return self.gained - self.lost


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """The evaluations of two models on the same images; differences are first minus second.

    Parameters
    ----------
    first, second : Evaluation
        Evaluations on the same images and classes.

    Raises
    ------
    InputError
        If images or classes differ.
    """

    first: Evaluation
    second: Evaluation

    def __post_init__(self) -> None:
        if self.first.class_names != self.second.class_names or not np.array_equal(
            self.first.y_true, self.second.y_true
        ):
            raise InputError(
                "evaluations to compare",
                expected="the same images and classes",
                found=f"{_described(self.first)} and {_described(self.second)}",
                advice="Evaluate both models on one data set.",
            )

    @cached_property
    def counts(self) -> PairedCounts:
        """Numbers of images that both models, one of them or none classifies correctly."""
        return paired_counts(*self._right())

    @property
    def names(self) -> tuple[str, str]:
        """Names of the two models: their file names without suffix if those differ, or else their paths."""
        models = self.first.model, self.second.model
        for first, second in (shortened([Path(model).stem for model in models], LONGEST), models):
            if first and second and first != second:
                return first, second
        return "the first model", "the second model"

    @property
    def is_same_model(self) -> bool:
        """Whether both give bitwise identical probabilities for all images."""
        return np.array_equal(self.first.probabilities, self.second.probabilities)

    def classes(self) -> list[ClassChange]:
        """Return the changes of each class."""
        first, second = self._right()
        y, classes = self.first.y_true, len(self.first.class_names)
        gained, lost = (np.bincount(y[alone], minlength=classes) for alone in (first & ~second, second & ~first))
        recalls = self.first.scores.recall, self.second.scores.recall
        columns = (np.bincount(y, minlength=classes), gained, lost, *recalls)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [ClassChange(name, *row) for name, row in zip(self.first.class_names, rows, strict=True)]

    def verdict(self) -> str:
        """Return the conclusion in one or two sentences."""
        first, second = self.names
        if self.is_same_model:
            return "Both models give the same probabilities for every image: they are the same model."
        if not self.counts.only_first + self.counts.only_second:
            return "Both models classify the same images correctly, so neither can be said to be better."
        chance = f"two equally good models would differ this much by chance in {percent(self.counts.p_value)} of cases"
        if self.counts.p_value >= LEVEL:
            return f"The difference is not significant: {chance}."
        better, worse = (first, second) if self.counts.difference > 0 else (second, first)
        return f"{better} is significantly better than {worse}: {chance}."

    def movements(self) -> str:
        """Return in one sentence which classes gain and which lose, the largest changes first."""
        changes = sorted(self.classes(), key=lambda change: -abs(change.net))
        gains = ", ".join(f"{change.name} (+{change.net:,})" for change in changes if change.net > 0)
        losses = ", ".join(f"{change.name} (-{-change.net:,})" for change in changes if change.net < 0)
        return f"Classes that {self.names[0]} improves: {gains or 'none'}; classes that it worsens: {losses or 'none'}."

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison in built-in types, for report.json."""
        counts = self.counts
        return {
            "model": self.second.model,
            "trained_on": self.second.trained_on,
            "accuracy": self.second.accuracy,
            "accuracy_interval": list(self.second.interval),
            "loss": self.second.loss,
            "difference": counts.difference,
            "difference_interval": list(counts.interval),
            "both_right": counts.both_right,
            "only_model_right": counts.only_first,
            "only_against_right": counts.only_second,
            "both_wrong": counts.both_wrong,
            "mcnemar_p": counts.p_value,
            "same_model": self.is_same_model,
            "classes": [
                {"name": c.name, "gained": c.gained, "lost": c.lost, "net": c.net, "against_recall": c.second_recall}
                for c in self.classes()
            ],
            "verdict": self.verdict(),
        }

    def _right(self) -> tuple[np.ndarray, np.ndarray]:
        """Return two masks: the images that each model classifies correctly."""
        return self.first.y_true == self.first.y_pred, self.second.y_true == self.second.y_pred


def percent(fraction: float) -> str:
    """Return a probability in per cent with a sensible number of digits.

    Examples
    --------
    >>> percent(0.25), percent(0.0123), percent(1e-9)
    ('25.0%', '1.2%', 'less than 0.01%')
    """
    if fraction < 1e-4:
        return "less than 0.01%"
    return f"{fraction:.1%}" if fraction >= 0.01 else f"{fraction:.2%}"


def _described(evaluation: Evaluation) -> str:
    """Return a description of the images of an evaluation."""
    return f"{len(evaluation):,} images of {len(evaluation.class_names)} classes of {evaluation.dataset}"
