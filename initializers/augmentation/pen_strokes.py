"""Additional pen strokes for digits: forms that are common elsewhere, but rare in MNIST, whose writers are American.

Ones get a flag at the top, a foot, or both; sevens a bar across the stem or a serif at the left end of the top; nines a
tail that curls to the left; sixes a head that curls to the right; zeros a slash or a dot. The new strokes are as wide
and as dark as those of the digit.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

DRAWS = 8  # uniform random numbers per image: whether it gets strokes, their width, and six for their form
STROKES = 2  # largest number of strokes added to a digit
EDGE = 1.3  # pixels over which the edge of a stroke fades out, as in MNIST
SEGMENTS = 4  # number of straight segments that approximate a curve


def add_strokes(
    images: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    share: float,
    *,
    paper: float = 0.0,
    ink: float = 255.0,
) -> None:
    """Add strokes to some of the images, in place.

    Parameters
    ----------
    images : ndarray (n, I)
        Square images in MNIST's geometry, which is kept. Integers are rounded.
    labels : ndarray (n,)
        Class numbers; the classes in `FORMS` get strokes.
    generator : numpy.random.Generator
        Source of all random numbers.
    share : float
        Share of the images of these classes that get strokes, except for those that have such strokes already.
    paper, ink : float
        Values of the background and of full ink.

    Examples
    --------
    >>> one = np.zeros((28, 28), "uint8")
    >>> one[4:24, 13:15] = 255
    >>> images = one.reshape(1, 784)
    >>> add_strokes(images, np.array([1]), np.random.default_rng(0), share=1.0)
    >>> int((images > 128).sum()) > 2 * 20
    True
    """
    u = generator.random((len(images), DRAWS), dtype="float32")
    rows = np.flatnonzero(np.isin(labels, list(FORMS)) & (u[:, 0] < share))
    if not len(rows):
        return
    side = math.isqrt(images.shape[1])
    x = ((images[rows] - np.float32(paper)) / np.float32(ink - paper)).reshape(-1, side, side)
    y = _with_strokes(x, labels[rows], u[rows, 1:]).reshape(len(rows), -1)
    y = y * (ink - paper) + paper
    images[rows] = np.rint(y) if images.dtype.kind == "u" else y


def pen_widths(x: np.ndarray) -> np.ndarray:
    r"""Return the mean stroke width of each digit in pixels: twice the area divided by the length of the outline.

    .. math:: w = 2 \sum v \,/ \sum \lVert\nabla v\rVert

    Parameters
    ----------
    x : ndarray (m, H, W)
        Amount of ink: 1 for ink, 0 for the background; there must be no ink on the image border.

    Examples
    --------
    >>> lines = np.zeros((1, 40, 40))
    >>> lines[:, 5:35, 20:23] = 1
    >>> pen_widths(lines).round(1).tolist()
    [2.8]
    """
    down, across = np.diff(x, axis=1)[:, :, :-1], np.diff(x, axis=2)[:, :-1]
    outline = np.sqrt(down * down + across * across).sum(axis=(1, 2))
    return 2.0 * x.sum(axis=(1, 2)) / np.maximum(outline, 1e-6)


def _with_strokes(x: np.ndarray, labels: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return digits (m, H, H), with ink 1 and background 0, with additional strokes."""
    w = pen_widths(x)
    curves, drawn = np.zeros((len(x), STROKES, 3, 2), "float32"), np.zeros((len(x), STROKES), bool)
    for digit, form in FORMS.items():
        own = np.flatnonzero(labels == digit)
        if len(own):
            strokes, wanted = form(x[own], w[own], u[own])
            curves[own, : wanted.shape[1]], drawn[own, : wanted.shape[1]] = strokes, wanted
    y, widths, darkest = x.copy(), w * _between(u[:, -1], 0.9, 1.1), x.max(axis=(1, 2), keepdims=True)
    rows, which = np.nonzero(drawn)
    ink = darkest[rows] * _ink(curves[rows, which], widths[rows], x.shape[1])
    for own in (which == stroke for stroke in range(STROKES)):  # so that no digit occurs twice
        y[rows[own]] = np.maximum(y[rows[own]], ink[own])
    return _fitted(y, x)


