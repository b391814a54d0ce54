"""Significance of the difference between two models evaluated on the same images."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from backend.errors import InputError
from testing.metrics.classification import CONFIDENCE, check_rows


@dataclass(frozen=True)
class PairedCounts:
    """How often two models classify the same images correctly.

    Parameters
    ----------
    both_right, only_first, only_second, both_wrong : int
        Numbers of images; `only_first` counts those that only the first model classifies correctly.

    Examples
    --------
    >>> counts = PairedCounts(both_right=90, only_first=7, only_second=1, both_wrong=2)
    >>> counts.total, counts.difference, counts.p_value
    (100, 0.06, 0.0703125)
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int

    @property
    def total(self) -> int:
        """N, all images."""
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    @property
    def difference(self) -> float:
        """Accuracy of the first model minus that of the second."""
        return (self.only_first - self.only_second) / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """See `paired_interval`."""
        return paired_interval(self.only_first, self.only_second, self.total)

    @property
    def p_value(self) -> float:
        """See `mcnemar_exact`."""
        return mcnemar_exact(self.only_first, self.only_second)


def paired_counts(first_right: np.ndarray, second_right: np.ndarray) -> PairedCounts:
    """Count the images that both, one or none of two models classify correctly.

    Parameters
    ----------
    first_right, second_right : ndarray of shape (N,), bool
        Whether the model classifies each image correctly.

    Raises
    ------
    InputError
        If their lengths differ.

    Examples
    --------
    >>> paired_counts(np.array([True, True, False]), np.array([True, False, False]))
    PairedCounts(both_right=1, only_first=1, only_second=0, both_wrong=1)
    """
    check_rows(first_right, second_right, "second_right")
    kinds = np.bincount(2 * ~np.asarray(first_right, bool) + ~np.asarray(second_right, bool), minlength=4)
    return PairedCounts(*kinds.tolist())


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the p-value of McNemar's exact test that two models have the same accuracy.

    Images on which both are correct, or both wrong, carry no information. Under the null hypothesis, each of the
    other n = b + c images favours either model with probability 1/2:

        p = min(1, 2 sum_{k <= min(b, c)} C(n, k) / 2^n)

    Parameters
    ----------
    only_first, only_second : int
        b and c: images that only one of the models classifies correctly.

    Raises
    ------
    InputError
        If a count is negative.

    References
    ----------
    Q. McNemar, "Note on the Sampling Error of the Difference between Correlated Proportions or Percentages",
    Psychometrika 12 (1947), 153-157; exact as a binomial test.

    Examples
    --------
    >>> mcnemar_exact(5, 0), mcnemar_exact(3, 3), mcnemar_exact(0, 0)
    (0.0625, 1.0, 1.0)
    """
    _check_counts(only_first, only_second, only_first + only_second)
    n = int(only_first) + int(only_second)
    choices = tail = 1  # C(n, 0), as exact integers: no term is lost to rounding
    for k in range(1, min(int(only_first), int(only_second)) + 1):
        choices = choices * (n - k + 1) // k
        tail += choices
    return min(1.0, 2 * tail / 2**n)


def paired_interval(
    only_first: int, only_second: int, total: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return a confidence interval for the difference of two accuracies measured on the same images.

    With one image added for each model, P = (b + 1) / (N + 2) and Q = (c + 1) / (N + 2):

        P - Q  -+  z sqrt((P + Q - (P - Q)^2) / (N + 2))

    clipped to [-1, 1]. It accounts for the pairing, and has a positive width even if
    the models never disagree.

    Parameters
    ----------
    only_first, only_second : int
        b and c: images that only one of the models classifies correctly.
    total : int
        N, at least b + c and 1.
    confidence : float
        Between 0 and 1, both excluded.

    Raises
    ------
    InputError
        If the counts or the confidence are out of range.

    References
    ----------
    D. G. Bonett, R. M. Price, "Adjusted Wald Confidence Interval for a Difference of Binomial Proportions Based on
    Paired Data", Journal of Educational and Behavioral Statistics 37 (2012), 479-488.

    Examples
    --------
    >>> low, high = paired_interval(60, 25, 10_000)
    >>> round(low, 5), round(high, 5)
    (0.00167, 0.00533)
    """
    _check_counts(only_first, only_second, total)
    if not 0 < confidence < 1:
        raise InputError("confidence", expected="between 0 and 1", found=str(confidence), advice="Use 0.95.")
    n, z = total + 2, NormalDist().inv_cdf((1 + confidence) / 2)
    p, q = (only_first + 1) / n, (only_second + 1) / n
    half = z * math.sqrt((p + q - (p - q) ** 2) / n)
    return max(-1.0, p - q - half), min(1.0, p - q + half)


def _check_counts(only_first: int, only_second: int, total: int) -> None:
    """Raise `InputError` unless the counts are at least 0 and their sum at most the total."""
    if min(only_first, only_second) < 0 or only_first + only_second > total:
        raise InputError(
            "counts",
            expected="at least 0, and no more than all images together",
            found=f"{only_first} and {only_second} of {total}",
            advice="Count the images that only one of the models classifies correctly.",
        )
