"""Temperature scaling: calibration of the probabilities by one number, fitted on validation data."""

from typing import Any

import numpy as np

from backend.errors import InputError
from classes.checks import checked_labels
from classes.neural_network import NeuralNetwork
from testing.inference.inspection import network_logits
from testing.inference.prediction import SURE_KEY, sure_confidence

STEPS = 100  # largest number of steps; Newton's method takes about 6, and bisection alone would take about 40
PRECISION = 1e-9  # relative size of the last step; Newton's error is about its square


def calibrate(network: NeuralNetwork, X_val: Any, y_val: Any) -> None:
    """Fit the temperature of a network, and then its confidence threshold, which is stored in its `info`.

    Parameters
    ----------
    network : NeuralNetwork
        A trained network.
    X_val, y_val : array_like
        Validation images and their labels.

    Raises
    ------
    InputError
        If they do not fit the network.
    """
    fit_temperature(network, X_val, y_val)
    network.info = network.info | {SURE_KEY: sure_confidence(network.predict_proba(X_val), y_val)}


def fit_temperature(network: NeuralNetwork, X_val: Any, y_val: Any) -> float:
    """Fit the temperature of a network to validation data, set `network.temperature`, and return it.

    Classes stay as they are predicted; only how sure the network is of them changes. The images must be neither those
    that it was trained with, of which it is too sure, nor those that it will be judged by.

    Parameters
    ----------
    network : NeuralNetwork
        A trained one.
    X_val : array_like (N, I) or images of I pixels
        As for `NeuralNetwork.predict`.
    y_val : array_like (N,) or (N, C)
        Class numbers, or one-hot rows.

    Raises
    ------
    InputError
        If the data do not suit the network; its temperature stays as it was.

    See Also
    --------
    best_temperature : How it is found, and where there is none.

    Examples
    --------
    >>> network = NeuralNetwork(2, (), 2)
    >>> network.stack.parameters.view("0.W")[...] = 4 * np.eye(2)  # confidence 98 %, accuracy 75 %
    >>> round(fit_temperature(network, np.eye(2)[[0, 0, 0, 0]], [0, 0, 0, 1]), 4), network.predict_proba(np.eye(2))[0]
    (3.641, array([0.75, 0.25], dtype=float32))
    """
    network.temperature = best_temperature(network_logits(network, X_val), y_val)
    return network.temperature


def best_temperature(logits: Any, y: Any) -> float:
    """Return the temperature T > 0 that maximises the likelihood: the minimum of the mean ``-log softmax(z / T)_y``.

    In ``a = 1 / T`` this loss is convex, with

        L'(a)  = mean_n (E_n[z] - z_y)      L''(a) = mean_n Var_n[z]

    where E_n and Var_n are taken over the classes of row n with the probabilities ``softmax(a z)``. Newton's method
    finds the zero of L', and halving of an interval around it where Newton's step leads out of that.

    Parameters
    ----------
    logits : array_like (N, C)
        Of data that the network was not trained with.
    y : array_like (N,) or (N, C)
        Class numbers, or one-hot rows.

    Returns
    -------
    float
        1 where no temperature is best: all labels have the largest logit of their row, so that ever smaller
        temperatures are ever better, or the logits are no better than chance, so that ever larger ones are.

    Raises
    ------
    InputError
        If there are no logits, one is not finite, or the labels do not belong to them.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.

    Examples
    --------
    >>> round(best_temperature([[1.0, 0.0]] * 4, [0, 0, 0, 1]), 4)  # softmax(1 / T) = 3 / 4, so T = 1 / ln 3
    0.9102
    """
    z, y = _checked(logits, y)
    d = z - z.max(axis=1, keepdims=True)
    true = d[np.arange(len(y)), y]
    if not true.any() or _slopes(d, true, 0.0)[0] >= 0:
        return 1.0
    low, high = 0.0, 1.0
    while _slopes(d, true, high)[0] < 0:
        low, high = high, 2 * high
    return 1.0 / _zero(d, true, low, high)


def scaled_softmax(logits: Any, temperature: float = 1.0) -> np.ndarray:
    """Return ``softmax(z / T)``, (N, C) in float64: what `predict_proba` gives at that temperature.

    Examples
    --------
    >>> scaled_softmax([[np.log(9), 0]]).round(3).tolist(), scaled_softmax([[np.log(9), 0]], 2).round(3).tolist()
    ([[0.9, 0.1]], [[0.75, 0.25]])
    """
    z = np.asarray(logits, np.float64)
    p = np.exp((z - z.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _checked(logits: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return logits in float64 and class numbers, after checking them."""
    z = np.asarray(logits, np.float64)
    if z.ndim != 2 or not z.size or not np.isfinite(z).all():
        raise InputError(
            "logits", expected="finite numbers of shape (N, C)", found=f"shape {z.shape}" if z.size else "none",
            advice="Pass the result of network_logits.",
        )  # fmt: skip
    return z, checked_labels(y, *z.shape)


def _slopes(d: np.ndarray, true: np.ndarray, a: float) -> tuple[float, float]:
    """Return L'(a) and L''(a), given logits `d` with a maximum of 0 per row, and the logits of the labels."""
    p = scaled_softmax(a * d)
    mean = (p * d).sum(axis=1)
    return float((mean - true).mean()), float(((p * d * d).sum(axis=1) - mean * mean).mean())


def _zero(d: np.ndarray, true: np.ndarray, low: float, high: float) -> float:
    """Return the root of L' between `low`, where it is negative, and `high`, where it is not."""
    a = high
    for _ in range(STEPS):
        slope, curvature = _slopes(d, true, a)
        low, high = (a, high) if slope < 0 else (low, a)
        newton = a - slope / curvature if curvature > 0 else low
        if abs(newton - a) <= PRECISION * a:
            return newton
        a = newton if low < newton < high else (low + high) / 2
    return a
