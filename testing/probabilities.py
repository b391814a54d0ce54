"""What predicted probabilities are worth: their loss, their ranking and their honesty, in NumPy alone."""

import numpy as np

from backend.errors import InputError
from testing.metrics import check_labels, check_rows


def log_loss(y_true: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative log-likelihood in nats, -1/N sum_n log p[n, y_true[n]].

    A probability of 0 counts as the smallest normal number of its dtype, so that one sure mistake is dear and
    not infinite.

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
    return -float(np.log(np.maximum(true, np.finfo(true.dtype).tiny)).mean(dtype=np.float64))


def top_k_accuracy(y_true: np.ndarray, probabilities: np.ndarray, k: int = 2) -> float:
    """Return the fraction of samples whose true class is among the k most probable.

    Of equal probabilities the smaller class number comes first, as in `argmax`: k = 1 gives the accuracy.

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        The true class numbers.
    probabilities : ndarray of shape (N, C)
        Any scores do; only their order counts.
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
        raise InputError("k", expected="at least 1", found=str(k), advice="Take 2, say.")
    y_true, probabilities = _checked(y_true, probabilities)
    true = probabilities[np.arange(len(y_true)), y_true][:, None]
    tied_before = (probabilities == true) & (np.arange(probabilities.shape[1]) < y_true[:, None])
    rank = ((probabilities > true) | tied_before).sum(axis=1)
    return float(np.mean(rank < k))


def expected_calibration_error(y_true: np.ndarray, probabilities: np.ndarray, bins: int = 15) -> float:
    """Return how far confidence is from accuracy, as a mean over bins of confidence.

        ECE = sum_b |#right_b - sum of confidences_b| / N

    where bin b of B holds the samples whose largest probability lies in (b / B, (b + 1) / B].

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
        If the shapes do not fit, or there are no samples.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.

    Examples
    --------
    >>> round(expected_calibration_error(np.array([0, 1]), np.array([[0.9, 0.1], [0.9, 0.1]])), 4)
    0.4
    """
    y_true, probabilities = _checked(y_true, probabilities)
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == y_true
    number = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    surplus = np.bincount(number, weights=right - confidence, minlength=bins)
    return float(np.abs(surplus).sum() / len(y_true))


def _checked(y_true: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and their probabilities after a look at both."""
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2 or probabilities.dtype.kind != "f":
        raise InputError(
            "probabilities",
            expected="floating-point numbers of shape (N, C)",
            found=f"{probabilities.dtype} of shape {probabilities.shape}",
            advice="Pass what predict_proba returned.",
        )
    y_true = check_labels(y_true, probabilities.shape[1], "y_true")
    check_rows(y_true, probabilities, "probabilities")
    return y_true, probabilities
