"""The columns of a convolution's windows, gathered for a few images at a time."""

import math
from typing import Any

from classes.layers.convolution.windows import Axis
from classes.layers.layer import Slot
from classes.layers.parameters import Shape

SHORTEST_ROW = 16  # numbers of a row of columns, below which matrix products are slow and all taps are gathered


class Columns:
    """The columns of windows along the width, for a block of images at a time.

    If a window's row has few numbers, as with the one channel of grey images, the columns are those of whole windows,
    and there is one matrix instead of one for each row of the window.

    Parameters
    ----------
    slot : Slot
        Where the buffers come from.
    shape : tuple of int
        (H, W, C) of an image.
    vertical, horizontal : Axis
        The windows along height and width.
    """

    def __init__(self, slot: Slot, shape: Shape, vertical: Axis, horizontal: Axis) -> None:
        self.xp, self.vertical, self.horizontal = slot.backend.xp, vertical, horizontal
        self.stride = vertical.stride
        self.whole = horizontal.size * shape[2] < SHORTEST_ROW
        rows = -(-vertical.total // self.stride)  # of every phase: rows h with the same h mod s lie together
        columns: Shape = (self.stride, rows, horizontal.count, horizontal.size, shape[2])
        if self.whole:
            columns = (vertical.size, horizontal.size, shape[2], vertical.count, horizontal.count)
        self.block = slot.samples_in_cache(math.prod(columns))
        self._columns = slot.scratch((self.block, *columns))
        self._padded = None
        if vertical.total > shape[0] or horizontal.total > shape[1]:
            self._padded = slot.scratch((self.block, vertical.total, horizontal.total, shape[2]))
            self._padded.fill(0.0)
            self._inside = (
                slice(vertical.before, vertical.before + shape[0]),
                slice(horizontal.before, horizontal.before + shape[1]),
            )
        if self.whole:
            rows = self._columns.reshape(self.block, -1, vertical.count * horizontal.count)
            self._matrices = [rows.transpose(0, 2, 1)]
        else:
            self._matrices = [self._matrix(k) for k in range(vertical.size)]

    @property
    def count(self) -> int:
        """Number of matrices."""
        return len(self._matrices)

    def _matrix(self, k: int) -> Any:
        """Return the view ``A_k`` (block, height width, L C): the rows ``s i + k`` of the columns for every i."""
        phase, first = k % self.stride, k // self.stride
        rows = self._columns[:, phase, first : first + self.vertical.count]
        return rows.reshape(len(rows), self.vertical.count * self.horizontal.count, -1)

    def of(self, x: Any) -> list[Any]:
        """Return the matrices ``A_k`` (n, height width, L C) of images (n, H, W, C), valid until the next call.

        Or the one matrix (n, height width, K L C) of whole windows.
        """
        n = len(x)
        if self._padded is not None:
            self._padded[:n, *self._inside] = x
            x = self._padded[:n]
        windows = self._windows(x)
        if self.whole:
            self._columns[:n] = windows
            return [matrix[:n] for matrix in self._matrices]
        for phase in range(self.stride):
            rows = windows[:, phase :: self.stride]
            self._columns[:n, phase, : rows.shape[1]] = rows
        return [matrix[:n] for matrix in self._matrices]

    def _windows(self, x: Any) -> Any:
        """Return the view ``X[h, s j : s j + L]`` (n, H, width, L, C), or that of whole windows."""
        image, row, pixel, channel = x.strides
        shape: Shape = (len(x), x.shape[1], self.horizontal.count, self.horizontal.size, x.shape[3])
        strides: Shape = (image, row, pixel * self.horizontal.stride, pixel, channel)
        if self.whole:
            shape = (len(x), self.vertical.size, *shape[3:], self.vertical.count, self.horizontal.count)
            strides = (image, row, pixel, channel, row * self.stride, strides[2])
        return self.xp.lib.stride_tricks.as_strided(x, shape, strides)
