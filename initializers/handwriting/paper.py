"""The background of an image: its polarity, its illumination, shadows, and the table around the paper."""

import math

import numpy as np
from scipy import ndimage

# Side lengths in pixels of the reduced copies in which the background is estimated.
COARSE = 64  # enough for uneven illumination
FINE = 256  # needed for shadows with sharp edges

# Window sizes of filters, as shares of the `extent` of the copy; chosen by trial on the development pictures that
# docs/accuracy.md describes.
HALF = 0.5  # median filter that tells the background from ink of either polarity
WIDE = 0.35  # closing that removes all ink: no stroke is wider
NARROW = 0.12  # closing that keeps shadows; very thick strokes are wider
THIN = 0.05  # closing that removes thin strokes only

_LARGEST_ASPECT = 3  # ratio of the sides of an image of one digit; a longer image is a text line
_EDGE_BLUR = (5, 5)  # pixels of the fine copy over which the edge of a shadow may be blurred
_SHADOW = 0.08  # smallest share of the background's brightness that a shadow removes
_EIGHT = np.ones((3, 3), bool)  # 8-connectivity


def extent(shape: tuple[int, ...]) -> int:
    """Return the longer side, but at most three times the shorter one: no digit of a text line is larger.

    Examples
    --------
    >>> extent((90, 120)), extent((90, 2250))
    (120, 270)
    """
    height, width = shape
    return min(max(height, width), _LARGEST_ASPECT * min(height, width))


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
    r"""Return Otsu's threshold, which maximises the variance between the two groups of values that it separates.

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
    return float(edges[1 + round(best.mean())])  # the middle of several equally good thresholds


def is_even(grey: np.ndarray) -> bool:
    """Return whether the background has one grey value, as in drawings and good scans: a quarter of the pixels agree.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        The image at full size; averaging in a reduced copy would hide noise.

    Examples
    --------
    >>> is_even(np.full((9, 9), 40, np.uint8)), is_even(np.arange(81, dtype=np.uint8).reshape(9, 9))
    (True, False)
    """
    counts = _counts(grey)
    return bool(counts.max() >= counts.sum() / 4)


def _counts(grey: np.ndarray) -> np.ndarray:
    """Return the histogram of the grey values of some rows."""
    return np.bincount(grey[:: max(1, len(grey) // 128)].ravel(), minlength=256)


def _commonest(grey: np.ndarray) -> int:
    """Return the most frequent grey value in the brighter half of the range."""
    counts = _counts(grey)
    found = np.flatnonzero(counts)
    middle = (found[0] + found[-1]) // 2
    return int(middle + counts[middle:].argmax())


def polarity(small: np.ndarray, even: bool) -> tuple[bool, float]:
    """Return whether the ink is darker than the background, and its contrast energy.

    1. If the background has one grey value, Otsu's threshold separates two groups of pixels. The background is the
       group with the larger shares of the image and of its border, added up.
    2. In photographs, ink is thin, so that a closing removes dark strokes and an opening bright ones; and ink is the
       minority in every neighbourhood, so that a median filter removes it. The energy (mean squared difference) that
       both remove is measured and multiplied: thick ink may enclose thin background, and a table may surround the
       paper, but each misleads only one of the two filters.

    Parameters
    ----------
    small : ndarray of shape (h, w)
        A reduced copy of the image.
    even : bool
        Whether its background has one grey value.

    Returns
    -------
    tuple of (bool, float)
        Whether the ink is dark, and its energy.

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
    return float((values**2).mean()) + 1e-3  # less than any noise, so that no energy is 0


def _edge(shape: tuple[int, ...]) -> np.ndarray:
    """Return the mask of the border pixels."""
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return edge


def _median(small: np.ndarray, reach: float) -> np.ndarray:
    """Return the median of each pixel's neighbourhood, of which every second row and column is used, for speed."""
    some = np.zeros((_window(small, reach) | 1,) * 2, bool)
    some[::2, ::2] = True
    return ndimage.median_filter(small, footprint=some)


def paper_below(grey: np.ndarray, small: np.ndarray, even: bool) -> np.ndarray:
    """Estimate the background of an image with dark ink.

    1. A background of one grey value is that value, except for dark areas along the border that a closing keeps.
    2. Otherwise a closing over a third of the image removes all ink, but also shadows that are not wider.
    3. A narrower closing keeps shadows, but also very thick strokes. A dark area that only the narrow closing has and
       that reaches the image border is a shadow or the table below the paper; there the narrow closing is used. Along
       the edge of a shadow the darker value is used, so that a blurred edge does not count as ink.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        Dark ink on a bright background.
    small : ndarray of shape (h, w)
        Its reduced copy.
    even : bool
        Whether its background has one grey value.

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
    return _spread(ndimage.grey_erosion(found, size=_EDGE_BLUR), grey.shape)


def _closed(small: np.ndarray, reach: float) -> np.ndarray:
    """Return the grey-scale closing of the copy, which removes dark areas narrower than a share of its extent."""
    window = _window(small, reach)
    return ndimage.grey_closing(small, size=(window, window))


def _window(small: np.ndarray, reach: float) -> int:
    """Return a share of the copy's extent in pixels, at least three."""
    return max(3, round(reach * extent(small.shape)))


def _shadows(wide: np.ndarray, narrow: np.ndarray) -> np.ndarray:
    """Return the mask of dark areas that reach the image border, dilated by two pixels."""
    labels, _ = ndimage.label(1 - narrow / wide > _SHADOW, _EIGHT)
    touching = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    shadow = np.isin(labels, touching[touching > 0])
    return ndimage.binary_dilation(shadow, _EIGHT, iterations=2) if shadow.any() else shadow


def _spread(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array enlarged to another shape by bilinear interpolation."""
    from PIL import Image

    if values.max() - values.min() < 1 and values.max() > 1:
        return np.full(shape, float(values.mean()), np.float32)
    picture = Image.fromarray(values.astype(np.float32))
    height, width = shape
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))
