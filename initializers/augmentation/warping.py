"""Image warping along smooth maps, with bilinear interpolation of whole batches.

A map gives for each position p of the new image the source position s(p) in the old one. Both coordinates of s are
linear combinations of a fixed basis: a constant, the row, the column, and smooth modes. Thus one matrix product,
coefficients times basis, gives the source positions of all pixels.
"""

import math

import numpy as np

ROWS = 32  # images processed at a time: their buffers of 0.9 MB fit into the cache of a core
VARIANCE = 0.99  # share of the variance of a random field that its modes keep


def field_modes(side: int, sigma: float) -> np.ndarray:
    """Return the modes of a random field that has the correlation of white noise smoothed with a Gaussian.

    White noise smoothed with a Gaussian of s pixels has the correlation ``exp(-|p - q|^2 / (4 s^2))``. In the
    eigenvectors of this matrix (Karhunen-Loeve expansion), a field is ``sum_k g_k mode_k`` with independent standard
    normal ``g_k``. The largest modes, up to 99 % of the variance, are kept and scaled to the full variance.

    Parameters
    ----------
    side : int
        Number of pixels along a side of the image.
    sigma : float
        s, in pixels.

    Returns
    -------
    ndarray (K, side^2) of float32
        The variance of a field, averaged over the image, is 1.

    Examples
    --------
    >>> field_modes(28, sigma=4.0).shape
    (27, 784)
    """
    places = np.arange(side)
    along = np.exp(-(((places[:, None] - places) / (2.0 * sigma)) ** 2))
    strengths, vectors = np.linalg.eigh(along)  # for rows and columns; the full matrix is their Kronecker product
    products = np.outer(strengths, strengths).ravel()
    order = products.argsort()[::-1]
    kept = np.cumsum(products[order]) / products.sum()
    order = order[: np.searchsorted(kept, VARIANCE) + 1]
    vertical, horizontal = np.divmod(order, side)
    modes = vectors.T[vertical][:, :, None] * vectors.T[horizontal][:, None, :]
    scale = np.sqrt(products[order] * (side**2 / products[order].sum()))
    return (scale[:, None] * modes.reshape(len(order), side**2)).astype("float32")


class Warper:
    """Warp square images, each along its own map.

    Parameters
    ----------
    modes : ndarray (K, I)
        Smooth modes, in addition to constant, row and column.
    paper : float
        Value outside of the images.

    Attributes
    ----------
    side : int
        Number of pixels along a side, the square root of I.
    terms : int
        D = 3 + K, the number of coefficients per coordinate.

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
        self._width = side + 3  # one pixel of background before and two behind, for interpolation at the border
        self._frames = np.full((ROWS, self._width, self._width), paper, "float32")
        self._first = np.arange(ROWS, dtype="int64")[:, None] * self._width**2
        self._room = np.empty((6, ROWS, side**2), "float32")
        self._places = np.empty((ROWS, side**2), "int64")

    @property
    def inner(self) -> slice:
        """Position of an image in its frame, along both axes."""
        return slice(1, 1 + self.side)

    def lay(self, images: np.ndarray) -> np.ndarray:
        """Copy up to `ROWS` images (n, I) into frames with a border of background (n, side + 3, side + 3)."""
        frames = self._frames[: len(images)]
        frames[:, self.inner, self.inner] = images.reshape(len(images), self.side, self.side)
        return frames

    def warp(self, coefficients: np.ndarray) -> np.ndarray:
        r"""Return the images of the last `lay`, warped with bilinear interpolation.

            s = m + a B              m: the centre of the frame; a, B: coefficients and basis
            f = s - floor(s)
            y = (1 - f_r) ((1 - f_c) x_00 + f_c x_01) + f_r ((1 - f_c) x_10 + f_c x_11)

        Parameters
        ----------
        coefficients : ndarray (2, n, D) of float32
            For rows and for columns, counted from the centre: (0, 1, 0, 0, ...) and (0, 0, 1, 0, ...) are the identity.

        Returns
        -------
        ndarray (n, I) of float32
            Valid until the next call.
        """
        n = coefficients.shape[1]
        r, c, f_r, f_c, y, below = self._room[:, :n]
        for s, f, of_one in ((r, f_r, coefficients[0]), (c, f_c, coefficients[1])):
            np.matmul(of_one, self._basis, out=f)
            f += 1.0 + (self.side - 1) / 2  # relative to the corner of the frame
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
    """Write ``(1 - f) x[p] + f x[p + 1]`` into `out`; `right` is scratch."""
    np.take(frames, places, out=out, mode="clip")  # other modes make NumPy buffer the result
    np.take(frames[1:], places, out=right, mode="clip")
    right -= out
    right *= f
    out += right