def _ink(curves: np.ndarray, widths: np.ndarray, side: int) -> np.ndarray:
    """Return the ink (m, side, side) of strokes along quadratic Bezier curves (m, 3, 2)."""
    t = np.linspace(0.0, 1.0, SEGMENTS + 1, dtype="float32")[:, None, None]
    a, b, c = curves.transpose(1, 0, 2)
    points = (1.0 - t) ** 2 * a + 2.0 * t * (1.0 - t) * b + t * t * c
    away = np.full((len(curves), side, side), np.inf, "float32")
    for start, end in pairwise(points):
        np.minimum(away, _squared_distances(start, end, side), out=away)
    return np.clip((widths[:, None, None] / 2.0 - np.sqrt(away)) / EDGE + 0.5, 0.0, 1.0)


def _squared_distances(start: np.ndarray, end: np.ndarray, side: int) -> np.ndarray:
    """Return the squared distance of each pixel (m, side, side) from the segment between two points (m, 2)."""
    r, c = _offsets(start, side)
    down, across = (end - start).T[:, :, None, None]
    length = np.maximum(down * down + across * across, 1e-6)
    along = r * (down / length) + c * (across / length)
    np.clip(along, 0.0, 1.0, out=along)
    r, c = r - along * down, c - along * across
    r *= r
    c *= c
    r += c
    return r


