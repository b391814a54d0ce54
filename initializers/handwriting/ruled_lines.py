"""Lines that were on the paper before anyone wrote: found over the whole frame, and taken away between strokes."""

import numpy as np
from scipy import ndimage

_STRIPS = 8  # parts of the frame; a line has to pass each of them
_COVERED = 0.75  # of a strip's length
_TILT = 0.05  # end to end, of the frame's length: about three degrees either way
_SEEN, _ALIKE = 2, 0.2  # of a line that leaves the frame: strips inside, and tilt, by the steepest, next to the others'
_THICK = 0.02  # of the frame's height: no ruled line is thicker
_LEAST = 96  # pixels: in a smaller picture, a digit's own bar may be as long


def without_ruled_lines(mask: np.ndarray) -> np.ndarray:
    """Return where ink is, ruled and squared paper's lines left out.

    1. A line is ink from one side of the frame to the other: in each of eight strips, a straight row of pixels
       (tilted by three degrees at most) is covered for three quarters at least.
    2. Beside such lines, one that runs as they do, but leaves the frame above or below, has to pass two strips.
    3. They count if there are two at least, or if they are thinner than most other ink.
    4. In every column, a line's ink goes if it is about as thick as the line usually is; where it is thicker, a
       stroke crosses, and stays.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
        Where ink is.

    Returns
    -------
    ndarray
        Shape (H, W), bool; the same object where there are no lines.

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
    """Return the mask without lines from left to right."""
    height, width = mask.shape
    if width < _LEAST or height < _LEAST:
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
    """Return each line's row in every column."""
    height, width = mask.shape
    cover = _cover(mask)
    if not (cover.max(axis=0) >= _COVERED).all():
        return []
    most = max(1, round(_TILT * width))
    tilts = np.arange(-most, most + 1, max(1, most // 24))
    shifts = np.rint(tilts[:, None] * (np.arange(_STRIPS) / (_STRIPS - 1) - 0.5)).astype(int)  # (tilts, strips)
    middles = np.arange(-most, height + most)  # of lines, where they cross the frame's middle
    places = middles[None, :, None] + shifts[:, None, :]
    inside = (places >= 0) & (places < height)
    passed = np.where(inside, cover[places.clip(0, height - 1), np.arange(_STRIPS)], 1).min(axis=2)  # (tilts, middles)
    whole = inside.all(axis=2)
    found = _peaks(np.where(whole, passed, 0))
    if found:
        alike = np.abs(tilts - np.median([tilts[best] for best, _ in found])) <= _ALIKE * most
        found += _peaks(np.where(~whole & (inside.sum(axis=2) >= _SEEN) & alike[:, None], passed, 0))
    columns = np.arange(width) / (width - 1) - 0.5
    return [np.rint(middles[place] + tilts[best] * columns).astype(int) for best, place in found]


def _peaks(passed: np.ndarray) -> list[tuple[int, int]]:
    """Return tilt and place of every line, of those (tilts, places) that are covered well enough."""
    best = passed.argmax(axis=0)
    labels, count = ndimage.label(passed.max(axis=0) >= _COVERED)
    places = (round(float(np.mean(np.flatnonzero(labels == number)))) for number in range(1, count + 1))
    return [(int(best[place]), place) for place in places]


def _cover(mask: np.ndarray) -> np.ndarray:
    """Return the covered part of every row in every strip: shape (H, strips). A row above or below counts too."""
    near = mask.copy()
    near[1:] |= mask[:-1]
    near[:-1] |= mask[1:]
    strip = np.arange(mask.shape[1]) * _STRIPS // mask.shape[1]
    belongs = (strip[:, None] == np.arange(_STRIPS)).astype(np.float32)
    return (near.astype(np.float32) @ belongs) / belongs.sum(axis=0)  # a product: faster than sums of booleans


def _line_ink(mask: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the ink that belongs to one line alone."""
    reach = max(6, mask.shape[0] // 24)
    row = row + _to_ink(_around(mask, row, 2)[1])
    places, around = _around(mask, row, reach)
    up = np.logical_and.accumulate(around[reach::-1], axis=0)
    down = np.logical_and.accumulate(around[reach:], axis=0)
    run = np.concatenate([up[:0:-1], down])
    thickness = run.sum(axis=0)
    usual = float(np.median(thickness[thickness > 0])) if thickness.any() else 0.0
    if usual > _THICK * len(mask) + 2:
        return np.zeros(mask.shape, bool)
    gone = run & (thickness <= 1.6 * usual + 1)
    found = np.zeros(mask.shape, bool)
    found[places[gone], np.nonzero(gone)[1]] = True
    return found


def _around(mask: np.ndarray, row: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows up to `reach` away from a line, and where ink is on them: both (2 * reach + 1, W)."""
    places = row + np.arange(-reach, reach + 1)[:, None]
    inside = (places >= 0) & (places < len(mask))
    places = places.clip(0, len(mask) - 1)
    return places, mask[places, np.arange(mask.shape[1])] & inside


def _to_ink(around: np.ndarray) -> np.ndarray:
    """Return how far each column's nearest ink is from the middle row; 0 where there is none."""
    reach = len(around) // 2
    offset = np.zeros(around.shape[1], int)
    for away in (2, -2, 1, -1, 0):
        offset[around[reach + away]] = away
    return offset
