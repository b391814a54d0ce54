"""The paper below the ink: its polarity, its shadows, and the table around it."""

import math

import numpy as np
from scipy import ndimage

COARSE, FINE = 64, 256  # pixels of the small copies in which paper is looked for, without and with sharp shadows
HALF, WIDE, NARROW, THIN = 0.5, 0.35, 0.12, 0.05  # of the copy's extent; strokes are narrower than WIDE
_LONGEST = 3  # times as long as high: beyond that it is a row of digits
_BLURRED = (5, 5)  # pixels of the fine copy: along a shadow's edge, paper is as dark as the darkest of them
_SHADOW = 0.08  # part of the paper's brightness that a shadow takes at least
_EIGHT = np.ones((3, 3), bool)


def extent(shape: tuple[int, ...]) -> int:
    """Return the longer side, or three times the shorter if that is less: in a long row no digit is larger.

    Examples
    --------
    >>> extent((90, 120)), extent((90, 2250))
    (120, 270)
    """
    height, width = shape
    return min(max(height, width), _LONGEST * min(height, width))


def small_copy(channel: np.ndarray, side: int = COARSE) -> np.ndarray:
    """Return a copy whose `extent` is at most `side` pixels, by area averaging.

    Examples
    --------
    >>> small_copy(np.zeros((640, 320), np.uint8)).shape
    (64, 32)
    """
    from PIL import Image

    height, width = channel.shape
    scale = min(1.0, side / extent(channel.shape))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(channel).resize(size, Image.Resampling.BOX)).astype(np.float32)


def otsu(values: np.ndarray) -> float:
    r"""Return the threshold that parts numbers into two groups with most variance between them.

    .. math:: t = \arg\max_t \; \omega_0(t)\,\omega_1(t)\,(\mu_1(t) - \mu_0(t))^2

    Examples
    --------
    >>> bool(1 < otsu(np.array([0.0, 1.0, 9.0, 10.0])) < 9)
    True
    """
    low, high = float(values.min()), float(values.max())
    edges = np.linspace(low, high, 129)
    places = ((values.ravel() - low) * (128 / ((high - low) or 1.0))).astype(np.intp)  # faster than np.histogram
    counts = np.bincount(places.clip(max=127), minlength=128)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * centres)
    above = below[-1] + counts[-1] - below
    difference = (sums[-1] - sums[:-1]) / np.maximum(above, 1) - sums[:-1] / np.maximum(below, 1)
    between = below * above * difference**2
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + round(best.mean())])  # the middle, where an empty stretch lets all of it be best


def is_even(grey: np.ndarray) -> bool:
    """Return whether the paper is of one grey, as in drawings and good scans: a quarter of all pixels are equal.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        In its full size: what noise parts there, a small copy unites.

    Examples
    --------
    >>> is_even(np.full((9, 9), 40, np.uint8)), is_even(np.arange(81, dtype=np.uint8).reshape(9, 9))
    (True, False)
    """
    counts = _counts(grey)
    return bool(counts.max() >= counts.sum() / 4)


