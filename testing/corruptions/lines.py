"""Corruptions of strokes: a dotted line or a zigzag across the digit, or only the digit's edges.

All three take `images` (N, 28, 28) uint8 and a generator, and return images of the same shape and type; an array
of another kind is an InputError. x is a picture from 0 to 1, and results beyond are clipped. Parameters are those
of `testing.corruptions.mnist_c`, which names their source.
"""

from itertools import pairwise

import numpy as np

from initializers.geometry import FRAME
from testing.corruptions.pixels import COLUMNS, ROWS, each, pixels, sampled, smoothed, unit

Points = tuple[np.ndarray, np.ndarray]  # columns and rows of one point in each of N pictures

ZIGZAG_LEFT, ZIGZAG_WIDTH, ZIGZAG_STEP = 2, 23, 2  # pixels
HALF_WIDTH = 2.3  # pixels: half width of a stroke's profile; the ink ends earlier, at 2.3 (1 - 1 / e) = 1.45


def dotted_line(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a line from the left to the right border, two columns of ink after every two without: y = x + ink.

    It begins and ends in rows drawn uniformly from 0 ... 26; `_ink` gives the stroke's profile.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    """
    x = unit(images)
    first, last = rng.integers(0, FRAME - 1, (2, len(x)))
    line = _ink((np.zeros(len(x)), first), (np.full(len(x), FRAME - 1), last))
    return pixels(x + line * (COLUMNS // 2 % 2))


def zigzag(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a zigzag across the digit: y = x + ink, stroke after stroke.

    Its axis runs from column 2 to column 25, from a row r drawn of 0 ... 26 to one of r - 5 ... r + 4. Along the axis
    the corners lie at 0, 2, 6, 10, ..., 22 and its end, 2 pixels to one and the other side of it in turn; the last
    stroke is cut off where the axis ends (the published one is bent there, by less than a pixel). `_ink` gives the
    strokes' profile.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    """
    x = unit(images)
    row = rng.integers(0, FRAME - 1, len(x))
    slope = np.arctan2(rng.integers(-5, 5, len(x)), ZIGZAG_WIDTH)
    corners = _zigzag_corners(row, slope)
    for start, end in pairwise(corners):
        x = np.minimum(x + _ink(start, end), 1)
    return pixels(x)


def canny_edges(
    images: np.ndarray, rng: np.random.Generator, *, sigma: float = 1.0, low: float = 0.1, high: float = 0.2
) -> np.ndarray:
    """Keep only the edges, white on black, by Canny's method. Deterministic.

    Smooth with a Gaussian; take the gradient g by Sobel's masks; keep a pixel where |g| is at least as large as one
    step forward and back along g (interpolated between the pixels there), and at least `low`; of these keep the
    connected pieces, of eight neighbours, that reach `high` somewhere. The outermost ring of pixels stays black.
    The published images come from scikit-image, which treats the border of the image differently.

    Parameters
    ----------
    images, rng
        See the module's docstring.
    sigma : float
        Of the Gaussian, in pixels.
    low, high : float
        Thresholds of |g|, where a step from 0 to 1 across a straight edge gives 4 before smoothing.

    References
    ----------
    J. Canny, "A Computational Approach to Edge Detection", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 8 (1986), 679-698.
    """
    x = smoothed(unit(images), sigma)
    down, right = _slopes(x)
    strength = np.hypot(down, right)
    found = _is_ridge(strength, down, right) & (strength >= low)
    ring = np.ones((FRAME, FRAME), bool)
    ring[1:-1, 1:-1] = False
    return pixels(_reaching(found & ~ring, strength >= high))


def _ink(start: Points, end: Points) -> np.ndarray:
    """Return strokes (N, 28, 28) between (column, row) points of N pictures: max(0, 1 + log(1 - d / 2.3)).

    d is the distance to the line straight up or down, in pixels. Ink stands in the columns from the start's, rounded
    down, to before the end's, rounded up.
    """
    (c0, r0), (c1, r1) = ((each(column), each(row)) for column, row in (start, end))
    line = r0 + (r1 - r0) / (c1 - c0) * (COLUMNS - c0)
    distance = np.minimum(np.abs(ROWS - line), HALF_WIDTH * (1 - np.exp(np.float32(-1))))  # beyond it the ink is 0
    drawn = (np.floor(c0) <= COLUMNS) & (np.ceil(c1) > COLUMNS)
    ink: np.ndarray = np.where(drawn, 1 + np.log(1 - distance / HALF_WIDTH), 0)
    return ink.clip(0, 1)


def _zigzag_corners(row: np.ndarray, slope: np.ndarray) -> list[Points]:
    """Return a zigzag's corners from left to right, its axis from `row` (N,) on at an angle of `slope` (N,) radians."""
    length = ZIGZAG_WIDTH / np.cos(slope)
    peaks = range(ZIGZAG_STEP, ZIGZAG_WIDTH, 2 * ZIGZAG_STEP)
    heights = [ZIGZAG_STEP * (-1) ** number for number in range(len(peaks))]
    cut = heights[-1] - np.sign(heights[-1]) * (length - peaks[-1])  # strokes rise and fall by a pixel a pixel
    corners = [(0, 0), *zip(peaks, heights, strict=True), (length, cut)]
    return [
        (ZIGZAG_LEFT + s * np.cos(slope) - h * np.sin(slope), row + s * np.sin(slope) + h * np.cos(slope))
        for s, h in corners
    ]


def _slopes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient by Sobel's masks: a difference along one axis, down or right, smoothed along the other."""
    from scipy.ndimage import correlate1d

    down, right = (
        correlate1d(correlate1d(x, [-1, 0, 1], axis=axis, mode="nearest"), [1, 2, 1], axis=other, mode="nearest")
        for axis, other in ((1, 2), (2, 1))
    )
    return down, right


def _is_ridge(strength: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return where the gradient is as large as on the ring of neighbours, both ways along its own direction."""
    longest = np.maximum(np.maximum(np.abs(down), np.abs(right)), np.float32(1e-12))
    down, right = down / longest, right / longest
    ahead, behind = (sampled(strength, ROWS + way * down, COLUMNS + way * right) for way in (1, -1))
    ridge: np.ndarray = strength * np.float32(1 + 1e-5) >= np.maximum(ahead, behind)  # rounding decides no draw
    return ridge


def _reaching(found: np.ndarray, strong: np.ndarray) -> np.ndarray:
    """Return those connected pieces of `found` (N, 28, 28), of eight neighbours, that are `strong` somewhere."""
    from scipy.ndimage import label

    within_a_picture = np.zeros((3, 3, 3), bool)
    within_a_picture[1] = True
    pieces, count = label(found, within_a_picture)
    kept = np.zeros(count + 1, bool)
    kept[pieces[found & strong]] = True
    reaching: np.ndarray = kept[pieces]
    return reaching
