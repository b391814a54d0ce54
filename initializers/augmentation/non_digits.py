"""Non-digit images, for which a network should have low confidence.

A network trained on digits only classifies letters with high confidence. Training with other images, whose target is
the uniform distribution over the classes, lowers its confidence for unknown images too: D. Hendrycks, M. Mazeika and
T. Dietterich, "Deep Anomaly Detection with Outlier Exposure", ICLR 2019.
"""

from functools import lru_cache

import numpy as np
from scipy import ndimage
from scipy.interpolate import BSpline

from initializers.geometry import DIGIT, FRAME

_WORTH = 8  # images of one kind per call; with fewer, the overhead of NumPy's calls dominates
_POINTS = 72  # points along the path of the pen
_REACH = 4  # points on either side over which corners are rounded
_CONTROLS = 8  # control points of a scribble
_FINEST, _BROADEST = 0.7, 1.25  # range of the standard deviation of the pen's tip in pixels, as wide as MNIST's strokes
_STRENGTH = 0.9, 3.0  # range of the amount of ink in the middle of a stroke; more than 1 makes the stroke wider
_EDGE = (FRAME - DIGIT) // 2  # pixels between the image border and a digit
_MIDDLE = (FRAME - 1) / 2  # centre of an image in pixel indices
_ROUND = 7.0  # radians, slightly more than a full turn

# Letters, currency signs and other signs as strokes through points "xy", from (0, 0) at the upper left to (4, 6). Signs
# that can be written like a digit are left out, such as D, I, J, O, S, Z and y.
_SIGNS = """
    062046 1434; 40000646 0333; 400006 0333; 0006 4046 0343; 0006 400346; 06004640; 0600234046; 06003041423303;
    0600304142330346; 0040 2026; 002640; 0046 4006; 0016233640; 0023 4023 2326; 000646; 0006 0322334346;
    0206 0312222326 2332424346; 0206 0312324346; 0006 320436; 20253646 0242; 41302126 0343; 03434130100105163645;
    4046 433212030516364543; 2026 021242430404; 2026 000313334340; 06204606; 4000230646; 0600 0040 4046; 400006;
    0046 4006 2026; 0006 2026 4046 0646; 1016 3036 0242 0444; 2026 0343; 0242 0444; 0343; 2026 0145 4105;
    0343 324334; 0620460242 06; 0040 0343 0646 0006 2026 4046; 0040 0242 0444 0646; 0006 2026 4046;
    0210223042; 2121 2525; 0303 2323 4343; 0040 0646; 0323 4323 2020 2626; 0046 4006 0040 0646;
    4130100105163645; 000516364540; 0106 03113142; 0211314246 43230304152645;
    42311102133344351504 2026; 42311102133344351504 2021 2526; 4130100105163645 0232 0434; 4130201116 0646 0333
"""


