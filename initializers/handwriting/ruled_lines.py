"""Removal of the lines of ruled and squared paper, except where strokes cross them."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class LineThresholds:
    """Thresholds for ruled and squared paper; chosen by trial on the development pictures of docs/accuracy.md.

    Attributes
    ----------
    strips : int
        Number of parts that the image is divided into along a line; a line has to pass through each of them.
    coverage : float
        Smallest share of a strip's length that a line covers with ink.
    tilt : float
        Largest rise or fall of a line from end to end, as a share of the image's length: about three degrees.
    visible_strips : int
        Number of strips that a line must pass through before it leaves the image above or below.
    parallel : float
        Largest difference in tilt of such a line from the others, as a share of the largest tilt.
    thickness : float
        Largest thickness of a ruled line, as a share of the image's height.
    smallest_image : int
        Width and height in pixels below which no lines are looked for: there a stroke of a digit may be as long.
    """

    strips: int = 8
    coverage: float = 0.75
    tilt: float = 0.05
    visible_strips: int = 2
    parallel: float = 0.2
    thickness: float = 0.02
    smallest_image: int = 96


THRESHOLDS = LineThresholds()


def without_ruled_lines(mask: np.ndarray) -> np.ndarray:
    """Return an ink mask without the lines of ruled and squared paper.

    1. A line runs from one side of the image to the other: in each of eight strips, at least three quarters of a
       straight row of pixels, tilted by at most three degrees, are ink.
    2. If there are such lines, a parallel one that leaves the image above or below only has to pass two strips.
    3. A single line is only removed if it has less ink than the rest.
    4. In each column, the ink of a line is removed if it is about as thick as the line is elsewhere. Where it is
       thicker, a stroke crosses the line and is kept.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
        True for ink.

    Returns
    -------
    ndarray
        Shape (H, W), bool; `mask` itself if there are no lines.

    Examples
    --------
    >>> mask = np.zeros((200, 200), bool)
    >>> mask[[60, 120]] = True
    >>> mask[20:180, 100:104] = True
    >>> int(without_ruled_lines(mask).sum())
    640
    """
    across = _without_level_lines(mask)
    return _without_level_lines(across.T).T


def _without_level_lines(mask: np.ndarray) -> np.ndarray:
    """Return the mask without horizontal lines."""
    height, width = mask.shape
    if width < THRESHOLDS.smallest_image or height < THRESHOLDS.smallest_image:
        return mask
    rows = _lines(mask)
    if not rows:
        return mask
    removed = np.zeros(mask.shape, bool)
    for row in rows:
        removed |= _line_ink(mask, row)
    left = mask & ~removed
    if len(rows) == 1 and removed.sum() > 0.5 * left.sum():
        return mask
    return left


def _lines(mask: np.ndarray) -> list[np.ndarray]:
    """Return the row of each line in every column."""
    height, width = mask.shape
    cover = _cover(mask)
    if not (cover.max(axis=0) >= THRESHOLDS.coverage).all():
        return []
    most = max(1, round(THRESHOLDS.tilt * width))
    tilts = np.arange(-most, most + 1, max(1, most // 24))
    shifts = np.rint(tilts[:, None] * (np.arange(THRESHOLDS.strips) / (THRESHOLDS.strips - 1) - 0.5)).astype(
        int
    )  # (tilts, strips)
    middles = np.arange(-most, height + most)  # rows where lines cross the middle of the image
    places = middles[None, :, None] + shifts[:, None, :]
    inside = (places >= 0) & (places < height)
    passed = np.where(inside, cover[places.clip(0, height - 1), np.arange(THRESHOLDS.strips)], 1).min(
        axis=2
    )  # (tilts, middles)
    whole = inside.all(axis=2)
    found = _peaks(np.where(whole, passed, 0))
    if found:
        alike = np.abs(tilts - np.median([tilts[best] for best, _ in found])) <= THRESHOLDS.parallel * most
        found += _peaks(
            np.where(~whole & (inside.sum(axis=2) >= THRESHOLDS.visible_strips) & alike[:, None], passed, 0)
        )
    columns = np.arange(width) / (width - 1) - 0.5
    return [np.rint(middles[place] + tilts[best] * columns).astype(int) for best, place in found]


def _peaks(passed: np.ndarray) -> list[tuple[int, int]]:
    """Return the indices of tilt and position of every line, given the coverage by (tilt, position)."""
    best = passed.argmax(axis=0)
    labels, count = ndimage.label(passed.max(axis=0) >= THRESHOLDS.coverage)
    places = (round(float(np.mean(np.flatnonzero(labels == number)))) for number in range(1, count + 1))
    return [(int(best[place]), place) for place in places]


def _cover(mask: np.ndarray) -> np.ndarray:
    """Return the share of each strip that is covered in each row or the rows next to it: shape (H, strips)."""
    near = mask.copy()
    near[1:] |= mask[:-1]
    near[:-1] |= mask[1:]
    strip = np.arange(mask.shape[1]) * THRESHOLDS.strips // mask.shape[1]
    belongs = (strip[:, None] == np.arange(THRESHOLDS.strips)).astype(np.float32)
    return (near.astype(np.float32) @ belongs) / belongs.sum(axis=0)  # a matrix product is faster than sums of booleans


def _line_ink(mask: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the mask of the ink that belongs to a line and to no stroke."""
    reach = max(6, mask.shape[0] // 24)
    row = row + _to_ink(_around(mask, row, 2)[1])
    places, around = _around(mask, row, reach)
    up = np.logical_and.accumulate(around[reach::-1], axis=0)
    down = np.logical_and.accumulate(around[reach:], axis=0)
    run = np.concatenate([up[:0:-1], down])
    thickness = run.sum(axis=0)
    usual = float(np.median(thickness[thickness > 0])) if thickness.any() else 0.0
    if usual > THRESHOLDS.thickness * len(mask) + 2:
        return np.zeros(mask.shape, bool)
    gone = run & (thickness <= 1.6 * usual + 1)
    found = np.zeros(mask.shape, bool)
    found[places[gone], np.nonzero(gone)[1]] = True
    return found


def _around(mask: np.ndarray, row: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows up to `reach` from a line, and the ink on them: two arrays of shape (2 * reach + 1, W)."""
    places = row + np.arange(-reach, reach + 1)[:, None]
    inside = (places >= 0) & (places < len(mask))
    places = places.clip(0, len(mask) - 1)
    return places, mask[places, np.arange(mask.shape[1])] & inside


def _to_ink(around: np.ndarray) -> np.ndarray:
    """Return the offset of the nearest ink from the middle row in each column; 0 if there is none."""
    reach = len(around) // 2
    offset = np.zeros(around.shape[1], int)
    for away in (2, -2, 1, -1, 0):
        offset[around[reach + away]] = away
    return offset
