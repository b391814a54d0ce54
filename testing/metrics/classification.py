"""Metrics of predicted classes: counts, rates and their confidence intervals.

N samples, C classes; labels are class numbers 0 ... C - 1. A quotient with denominator 0 is 0.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from backend.errors import InputError

CONFIDENCE = 0.95


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """Count how often class i was predicted as class j: M[i, j] = #{n : y_true[n] = i and y_pred[n] = j}.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (N,), integers
        True and predicted classes.
    classes : int
        C, the number of classes.

    Returns
    -------
    ndarray of shape (C, C), int64
        One row per true class, one column per predicted class; the diagonal counts correct predictions.

    Raises
    ------
    InputError
        If the labels are not class numbers below C, or their numbers differ.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    y_true, y_pred = check_labels(y_true, classes, "y_true"), check_labels(y_pred, classes, "y_pred")
    check_rows(y_true, y_pred, "y_pred")
    return np.bincount(y_true * classes + y_pred, minlength=classes * classes).reshape(classes, classes)


def accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Return the fraction classified correctly, #{n : y_true[n] = y_pred[n]} / N.

    Raises
    ------
    InputError
        If the arrays are not equally long, or empty.

    Examples
    --------
    >>> accuracy(np.array([3, 1, 4, 1]), np.array([3, 1, 4, 7]))
    0.75
    """
    y_true, y_pred = check_labels(y_true, None, "y_true"), check_labels(y_pred, None, "y_pred")
    check_rows(y_true, y_pred, "y_pred")
    return float(np.mean(y_true == y_pred))


def wilson_interval(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Wilson's score interval of a rate.

    With k successes in n trials, f = k / n and z the standard normal's (1 + confidence) / 2 quantile:

        (f + z^2 / 2n  -+  z sqrt(f (1 - f) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    It stays within [0, 1] and has a positive width even when every trial succeeds, unlike
    f -+ z sqrt(f (1 - f) / n).

    Parameters
    ----------
    successes, trials : int
        k and n, 0 <= k <= n and n at least 1.
    confidence : float
        Between 0 and 1, both excluded.

    Returns
    -------
    tuple of two floats
        Lower and upper end.

    Raises
    ------
    InputError
        If the counts or the confidence are out of range.

    References
    ----------
    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the
    American Statistical Association 22 (1927), 209-212.

    Examples
    --------
    >>> low, high = wilson_interval(9800, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.9771, 0.9826)
    """
    _fractions(successes, trials, confidence)
    n, f, z = int(trials), int(successes) / int(trials), NormalDist().inv_cdf((1 + confidence) / 2)
    middle = f + z * z / (2 * n)
    half = z * math.sqrt(f * (1 - f) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    low = 0.0 if successes == 0 else (middle - half) / whole
    high = 1.0 if successes == trials else (middle + half) / whole
    return low, high


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of every class, with their means.

    Parameters
    ----------
    precision, recall, f1 : ndarray of shape (C,), float64
        Fractions in [0, 1].
    support : ndarray of shape (C,), int64
        True samples of each class.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray

    def macro(self) -> dict[str, float]:
        """Return the unweighted means over classes."""
        return self._mean(np.ones(len(self.support)))

    def weighted(self) -> dict[str, float]:
        """Return the means over classes, weighted by their support."""
        return self._mean(self.support)

    def _mean(self, weights: np.ndarray) -> dict[str, float]:
        """Return sum_c w_c s_c / sum_c w_c of the three scores; 0 where the weights sum to 0."""
        columns = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        total = float(weights.sum())
        return {name: float(values @ weights) / total if total else 0.0 for name, values in columns.items()}


def precision_recall_f1(confusion: np.ndarray) -> ClassScores:
    """Return precision, recall and F1 of every class.

    For class c of the confusion matrix M, with t = M[c, c]:

        precision_c = t / sum_i M[i, c]        of all predicted as c, the fraction that is c
        recall_c    = t / sum_j M[c, j]        of all that are c, the fraction predicted as c
        F1_c        = 2 t / (sum_i M[i, c] + sum_j M[c, j])        their harmonic mean

    Parameters
    ----------
    confusion : ndarray of shape (C, C), counts
        One row per true class, one column per predicted class.

    Raises
    ------
    InputError
        If `confusion` is not a square matrix of counts.

    Examples
    --------
    >>> scores = precision_recall_f1(np.array([[8, 2], [0, 10]]))
    >>> scores.precision.round(3).tolist(), scores.recall.tolist()
    ([1.0, 0.833], [0.8, 1.0])
    """
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1] or (confusion < 0).any():
        raise InputError(
            "confusion",
            expected="a square matrix of counts",
            found=f"shape {confusion.shape}",
            advice="Pass the result of confusion_matrix.",
        )
    right, predicted, true = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    return ClassScores(
        precision=_ratio(right, predicted),
        recall=_ratio(right, true),
        f1=_ratio(2 * right, predicted + true),
        support=true,
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, 0 where whole is 0 (part is 0 there too)."""
    return part / np.maximum(whole, 1)


def check_labels(y: np.ndarray, classes: int | None, name: str) -> np.ndarray:
    """Return labels as int64; raise `InputError` unless they are class numbers, below `classes` if given."""
    y = np.asarray(y)
    limit = np.iinfo(np.int64).max if classes is None else classes
    numbers = y.ndim == 1 and y.dtype.kind in "iu" and y.size > 0
    if not numbers or not 0 <= int(y.min()) <= int(y.max()) < limit:
        raise InputError(
            name,
            expected="class numbers from 0" if classes is None else f"class numbers 0 to {classes - 1}",
            found=f"{y.dtype} of shape {y.shape}" + (f" from {y.min()} to {y.max()}" if numbers else ""),
            advice="Pass integers, one per sample, at least one.",
        )
    return y.astype(np.int64)


def check_rows(y: np.ndarray, other: np.ndarray, name: str) -> None:
    """Raise `InputError` unless both have the same number of samples."""
    if len(y) != len(other):
        raise InputError(
            name,
            expected=f"{len(y)} rows, one per label",
            found=str(len(other)),
            advice="Pass the same samples.",
        )


def _fractions(successes: int, trials: int, confidence: float) -> None:
    """Raise unless 0 <= successes <= trials, trials >= 1 and 0 < confidence < 1."""
    if trials < 1 or not 0 <= successes <= trials:
        raise InputError(
            "counts",
            expected="0 <= successes <= trials, trials at least 1",
            found=f"{successes} of {trials}",
            advice="Pass the number of successes and of all trials.",
        )
    if not 0 < confidence < 1:
        raise InputError("confidence", expected="between 0 and 1", found=str(confidence), advice="Use 0.95.")