def non_digits(images: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return as many non-digit images as there are digits.

    They are letters and signs, scribbles, textures, and digits that are transposed, overlap or are next to each other,
    with strokes as wide as MNIST's. A small batch gets a few random kinds, a large one all of them.

    Parameters
    ----------
    images : ndarray of shape (m, 784), float32
        Digits, from 0 for the background to 255 for ink; they are not changed.
    labels : ndarray of shape (m,)
        Their class numbers.
    generator : numpy.random.Generator
        Source of all random numbers.

    Returns
    -------
    ndarray
        Shape (m, 784), float32, on the same scale.

    Examples
    --------
    >>> made = non_digits(np.zeros((30, 784), "float32"), np.arange(30) % 10, np.random.default_rng(0))
    >>> made.shape, made.dtype, float(made.max())
    ((30, 784), dtype('float32'), 255.0)
    """
    digits = np.asarray(images, "float32").reshape(-1, FRAME, FRAME)
    made = np.empty_like(digits)
    count = min(max(1, len(digits) // _WORTH), len(_KINDS))
    kinds = generator.permutation(len(_KINDS))[:count]
    for rows, kind in zip(np.array_split(np.arange(len(digits)), count), kinds, strict=True):
        if rows.size:
            made[rows] = _KINDS[kind](digits[rows], labels[rows], generator)
    return made.reshape(images.shape)


def drawn(points: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return images of pen paths, each about as large as a digit and centred.

    Each point adds ink to the four pixels around it, in proportion to the distance to its nearer neighbour. The result
    is smoothed with a Gaussian of the width of the pen and clipped.

    Parameters
    ----------
    points : ndarray of shape (m, 2, P), float32
        Rows and columns of the points of a path, on any scale; a large step begins a new stroke.
    generator : numpy.random.Generator
        Draws size and strength.

    Returns
    -------
    ndarray
        Shape (m, 28, 28), float32, from 0 to 255.
    """
    m = len(points)
    size, strength = generator.random((2, m, 1), dtype="float32")
    points = _placed(points, (DIGIT - 2) * (1 - size / 4))
    low, high = _STRENGTH
    ink = _inked(points, _way(points) * (low + (high - low) * strength))
    pen = _pen(generator.uniform(_FINEST, _BROADEST))
    return np.asarray(255 * np.minimum(pen @ (ink.reshape(-1, FRAME) @ pen).reshape(m, FRAME, FRAME), 1))


def _placed(points: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return points scaled to a longer side of `side` pixels, with their mean at the centre of the image."""
    span = points.max(axis=2) - points.min(axis=2)
    points = points * (side / np.maximum(span.max(axis=1, keepdims=True), 1e-3))[:, :, None]
    points += np.float32(_MIDDLE) - points.mean(axis=2, keepdims=True)
    return np.clip(points, 0, FRAME - 1.01, out=points)


def _way(points: np.ndarray) -> np.ndarray:
    """Return the distance of each point (m, P) from its nearer neighbour in pixels, clipped to 0.1 to 2."""
    steps = points[:, :, 1:] - points[:, :, :-1]
    steps *= steps
    lengths = np.full((len(points), points.shape[2] + 1), 4, "float32")
    np.sqrt(steps[:, 0] + steps[:, 1], out=lengths[:, 1:-1])
    return np.minimum(lengths[:, :-1], lengths[:, 1:]).clip(0.1, 2)


def _inked(points: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """Return images (m, 28, 28) in which the amount of each point is distributed over the four pixels around it."""
    m = len(points)
    corner = points.astype("int32")
    down, right = (points - corner).transpose(1, 0, 2)
    first = corner[:, 0] * FRAME + corner[:, 1] + np.arange(m, dtype="int32")[:, None] * FRAME**2
    below, where = amount * down, np.stack([first, first + 1, first + FRAME, first + FRAME + 1])
    above = amount - below
    much = np.stack([above, above * right, below, below * right])
    much[::2] -= much[1::2]
    return np.bincount(where.ravel(), much.ravel(), m * FRAME**2).astype("float32").reshape(m, FRAME, FRAME)


def _signs(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return letters and other signs with random rotation, slant, aspect ratio and curvature."""
    m, table = len(digits), sign_table()
    points = table[generator.integers(len(table), size=m)]
    turn, slant, tall, wide = generator.standard_normal((4, m), dtype="float32") * _HANDS
    tall, wide, sine, cosine = np.exp(tall), np.exp(wide), np.sin(turn), np.cos(turn)
    maps = np.array([[tall * cosine, -wide * sine], [tall * (sine - slant), wide * cosine]])
    points = maps.transpose(2, 0, 1) @ points
    bend = generator.standard_normal((m, 2, 1), dtype="float32") / 4
    phase = generator.random((m, 2, 1), dtype="float32") * _ROUND
    return drawn(points + bend * np.sin(points[:, ::-1] + phase), generator)


def _scribbles(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return scribbles: curves and lines between random points."""
    bases = _bases()
    controls = generator.random((len(digits), 2, _CONTROLS), dtype="float32")
    return drawn(controls @ bases[generator.integers(len(bases), size=len(digits))], generator)


def _textures(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return squares of one or two plane waves, or of smooth noise, with random contrast and brightness."""
    m = len(digits)
    values = np.concatenate([_waves(m - m // 2, generator), _blots(m // 2, generator)])
    level, contrast = generator.random((2, m, 1, 1), dtype="float32")
    values += 1.5 * level - 0.75
    values *= 0.3 + 3 * contrast
    made = np.zeros_like(digits)
    made[:, _EDGE:-_EDGE, _EDGE:-_EDGE] = 255 * (values + np.float32(0.5)).clip(0, 1)
    return made


def _waves(m: int, generator: np.random.Generator) -> np.ndarray:
    """Return plane waves of at least 2.5 pixels, as products: ``cos(u + v) = cos u cos v - sin u sin v``."""
    place = np.arange(DIGIT, dtype="float32")
    angle, phase, pace = generator.random((3, m, 2, 1), dtype="float32") * np.float32(_ROUND)
    pace = 0.2 + pace / 3
    u, v = place * (pace * np.cos(angle)) + phase, place * (pace * np.sin(angle))
    weight = generator.integers(2, size=(m, 2, 1)).astype("float32")
    weight[:, 0] = 1
    rows = np.concatenate([weight * np.cos(u), -weight * np.sin(u)], axis=1)
    return np.asarray(rows.transpose(0, 2, 1) @ np.concatenate([np.cos(v), np.sin(v)], axis=1))


def _blots(m: int, generator: np.random.Generator) -> np.ndarray:
    """Return smooth noise of variance 1 with a random scale."""
    away = np.subtract.outer(np.arange(DIGIT), np.arange(DIGIT)) / generator.uniform(0.8, 3)
    weights = np.exp(-0.5 * away * away)
    weights = (weights / np.sqrt((weights * weights).sum(axis=1, keepdims=True))).astype("float32")
    return np.asarray(weights @ generator.standard_normal((m, DIGIT, DIGIT), dtype="float32") @ weights.T)


def _lying(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return transposed digits, except for 0 and 1, which may look like digits when transposed."""
    other = np.flatnonzero(labels > 1)
    if not other.size:
        return _scribbles(digits, labels, generator)
    return digits[generator.choice(other, len(digits))].transpose(0, 2, 1)


def _overlaid(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return two overlapping digits, shifted by 8 to 12 pixels relative to each other."""
    by = generator.integers(4, 7)
    made = np.zeros_like(digits)
    made[:, :, :-by] = digits[:, :, by:]
    np.maximum(made[:, :, by:], np.roll(digits, 1, axis=0)[:, :, :-by], out=made[:, :, by:])
    return made


def _side_by_side(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return two digits of half the width, or four digits of half the size."""
    half = (digits[:, :, ::2] + digits[:, :, 1::2]) * np.float32(0.8)
    if generator.random() < 0.5:
        half = (half[:, ::2] + half[:, 1::2]) * np.float32(0.8)
        half = np.concatenate([half, np.roll(half, 2, axis=0)], axis=1)
    return np.minimum(np.concatenate([half, np.roll(half, 1, axis=0)], axis=2), 255)


@lru_cache(maxsize=1)
def sign_table() -> np.ndarray:
    """Return the points (S, 2, P) of all signs as rows and columns, first with sharp, then with rounded corners."""
    signs = [[_stroke(text) for text in sign.split()] for sign in _SIGNS.split(";")]
    return np.stack([_evenly(strokes, reach) for reach in (0, _REACH) for strokes in signs]).astype("float32")


def _stroke(text: str) -> np.ndarray:
    """Return the corners (2, n) of a stroke as rows and columns."""
    return np.array([(int(y), int(x)) for x, y in zip(text[::2], text[1::2], strict=True)], float).T


def _evenly(strokes: list[np.ndarray], reach: int) -> np.ndarray:
    """Return evenly spaced points (2, P) along strokes, smoothed over `reach` points on both sides."""
    lengths = [np.concatenate([[0.0], np.hypot(*np.diff(stroke)).cumsum()]) for stroke in strokes]
    ends = np.cumsum([0.0, *(length[-1] or 2.0 for length in lengths)])
    counts = np.diff(np.rint(_POINTS * ends / ends[-1]).astype(int))
    parts = []
    for stroke, length, count in zip(strokes, lengths, counts, strict=True):
        at = np.linspace(0, length[-1], count)
        way = np.stack([np.interp(at, length, axis) for axis in stroke])
        parts.append(ndimage.uniform_filter1d(way, 2 * reach + 1, axis=1, mode="nearest"))
    return np.concatenate(parts, axis=1)


@lru_cache(maxsize=1)
def _bases() -> np.ndarray:
    """Return matrices (B, K, P) that map K control points to a path: cubic B-splines and lines."""
    curve, short, line = (8, 3), (4, 3), (2, 1)
    ways = [[curve], [curve], [short, short], [short, line, line], [line] * 3, [line] * 4]
    return np.stack([_basis(way) for way in ways]).astype("float32")


def _basis(strokes: list[tuple[int, int]]) -> np.ndarray:
    """Return the matrix (K, P) of strokes, each a B-spline with given numbers of control points and degree."""
    matrix, row, column = np.zeros((_POINTS, _CONTROLS)), 0, 0
    for number, (controls, degree) in enumerate(strokes, 1):
        last = _POINTS * number // len(strokes)
        knots = np.concatenate([np.zeros(degree), np.linspace(0, 1, controls - degree + 1), np.ones(degree)])
        at = np.linspace(0, 1, last - row)
        matrix[row:last, column : column + controls] = BSpline.design_matrix(at, knots, degree).toarray()
        row, column = last, column + controls
    return matrix.T


def _pen(tip: float) -> np.ndarray:
    """Return a Gaussian filter as a matrix (28, 28), normalised so that it keeps the density of lines."""
    away = np.subtract.outer(np.arange(FRAME), np.arange(FRAME)) / tip
    return (np.exp(-0.5 * away * away) / np.sqrt(tip * np.sqrt(2 * np.pi))).astype("float32")


# Standard deviations of the rotation (radians), the slant, and the logarithms of height and width of signs.
_HANDS = np.array([[0.12], [0.3], [0.2], [0.2]], "float32")
_KINDS = (*[_signs] * 5, *[_scribbles] * 3, _textures, _lying, _overlaid, _side_by_side)
