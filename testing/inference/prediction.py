"""The prediction for one image: the class, the runner-up, and whether the confidence reaches the threshold."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from backend.errors import InputError
from classes.checks import checked_labels
from testing.metrics.evaluation import Predictor

SURE_KEY = "sure_confidence"  # key of the confidence threshold in the `info` of a network
SURE_CONFIDENCE = 0.75  # threshold of networks that have none; typical fitted ones are 0.6 to 0.9
DOUBTED = 0.02  # share of the correct predictions that may be below a fitted threshold


@dataclass(frozen=True, eq=False)
class Prediction:
    """The predicted probabilities of one image, and the properties derived from them.

    Parameters
    ----------
    probabilities : ndarray of shape (C,)
        At least two probabilities, which sum to 1.
    threshold : float
        Smallest confidence at which a prediction counts as sure.

    Examples
    --------
    >>> prediction = Prediction(np.array([0.25, 0.75, 0.0]))
    >>> prediction.digit, prediction.confidence, prediction.runner_up, prediction.margin, prediction.is_sure
    (1, 0.75, 0, 0.5, True)
    """

    probabilities: np.ndarray
    threshold: float = SURE_CONFIDENCE

    @cached_property
    def _order(self) -> np.ndarray:
        """Class numbers in the order of decreasing probability; of equal ones, the smaller number first."""
        return np.argsort(-self.probabilities, kind="stable")

    @property
    def digit(self) -> int:
        """Class number with the highest probability."""
        return int(self._order[0])

    @property
    def runner_up(self) -> int:
        """Class number with the second highest probability."""
        return int(self._order[1])

    @property
    def confidence(self) -> float:
        """Highest probability."""
        return float(self.probabilities[self.digit])

    @property
    def margin(self) -> float:
        """Difference of the two highest probabilities."""
        return self.confidence - float(self.probabilities[self.runner_up])

    @property
    def is_sure(self) -> bool:
        """Whether the confidence reaches the threshold."""
        return self.confidence >= self.threshold

    def certainty(self) -> str:
        """Return as text whether the prediction is sure, with the threshold.

        Examples
        --------
        >>> Prediction(np.array([0.6, 0.4])).certainty()
        'Not sure: the confidence is below 75.0 %.'
        """
        level = f"{100 * self.threshold:.1f} %."
        return (
            f"Sure: the confidence is at least {level}"
            if self.is_sure
            else f"Not sure: the confidence is below {level}"
        )


def sure_confidence(probabilities: np.ndarray, y: Any, doubted: float = DOUBTED) -> float:
    """Return a confidence threshold: the largest one that all but a share of the correct predictions reach.

    Non-digit images usually have lower confidence. Of several scores this is the simplest, and as good as others:
    D. Hendrycks and K. Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
    Networks", ICLR 2017.

    Parameters
    ----------
    probabilities : ndarray of shape (N, C)
        Predicted probabilities of validation images.
    y : array_like of shape (N,) or (N, C)
        Their labels: class numbers, or one-hot rows.
    doubted : float
        The share, in (0, 1).

    Returns
    -------
    float
        `SURE_CONFIDENCE` if there are too few correct predictions.

    Raises
    ------
    InputError
        If the labels do not fit the probabilities.

    Examples
    --------
    >>> p = np.linspace(0.5, 1.0, 101)
    >>> sure_confidence(np.stack([p, 1 - p], axis=1), [0] * 101, doubted=0.1)
    0.55
    """
    y = checked_labels(y, *probabilities.shape)
    confidence = np.sort(probabilities.max(axis=1)[probabilities.argmax(axis=1) == y])
    costs = int(doubted * len(confidence))
    return float(confidence[costs]) if costs else SURE_CONFIDENCE


def threshold_of(info: Mapping[str, Any]) -> float:
    """Return the threshold in the `info` of a network, or else `SURE_CONFIDENCE`.

    Examples
    --------
    >>> threshold_of({"sure_confidence": 0.9}), threshold_of({})
    (0.9, 0.75)
    """
    stated = info.get(SURE_KEY)
    return float(stated) if isinstance(stated, float) and 0.0 < stated <= 1.0 else SURE_CONFIDENCE


def predict_image(network: Predictor, image: np.ndarray) -> Prediction:
    """Return the prediction of a network for one image.

    Parameters
    ----------
    network : Predictor
        A trained network.
    image : ndarray of shape (I,)
        Pixels, as accepted by the network.

    Raises
    ------
    InputError
        If the image does not fit the network, or the probabilities are not finite.
    """
    p = network.predict_proba(image[None])[0]
    if not np.isfinite(p).all():
        advice = "Train it again with a smaller learning rate."
        raise InputError("network", expected="finite probabilities", found="NaN", advice=advice)
    return Prediction(p, threshold_of(network.info))