def _offsets(points: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (m, side, 1) and columns (m, 1, side) relative to a point (m, 2) of each image."""
    places = np.arange(side, dtype="float32")
    return (places - points[:, :1])[:, :, None], (places - points[:, 1:])[:, None, :]


def _fitted(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return digits `y` shifted, and reduced if necessary, to the size, position and maximum of digits `x`."""
    scale = np.minimum(_longer_side(x) / _longer_side(y), 1.0)
    now, then = _middles(y), _middles(x)
    now[scale == 1.0] = (then - np.rint(then - now))[scale == 1.0]  # by whole pixels, without blurring
    rows, columns = (_resampling(then[:, axis], now[:, axis], scale, x.shape[1]) for axis in (0, 1))
    y = rows @ y @ columns.transpose(0, 2, 1)
    y *= x.max(axis=(1, 2), keepdims=True) / np.maximum(y.max(axis=(1, 2), keepdims=True), 1e-6)
    return y


def _resampling(then: np.ndarray, now: np.ndarray, scale: np.ndarray, side: int) -> np.ndarray:
    """Return matrices (m, side, side) of linear interpolation at positions ``(p - then) / scale + now``."""
    places = np.arange(side, dtype="float32")
    sources = (places - then[:, None]) / scale[:, None] + now[:, None]
    return np.maximum(1.0 - np.abs(sources[:, :, None] - places), 0.0).astype("float32")


def _middles(x: np.ndarray) -> np.ndarray:
    """Return the centres of mass (m, 2): row and column."""
    places, mass = np.arange(x.shape[1], dtype="float32"), np.maximum(x.sum(axis=(1, 2)), 1e-6)
    return np.stack([x.sum(axis=2) @ places / mass, x.sum(axis=1) @ places / mass], axis=1)


def _box(dark: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the first and last row and the first and last column with ink of each digit, as float32."""
    ends = []
    for any_ink in (dark.max(axis=2), dark.max(axis=1)):
        ends += [any_ink.argmax(axis=1), any_ink.shape[1] - 1 - any_ink[:, ::-1].argmax(axis=1)]
    first, last, left, right = (end.astype("float32") for end in ends)
    return first, last, left, right


def _longer_side(x: np.ndarray) -> np.ndarray:
    """Return the length of the longer side of each digit in pixels."""
    first, last, left, right = _box(x > 0.3)
    return np.maximum(last - first, right - left) + 1.0


def _between(u: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return numbers from 0 to 1 scaled to the range from `low` to `high`."""
    return low + (high - low) * u


def _curve(*points: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return curves (m, 3, 2) from three control points, each given as row (m,) and column (m,)."""
    return np.stack([np.stack(point, axis=1) for point in points], axis=1)


def _straight(start: tuple[np.ndarray, np.ndarray], end: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return straight curves (m, 3, 2) between two points."""
    return _curve(start, ((start[0] + end[0]) / 2.0, (start[1] + end[1]) / 2.0), end)


def _row(dark: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the ink (m, W) of each digit in the row (m,) nearest to a position."""
    return dark[np.arange(len(dark)), np.clip(np.rint(row), 0, dark.shape[1] - 1).astype(int)]


def _mean_column(dark: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the mean column of the ink of each digit in a row (m,)."""
    ink = _row(dark, row)
    return ink @ np.arange(dark.shape[2]) / np.maximum(ink.sum(axis=1), 1)


def _pieces(dark: np.ndarray) -> np.ndarray:
    """Return the number of runs of ink in each row (..., W)."""
    return (dark & np.diff(dark, axis=-1, prepend=False)).sum(axis=-1)


def _is_one_stroke(dark: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return whether all rows of a digit between two (m,) have at most one run of ink."""
    places = np.arange(dark.shape[1], dtype="float32")
    return np.where((places > first[:, None]) & (places < last[:, None]), _pieces(dark), 0).max(axis=1) < 2


def _zero(x: np.ndarray, w: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give zeros with enough room inside a slash (70 %) or a dot."""
    dark = x > 0.5
    top, bottom, left, right = _box(dark)
    r, c = (top + bottom) / 2.0, (left + right) / 2.0
    reach = np.where(u[:, 0] < 0.7, _between(u[:, 1], 0.6, 1.0), 0.12)
    up, across = reach * (bottom - top) / 2.0 * _between(u[:, 2], 0.7, 1.0), reach * (right - left) / 2.0
    room = np.minimum(_room(dark, r), _room(dark.transpose(0, 2, 1), c)) > w + 5.0
    return _straight((r + up, c - across), (r - up, c + across))[:, None], room[:, None]


def _room(dark: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return the number of free pixels between the two strokes of a row (m,); 0 if there are not two strokes."""
    ink = _row(dark, row)
    _, _, left, right = _box(ink[:, None])
    return (right - left + 1.0 - ink.sum(axis=1)) * (_pieces(ink) == 2)


def _one(x: np.ndarray, w: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give ones that are a single line a flag (60 %), a foot (10 %), or both (30 %)."""
    top, bottom, angle, is_line = _line(x, w)
    height = np.hypot(*(bottom - top).T)
    strokes = np.stack([_flag(top, height, angle, u), _foot(bottom, height, u)], axis=1)
    return strokes, np.stack([u[:, 0] < 0.9, u[:, 0] >= 0.6], axis=1) & is_line[:, None]


def _line(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return both ends (m, 2) of the main axis of each digit, its angle, and whether the digit is just a line."""
    middles = _middles(x)
    r, c = _offsets(middles, x.shape[1])
    rr, cc, rc = ((x * product).sum(axis=(1, 2)) for product in (r * r, c * c, r * c))
    angle = np.arctan2(2.0 * rc, rr - cc) / 2.0
    down, right = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    along, aside, dark = r * down + c * right, c * down - r * right, x > 0.5
    ends = []
    for sign in (-1.0, 1.0):
        place = sign * _most(sign * along, dark) - sign * w / 2.0
        near = dark & (sign * (along - place[:, None, None]) > -1.0)
        off = (aside * near).sum(axis=(1, 2)) / np.maximum(near.sum(axis=(1, 2)), 1)
        d, s = down[:, 0, 0], right[:, 0, 0]
        ends.append(middles + np.stack([place * d - off * s, place * s + off * d], axis=1))
    return *ends, angle, _most(aside, dark) + _most(-aside, dark) < w + 2.5


def _most(values: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """Return the maximum of the values of each digit where there is ink."""
    return np.where(dark, values, -1e6).max(axis=(1, 2))


def _flag(top: np.ndarray, height: np.ndarray, angle: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return strokes from the top downwards to the left, straight or slightly curved."""
    # At most 60 degrees from the vertical and not wide, or it would look like the top of a seven.
    turn = np.clip(_between(u[:, 1], 0.35, 1.05) - angle, 0.35, 1.05)
    length = height * np.minimum(_between(u[:, 2], 0.25, 0.7), 0.45 / np.sin(turn))
    down, left, bend = length * np.cos(turn), length * np.sin(turn), _between(u[:, 3], -0.12, 0.12)
    r, c = top.T
    return _curve((r, c), (r + down / 2.0 + bend * left, c - left / 2.0 + bend * down), (r + down, c - left))


def _foot(bottom: np.ndarray, height: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return nearly horizontal strokes through the bottom end."""
    half, (r, c) = height * _between(u[:, 4], 0.15, 0.38), bottom.T
    c, tilt = c + half * _between(u[:, 5], -0.3, 0.3), half * _between(u[:, 3], -0.12, 0.12)
    return _straight((r + tilt, c - half), (r - tilt, c + half))


def _seven(x: np.ndarray, w: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give sevens a bar (75 %), a serif (10 %), or both (15 %)."""
    dark = x > 0.5
    top, bottom = _box(dark)[:2]
    bar, is_free = _bar(dark, top, bottom - top, w, u)
    drawn = np.stack([is_free & (u[:, 0] < 0.9), u[:, 0] >= 0.75], axis=1)
    return np.stack([bar, _serif(dark, top, bottom - top, w, u)], axis=1), drawn


def _bar(
    dark: np.ndarray, top: np.ndarray, height: np.ndarray, w: np.ndarray, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return strokes across the middle of the stem, and whether there is neither a bar nor a low serif already."""
    places, counts = np.arange(dark.shape[1], dtype="float32"), dark.sum(axis=2)
    depth = (places - top[:, None]) / np.maximum(height, 1.0)[:, None]
    is_free = np.where((depth > 0.4) & (depth < 0.75), counts, 0).max(axis=1) < w + 5.0
    is_free &= _is_one_stroke(dark, top + 0.3 * height, top + 0.8 * height)
    r = np.minimum(np.maximum(top + height * _between(u[:, 1], 0.42, 0.6), top + 1.7 * w + 2.5), top + 0.7 * height)
    half, tilt = height * _between(u[:, 2], 0.16, 0.32), _between(u[:, 3], -0.25, 0.45)
    c = _mean_column(dark, r) + half * _between(u[:, 4], -0.2, 0.3)
    down, right = half * np.sin(tilt), half * np.cos(tilt)
    return _straight((r + down, c - right), (r - down, c + right)), is_free


def _serif(dark: np.ndarray, top: np.ndarray, height: np.ndarray, w: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return strokes downwards from the left end of the top."""
    places = np.arange(dark.shape[1], dtype="float32")
    head = dark & (places[:, None] < (top + 0.35 * height)[:, None, None])
    left = head.any(axis=1).argmax(axis=1)
    r, c = _mean_column(head.transpose(0, 2, 1), left), left + w / 2.0 - 0.5
    length, lean = height * _between(u[:, 5], 0.1, 0.22), _between(u[:, 1], -0.3, 0.3)
    return _straight((r, c), (r + length, c - length * lean))


def _nine(x: np.ndarray, w: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give nines with a plain stem and thin enough strokes a tail that curls to the left."""
    dark, places = x > 0.5, np.arange(x.shape[1], dtype="float32")
    top, bottom = _box(dark)[:2]
    height, r = bottom - top, bottom - w / 2.0
    c = _mean_column(dark, r)
    slope = (c - _mean_column(dark, bottom - 0.25 * height)) / np.maximum(0.25 * height - w / 2.0, 1.0)
    deep, reach = height * _between(u[:, 0], 0.12, 0.36), height * _between(u[:, 1], 0.22, 0.6)
    below = (r + deep, c + np.clip(slope, -0.5, 0.3) * deep)
    end = (r + height * _between(u[:, 2], -0.16, 0.05), c - reach)
    foot = (dark & (places[:, None] >= (bottom - 2.0)[:, None, None])).any(axis=1).sum(axis=1)
    is_plain = (foot < w + 3.5) & (w < 0.2 * height) & _is_one_stroke(dark, bottom - 0.4 * height, bottom)
    return _curve((r, c), below, end)[:, None], is_plain[:, None]


def _six(x: np.ndarray, w: np.ndarray, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give sixes the tail of nines, rotated by 180 degrees and shorter, so that it does not reach the loop."""
    curves, drawn = _nine(x[:, ::-1, ::-1], w, u * 0.6)
    return x.shape[1] - 1.0 - curves, drawn


# A function of digits (m, H, H) of one class, their stroke widths (m,) and uniform random numbers (m, 7), which returns
# possible strokes (m, s, 3, 2) as curves with three control points, and which of them are drawn (m, s).
Form = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

FORMS: dict[int, Form] = {0: _zero, 1: _one, 6: _six, 7: _seven, 9: _nine}