def _counts(grey: np.ndarray) -> np.ndarray:
    """Return how often every grey value occurs in some of the rows."""
    return np.bincount(grey[:: max(1, len(grey) // 128)].ravel(), minlength=256)


def _commonest(grey: np.ndarray) -> int:
    """Return the commonest of the brighter half of the grey values that occur."""
    counts = _counts(grey)
    found = np.flatnonzero(counts)
    middle = (found[0] + found[-1]) // 2
    return int(middle + counts[middle:].argmax())


def polarity(small: np.ndarray, even: bool) -> tuple[bool, float]:
    """Return whether ink is darker than paper, and how much it stands out.

    1. Where paper is of one grey, a threshold (Otsu's) parts the picture into two; the paper is what has more of the
       picture and of the frame's edge, together.
    2. Elsewhere, in photographs, ink is what is thin: closing takes dark strokes away, opening bright ones. And ink is
       the smaller part of any neighbourhood, whose median is paper, in light or shadow. Energy (mean square of the
       difference) is measured in both ways, for thick ink may enclose paper that is thin, and a table may surround
       it; the product of both decides.

    Parameters
    ----------
    small : ndarray of shape (h, w)
        A small copy of the picture.
    even : bool
        Whether its paper is of one grey.

    Returns
    -------
    tuple of (bool, float)
        Whether ink is dark, and its energy.

    Examples
    --------
    >>> small = np.full((20, 20), 90.0)
    >>> small[5:15, 10] = 250
    >>> polarity(small, even=True)[0]
    False
    """
    if even:
        bright = small > otsu(small)
        return bool(bright.mean() + bright[_edge(small.shape)].mean() >= 1), float(small.var())
    coarse = small_copy(small, COARSE // 2)
    away = coarse - _median(coarse, HALF)
    darker = _energy(_closed(small, THIN) - small) * _energy(away.clip(max=0))
    brighter = _energy(small + _closed(-small, THIN)) * _energy(away.clip(min=0))
    return darker >= brighter, math.sqrt(max(darker, brighter))


def _energy(values: np.ndarray) -> float:
    return float((values**2).mean()) + 1e-3  # squared grey values, less than any noise: nothing is infinitely darker


def _edge(shape: tuple[int, ...]) -> np.ndarray:
    """Return where the outermost pixels are."""
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return edge


def _median(small: np.ndarray, reach: float) -> np.ndarray:
    """Return the median of every pixel's neighbourhood, as wide as a part of the copy's extent: of a quarter of it."""
    some = np.zeros((_window(small, reach) | 1,) * 2, bool)
    some[::2, ::2] = True
    return ndimage.median_filter(small, footprint=some)


def paper_below(grey: np.ndarray, small: np.ndarray, even: bool) -> np.ndarray:
    """Return what a picture with dark ink would show without it.

    1. Where paper is of one grey, that is it, but for dark stretches along the frame, which a closing leaves.
    2. Elsewhere, a closing as wide as a third of the picture takes away all ink, and shadows that are no wider.
    3. A narrower closing leaves shadows, and strokes that are very thick. Where only the narrow one finds the picture
       dark, in one piece up to the frame's edge, it is a shadow or the table that the paper lies on: there the
       narrow one is right. Along a shadow's edge, paper is as dark as in the shadow: a blurred edge is no ink.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        Dark ink on bright paper.
    small : ndarray of shape (h, w)
        Its small copy.
    even : bool
        Whether its paper is of one grey.

    Returns
    -------
    ndarray
        Shape (H, W), float32, at least 1.
    """
    wide = _closed(small, WIDE).clip(1)
    if even:
        level = np.full_like(small, max(1, _commonest(grey)))
        return _spread(np.where(_shadows(level, wide), wide, level), grey.shape)
    shadow = _shadows(wide, _closed(small, NARROW).clip(1))
    if not shadow.any():
        return _spread(wide, grey.shape)
    narrow = _closed(small_copy(grey, FINE), NARROW).clip(1)
    inside = _spread(shadow.astype(np.float32), narrow.shape) > 0.5
    found = np.where(inside, narrow, _spread(wide, narrow.shape))
    return _spread(ndimage.grey_erosion(found, size=_BLURRED), grey.shape)


def _closed(small: np.ndarray, reach: float) -> np.ndarray:
    """Return the copy without what is dark and narrower than a part of its extent."""
    window = _window(small, reach)
    return ndimage.grey_closing(small, size=(window, window))


def _window(small: np.ndarray, reach: float) -> int:
    """Return the pixels of a part of the copy's extent, three at least."""
    return max(3, round(reach * extent(small.shape)))


def _shadows(wide: np.ndarray, narrow: np.ndarray) -> np.ndarray:
    """Return where paper is dark in pieces that reach the frame's edge, and around those."""
    labels, _ = ndimage.label(1 - narrow / wide > _SHADOW, _EIGHT)
    touching = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    shadow = np.isin(labels, touching[touching > 0])
    return ndimage.binary_dilation(shadow, _EIGHT, iterations=2) if shadow.any() else shadow


def _spread(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array enlarged to another shape, by linear interpolation."""
    from PIL import Image

    if values.max() - values.min() < 1 and values.max() > 1:
        return np.full(shape, float(values.mean()), np.float32)
    picture = Image.fromarray(values.astype(np.float32))
    height, width = shape
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
