"""Metrics of predicted probabilities: loss, ranking and calibration."""

from dataclasses import dataclass

import numpy as np

from backend.errors import InputError
from testing.metrics.classification import check_labels, check_rows


def log_loss(y_true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative log-likelihood in nats, -1/N sum_n log p[n, y_true[n]].

    A probability of 0 counts as the smallest normal number of its dtype, so that one confident
    error gives a large but finite loss.

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        The true class numbers.
    probabilities : ndarray of shape (N, C)
        Rows sum to 1.

    Raises
    ------
    InputError
        If the shapes do not fit, or there are no samples.

    Examples
    --------
    >>> round(log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])), 4)  # (ln 2 + ln 4) / 2
    1.0397
    """
    y_true, probabilities = _checked(y_true, probabilities)
    true = probabilities[np.arange(len(y_true)), y_true]
    return -float(np.log(np.maximum(true, np.finfo(true.dtype).tiny), dtype=np.float64).mean())


def brier_score(y_true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean squared distance of the probabilities from the one-hot true classes, in [0, 2]; 0 is perfect.

        BS = 1/N sum_n sum_c (p[n, c] - [y_true[n] = c])^2

    Unlike the cross-entropy it is bounded, so a single image cannot dominate it.

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        The true class numbers.
    probabilities : ndarray of shape (N, C)
        Rows sum to 1.

    Raises
    ------
    InputError
        If the shapes do not fit, or there are no samples.

    References
    ----------
    G. W. Brier, "Verification of Forecasts Expressed in Terms of Probability", Monthly Weather Review 78 (1950), 1-3.

    Examples
    --------
    >>> brier_score(np.array([0, 1]), np.array([[1.0, 0.0], [0.5, 0.5]]))
    0.25
    """
    y_true, probabilities = _checked(y_true, probabilities)
    distance = probabilities.astype(np.float64)
    distance[np.arange(len(y_true)), y_true] -= 1.0
    return float(np.einsum("nc,nc->", distance, distance) / len(y_true))


def top_k_accuracy(y_true: np.ndarray, probabilities: np.ndarray, k: int = 2) -> float:
    """Return the fraction of samples whose true class is among the k most probable.

    Ties are broken in favour of the smaller class number, as in `argmax`: k = 1 gives the accuracy.

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        The true class numbers.
    probabilities : ndarray of shape (N, C)
        Any scores; only their order within a row matters.
    k : int
        At least 1.

    Raises
    ------
    InputError
        If the shapes do not fit, there are no samples, or k is below 1.

    Examples
    --------
    >>> top_k_accuracy(np.array([2, 0]), np.array([[0.5, 0.2, 0.3], [0.1, 0.2, 0.7]]))
    0.5
    """
    if k < 1:
        raise InputError("k", expected="at least 1", found=str(k), advice="Use 2, for example.")
    y_true, probabilities = _checked(y_true, probabilities)
    true = probabilities[np.arange(len(y_true)), y_true][:, None]
    tied_before = (probabilities == true) & (np.arange(probabilities.shape[1]) < y_true[:, None])
    rank = ((probabilities > true) | tied_before).sum(axis=1)
    return float(np.mean(rank < k))


@dataclass(frozen=True, eq=False)
class Reliability:
    """Accuracy as a function of confidence, in B bins of equal width.

    Bin b holds the samples whose largest probability lies in (b / B, (b + 1) / B].

    Attributes
    ----------
    count, right : ndarray of shape (B,), int64
        Samples in each bin, and how many of them are classified correctly.
    confidence_sum : ndarray of shape (B,), float64
        Sum of the confidences in each bin.
    """

    count: np.ndarray
    right: np.ndarray
    confidence_sum: np.ndarray

    @property
    def confidence(self) -> np.ndarray:
        """Mean confidence of each bin, NaN where it is empty."""
        return _quotient(self.confidence_sum, self.count)

    @property
    def accuracy(self) -> np.ndarray:
        """Fraction classified correctly in each bin, NaN where it is empty."""
        return _quotient(self.right, self.count)

    @property
    def error(self) -> float:
        """The expected calibration error: see `expected_calibration_error`."""
        return float(np.abs(self.right - self.confidence_sum).sum() / self.count.sum())


def reliability(y_true: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> Reliability:
    """Sort samples into bins by confidence, and count those classified correctly.

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        The true class numbers.
    probabilities : ndarray of shape (N, C)
        Rows sum to 1.
    bins : int
        B, at least 1.

    Raises
    ------
    InputError
        If the shapes do not fit, there are no samples, or `bins` is below 1.

    Examples
    --------
    >>> half = reliability(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]), bins=2)
    >>> half.count.tolist(), half.accuracy.tolist(), half.confidence.round(2).tolist()
    ([0, 2], [nan, 0.5], [nan, 0.85])
    """
    if bins < 1:
        raise InputError("bins", expected="at least 1", found=str(bins), advice="Use 15, for example.")
    y_true, probabilities = _checked(y_true, probabilities)
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == y_true
    number = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    return Reliability(
        np.bincount(number, minlength=bins),
        np.bincount(number[right], minlength=bins),
        np.bincount(number, weights=confidence, minlength=bins),
    )


def expected_calibration_error(y_true: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Return the mean distance between confidence and accuracy, over bins of confidence.

        ECE = sum_b |#correct_b - sum of confidences_b| / N

    Parameters
    ----------
    y_true, probabilities, bins
        As for `reliability`, which sorts the samples into bins.

    Raises
    ------
    InputError
        As `reliability` does.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.

    Examples
    --------
    >>> round(expected_calibration_error(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])), 4)
    0.4
    """
    return reliability(y_true, probabilities, bins).error


def _quotient(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _checked(y_true: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities after checking both."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.dtype.kind != "f":
        raise InputError(
            "probabilities",
            expected="floating-point numbers of shape (N, C)",
            found=f"{probabilities.dtype} of shape {probabilities.shape}",
            advice="Pass the result of predict_proba.",
        )
    y_true = check_labels(y_true, probabilities.shape[1], "y_true")
    check_rows(y_true, probabilities, "probabilities")
    return y_true, probabilities
