"""Splits of the training data: every class in the same proportion in both parts, or no writer in both."""

import numpy as np

from backend.errors import InputError


def stratified_split(y: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose which rows to hold out, class by class.

    Each class c with n_c of the N rows gives fraction * n_c of them, rounded so that the sum is exactly
    round(fraction * N): down first, then up where the largest remainders are (Hamilton's method). Where the
    numbers allow it every class stands in both parts.

    Parameters
    ----------
    y : ndarray
        Shape (N,), class numbers; or (N, C), one-hot rows.
    fraction : float
        Share to hold out, in (0, 1).
    seed : int
        The same seed holds out the same rows.

    Returns
    -------
    kept, held_out : ndarray
        Row numbers, ascending, each row in exactly one of the two.

    Raises
    ------
    InputError
        If the fraction is not in (0, 1), there are no rows, or a class has a single one.

    Examples
    --------
    >>> kept, held_out = stratified_split(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=0)
    >>> kept.size, held_out.size
    (6, 2)
    """
    _check_fraction(fraction)
    classes = y.argmax(axis=1) if y.ndim == 2 else y
    names, members, counts = np.unique(classes, return_inverse=True, return_counts=True)
    if classes.size == 0 or counts.min() < 2:
        found = f"one row of class {names[counts.argmin()]}" if classes.size else "no rows"
        expected, advice = "at least two rows of each class", "Add rows, or leave that class out."
        raise InputError("labels", expected=expected, found=found, advice=advice)
    rng = np.random.default_rng(seed)
    chosen = np.zeros(classes.size, bool)
    for number, share in enumerate(_shares(counts, fraction)):
        chosen[rng.choice(np.flatnonzero(members == number), share, replace=False)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def split_by_writer(writers: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose which rows to hold out so that nobody has written rows of both parts.

    Writers are held out whole, in random order, as many as bring their rows closest to fraction * N. Of classes that
    every writer wrote equally often both parts have about the same proportion; nothing more is done for that.

    Parameters
    ----------
    writers : ndarray
        Shape (N,), who wrote each row: numbers or names.
    fraction : float
        Share to hold out, in (0, 1).
    seed : int
        The same seed holds out the same writers.

    Returns
    -------
    kept, held_out : ndarray
        Row numbers, ascending, each row in exactly one of the two; at least one writer's in each.

    Raises
    ------
    InputError
        If the fraction is not in (0, 1), or there are fewer than two writers.

    Examples
    --------
    >>> kept, held_out = split_by_writer(np.array([7, 7, 8, 8, 9, 9, 7]), 0.25, seed=0)
    >>> kept.size, held_out.size
    (5, 2)
    """
    _check_fraction(fraction)
    _, members, counts = np.unique(writers, return_inverse=True, return_counts=True)
    if np.ndim(writers) != 1 or counts.size < 2:
        found = f"{counts.size} in an array of shape {np.shape(writers)}"
        raise InputError(
            "writers", expected="at least two, one a row", found=found, advice="Split without regard to writers."
        )
    order = np.random.default_rng(seed).permutation(counts.size)
    totals = counts[order].cumsum()[:-1]  # without the last: that would be all
    enough = np.abs(totals - fraction * members.size).argmin()
    chosen = np.isin(members, order[: enough + 1])
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _check_fraction(fraction: float) -> None:
    """Raise unless both parts get something."""
    if not 0 < fraction < 1:
        expected, advice = "a number between 0 and 1", "Take 0.1, say."
        raise InputError("fraction", expected=expected, found=str(fraction), advice=advice)


def _shares(counts: np.ndarray, fraction: float) -> np.ndarray:
    """Return how many rows of each class to hold out."""
    total = min(max(round(fraction * counts.sum()), 1), counts.sum() - 1)
    everywhere = counts.size <= total <= counts.sum() - counts.size
    least = np.full(counts.shape, int(everywhere))
    most = counts - least
    quotas = fraction * counts
    shares = np.clip(np.floor(quotas).astype(int), least, most)
    while missing := int(np.sign(total - shares.sum())):
        # The class that lies farthest from its quota, among those that may still move that way.
        free = shares < most if missing > 0 else shares > least
        shares[np.where(free, missing * (quotas - shares), -np.inf).argmax()] += missing
    return shares
