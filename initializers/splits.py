"""Splits of the training data: stratified by class, or by writer."""

import numpy as np

from backend.errors import InputError


def stratified_split(y: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose a stratified part of the samples to hold out.

    Of the n_c samples of class c, fraction * n_c are held out, rounded so that their sum is exactly
    round(fraction * N): first down, then up for the largest remainders (Hamilton's method). If possible, both parts
    contain every class.

    Parameters
    ----------
    y : ndarray
        Shape (N,), class numbers; or (N, C), one-hot rows.
    fraction : float
        Share to hold out, in (0, 1).
    seed : int
        The same seed holds out the same samples.

    Returns
    -------
    kept, held_out : ndarray
        Indices of the samples in ascending order; each sample is in exactly one of the two.

    Raises
    ------
    InputError
        If the fraction is not in (0, 1), there are no samples, or a class has only one.

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
        found = f"one sample of class {names[counts.argmin()]}" if classes.size else "no samples"
        expected, advice = "at least two samples of each class", "Add samples, or remove that class."
        raise InputError("labels", expected=expected, found=found, advice=advice)
    rng = np.random.default_rng(seed)
    chosen = np.zeros(classes.size, bool)
    for number, share in enumerate(_shares(counts, fraction)):
        chosen[rng.choice(np.flatnonzero(members == number), share, replace=False)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def split_by_writer(writers: np.ndarray, fraction: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose writers to hold out, so that no writer contributes to both parts.

    Writers are held out in random order until the number of their samples is as close as possible to fraction * N. The
    split is not stratified by class.

    Parameters
    ----------
    writers : ndarray
        Shape (N,), the writer of each sample: numbers or names.
    fraction : float
        Share to hold out, in (0, 1).
    seed : int
        The same seed holds out the same writers.

    Returns
    -------
    kept, held_out : ndarray
        Indices of the samples in ascending order; each sample is in exactly one of the two, and each has a writer.

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
            "writers", expected="at least two, one per sample", found=found, advice="Split by class instead."
        )
    order = np.random.default_rng(seed).permutation(counts.size)
    totals = counts[order].cumsum()[:-1]  # without the last, which would be all samples
    enough = np.abs(totals - fraction * members.size).argmin()
    chosen = np.isin(members, order[: enough + 1])
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _check_fraction(fraction: float) -> None:
    """Raise InputError unless the fraction lies strictly between 0 and 1."""
    if not 0 < fraction < 1:
        expected, advice = "a number between 0 and 1", "0.1 is usual."
        raise InputError("fraction", expected=expected, found=str(fraction), advice=advice)


def _shares(counts: np.ndarray, fraction: float) -> np.ndarray:
    """Return the number of samples of each class to hold out."""
    total = min(max(round(fraction * counts.sum()), 1), counts.sum() - 1)
    everywhere = counts.size <= total <= counts.sum() - counts.size
    least = np.full(counts.shape, int(everywhere))
    most = counts - least
    quotas = fraction * counts
    shares = np.clip(np.floor(quotas).astype(int), least, most)
    while missing := int(np.sign(total - shares.sum())):
        # The class that is farthest from its quota, among those whose share can still change in that direction.
        free = shares < most if missing > 0 else shares > least
        shares[np.where(free, missing * (quotas - shares), -np.inf).argmax()] += missing
    return shares
