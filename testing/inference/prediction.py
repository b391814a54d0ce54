"""What a network makes of one image: its answer, the runner-up, and whether it is sure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from backend.errors import InputError
from classes.checks import checked_labels
from testing.metrics.evaluation import Predictor

SURE_KEY = "sure_confidence"  # where a network's `info` keeps its threshold
SURE_CONFIDENCE = 0.75  # of a network that has none of its own
DOUBTED = 0.02  # share of right answers that a threshold may cost


@dataclass(frozen=True, eq=False)
class Prediction:
    """The probabilities of one image, and all that follows from them.

    Parameters
    ----------
    probabilities : ndarray of shape (C,)
        They sum to 1; there are two at least.
    threshold : float
        Confidence from which on the network is sure.

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
        """Class numbers, the most probable first; of equals the smaller number."""
        return np.argsort(-self.probabilities, kind="stable")

    @property
    def digit(self) -> int:
        """Number of the most probable class."""
        return int(self._order[0])

    @property
    def runner_up(self) -> int:
        """Number of the second most probable class."""
        return int(self._order[1])

    @property
    def confidence(self) -> float:
        """Probability of the answer."""
        return float(self.probabilities[self.digit])

    @property
    def margin(self) -> float:
        """How far the answer's probability is above the runner-up's."""
        return self.confidence - float(self.probabilities[self.runner_up])

    @property
    def is_sure(self) -> bool:
        """Whether confidence reaches the threshold."""
        return self.confidence >= self.threshold

    def certainty(self) -> str:
        """Return in words whether the network is sure, with the threshold.

        Examples
        --------
        >>> Prediction(np.array([0.6, 0.4])).certainty()
        'Not sure: that takes at least 75.0 % for the answer.'
        """
        least = f"at least {100 * self.threshold:.1f} % for the answer."
        return f"Sure: {least}" if self.is_sure else f"Not sure: that takes {least}"


def sure_confidence(probabilities: np.ndarray, y: Any, doubted: float = DOUBTED) -> float:
    """Return the highest confidence that all but a share of the right answers reach: a network's own threshold.

    What is no digit usually gets a lower one. Of several scores this is the simplest, and tells as much as the others:
    D. Hendrycks and K. Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
    Networks", ICLR 2017.

    Parameters
    ----------
    probabilities : ndarray of shape (N, C)
        Of images that the network was not trained with.
    y : array_like of shape (N,) or (N, C)
        Their class numbers, or one-hot rows.
    doubted : float
        The share, above 0 and below 1.

    Returns
    -------
    float
        `SURE_CONFIDENCE` where right answers are too few for one to be doubted.

    Raises
    ------
    InputError
        If the labels do not belong to the probabilities.

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
    """Return the threshold that a network's `info` states, or else `SURE_CONFIDENCE`.

    Examples
    --------
    >>> threshold_of({"sure_confidence": 0.9}), threshold_of({})
    (0.9, 0.75)
    """
    stated = info.get(SURE_KEY)
    return float(stated) if isinstance(stated, float) and 0.0 < stated <= 1.0 else SURE_CONFIDENCE


def predict_image(network: Predictor, image: np.ndarray) -> Prediction:
    """Return what a network makes of one image.

    Parameters
    ----------
    network : Predictor
        A trained one.
    image : ndarray of shape (I,)
        As the network takes them.

    Raises
    ------
    InputError
        If the image does not suit the network, or it answers with what are no probabilities.
    """
    p = network.predict_proba(image[None])[0]
    if not np.isfinite(p).all():
        advice = "Train it anew, with a smaller rate."
        raise InputError("network", expected="finite probabilities", found="NaN", advice=advice)
    return Prediction(p, threshold_of(network.info))
