"""Images drawn anew along smooth maps, all of a batch in one bilinear gather.

A map tells for every place p of the new image the place s(p) of the old one from which its brightness comes. Both
coordinates of s are sums of a few fixed pictures, the basis: a constant, the row, the column, and smooth modes.
So one matrix product, coefficients times basis, gives the sources of all pixels.
"""

import math

import numpy as np

ROWS = 32  # images worked on at a time: their 0.9 MB stay in a core's own cache
VARIANCE = 0.99  # share of a field's variance that its modes keep


def field_modes(side: int, sigma: float) -> np.ndarray:
    """Return the modes of a random field with the smoothness of white noise under a Gaussian.

    White noise smoothed by a Gaussian of s pixels is correlated by ``exp(-|p - q|^2 / (4 s^2))``. In the eigenvectors
    of that matrix (Karhunen-Loeve) a field is ``sum_k g_k mode_k`` with independent standard normal ``g_k``, and a few
    of them do: the largest, up to 99 % of the variance, scaled to make up for the rest.

    Parameters
    ----------
    side : int
        Pixels along an edge of the image.
    sigma : float
        s, in pixels.

    Returns
    -------
    ndarray (K, side^2) of float32
        The mean over the image of a field's variance is 1.

    Examples
    --------
    >>> field_modes(28, sigma=4.0).shape
    (27, 784)
    """
    places = np.arange(side)
    along = np.exp(-(((places[:, None] - places) / (2.0 * sigma)) ** 2))
    strengths, vectors = np.linalg.eigh(along)  # of rows and of columns alike: their product is the whole matrix
    products = np.outer(strengths, strengths).ravel()
    order = products.argsort()[::-1]
    kept = np.cumsum(products[order]) / products.sum()
    order = order[: np.searchsorted(kept, VARIANCE) + 1]
    vertical, horizontal = np.divmod(order, side)
    modes = vectors.T[vertical][:, :, None] * vectors.T[horizontal][:, None, :]
    scale = np.sqrt(products[order] * (side**2 / products[order].sum()))
    return (scale[:, None] * modes.reshape(len(order), side**2)).astype("float32")


class Warper:
    """Draws square images anew, each along a map of its own.

    Parameters
    ----------
    modes : ndarray (K, I)
        Smooth pictures beside constant, row and column.
    paper : float
        What lies outside of the images.

    Attributes
    ----------
    side : int
        Pixels along an edge, the root of I.
    terms : int
        D = 3 + K, the coefficients of a coordinate.

    Examples
    --------
    >>> warper = Warper(np.zeros((0, 9)))
    >>> frames = warper.lay(np.arange(9, dtype="uint8")[None])
    >>> right = np.array([[[0, 1, 0]], [[1, 0, 1]]], dtype="float32")  # s(r, c) = (r, c + 1)
    >>> warper.warp(right).reshape(3, 3).tolist()
    [[1.0, 2.0, 0.0], [4.0, 5.0, 0.0], [7.0, 8.0, 0.0]]
    """

    def __init__(self, modes: np.ndarray, paper: float = 0.0) -> None:
        self.side = side = math.isqrt(modes.shape[1])
        row, column = np.divmod(np.arange(side**2), side) - np.array((side - 1) / 2)
        self._basis = np.vstack([np.ones(side**2), row, column, modes]).astype("float32")
        self.terms = len(self._basis)
        self._width = side + 3  # one pixel of paper before, two behind: what clipping lets through, and its neighbour
        self._frames = np.full((ROWS, self._width, self._width), paper, "float32")
        self._first = np.arange(ROWS, dtype="int64")[:, None] * self._width**2
        self._room = np.empty((6, ROWS, side**2), "float32")
        self._places = np.empty((ROWS, side**2), "int64")

    @property
    def inner(self) -> slice:
        """Where an image lies in its frame, along both axes."""
        return slice(1, 1 + self.side)

    def lay(self, images: np.ndarray) -> np.ndarray:
        """Write up to `ROWS` images (n, I) into the middle of frames of paper; return these (n, side + 3, side + 3)."""
        frames = self._frames[: len(images)]
        frames[:, self.inner, self.inner] = images.reshape(len(images), self.side, self.side)
        return frames

    def warp(self, coefficients: np.ndarray) -> np.ndarray:
        r"""Return the images that were laid, each pixel interpolated between the four around its source.

            s = m + a B              m: the middle of the frame; a, B: coefficients and basis
            f = s - floor(s)
            y = (1 - f_r) ((1 - f_c) x_00 + f_c x_01) + f_r ((1 - f_c) x_10 + f_c x_11)

        Parameters
        ----------
        coefficients : ndarray (2, n, D) of float32
            Of rows and of columns, counted from the middle: (0, 1, 0, 0, ...) and (0, 0, 1, 0, ...) change nothing.

        Returns
        -------
        ndarray (n, I) of float32
            Valid until the next call.
        """
        n = coefficients.shape[1]
        r, c, f_r, f_c, y, below = self._room[:, :n]
        for s, f, of_one in ((r, f_r, coefficients[0]), (c, f_c, coefficients[1])):
            np.matmul(of_one, self._basis, out=f)
            f += 1.0 + (self.side - 1) / 2  # counted from the frame's own corner
            np.clip(f, 0.0, self.side + 1.0, out=f)
            np.floor(f, out=s)
            f -= s
        r *= self._width
        r += c
        frames, places, room = self._frames.reshape(-1), self._places[:n], c
        np.copyto(places, r, casting="unsafe")
        places += self._first[:n]
        _between(frames, places, f_c, y, room)
        _between(frames[self._width :], places, f_c, below, room)
        below -= y
        below *= f_r
        y += below
        return y


def _between(frames: np.ndarray, places: np.ndarray, f: np.ndarray, out: np.ndarray, right: np.ndarray) -> None:
    """Write ``(1 - f) x[p] + f x[p + 1]`` into `out`; `right` is room."""
    np.take(frames, places, out=out, mode="clip")  # without a mode NumPy copies
    np.take(frames[1:], places, out=right, mode="clip")
    right -= out
    right *= f
    out += right
