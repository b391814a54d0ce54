"""Pooling: one number for a window of pixels, or for a whole image."""

from collections.abc import Iterator
from typing import Any

from classes.layers.convolution.windows import check_images, checked_pair, window_axes
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape

Pair = tuple[int, int]


class _Pool2D(Layer):
    """The common part of pooling layers: the geometry of their windows."""

    samples_are_independent = True
    takes_images = True

    def __init__(self, size: int | Pair = 2, stride: int | Pair | None = None) -> None:
        self.size = checked_pair(size, "size")
        self.stride = self.size if stride is None else checked_pair(stride, "stride")

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the shape of the pooled images, and no parameters."""
        self.shape = shape
        axes = window_axes(shape, self.size, self.stride, "valid", "pooling")
        self.output = (axes[0].count, axes[1].count, shape[2])
        self.overlaps = any(size > stride for size, stride in zip(self.size, self.stride, strict=True))
        tiled = all(axis.count * axis.size == axis.extent for axis in axes)
        self.covers = tiled and self.size == self.stride  # every pixel is in exactly one window
        return self.output, {}

    def bind(self, slot: Slot) -> None:
        """Allocate Y, dX, and what a block of images needs."""
        self.xp = slot.backend.xp
        self.block = slot.samples_in_cache(2 * self.shape[0] * self.shape[1] * self.shape[2])
        self._y, self._dx = slot.buffer(self.output), slot.buffer(self.shape)
        self._term = slot.scratch((self.block, *self.output))

    def _blocks(self, *arrays: Any) -> Iterator[tuple[Any, ...]]:
        """Yield arrays a block of images at a time."""
        for start in range(0, len(arrays[0]), self.block):
            yield tuple(array[start : start + self.block] for array in arrays)

    def _taps(self, images: Any) -> Iterator[Any]:
        """Yield, for every place in a window, the view (n, height, width, C) of the pixels in that place."""
        height, width, _ = self.output
        for k in range(self.size[0]):
            for j in range(self.size[1]):
                rows = slice(k, k + self.stride[0] * (height - 1) + 1, self.stride[0])
                yield images[:, rows, j : j + self.stride[1] * (width - 1) + 1 : self.stride[1]]

    def _give(self, pixels: Any, dy: Any) -> None:
        """Give pixels, a view of dX, their part of the gradient."""
        if self.overlaps:
            pixels += dy
        else:
            pixels[...] = dy

    def settings(self) -> dict[str, Any]:
        """Return size and stride."""
        return {"size": list(self.size), "stride": list(self.stride)}


class MaxPool2D(_Pool2D):
    """The largest number of each window, ``y = max x``, equation (32).

    The gradient goes to the pixel that was largest, the first of them if there are several.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of a window, in pixels.
    stride : int or (int, int), optional
        Pixels from one window to the next; by default the window's own size, so that windows neither overlap nor
        leave gaps. Pixels at the right and lower border that fill no window are left out.

    Raises
    ------
    InputError
        If a number is below 1.
    """

    kind = "max_pool2d"

    def bind(self, slot: Slot) -> None:
        """Allocate, beside what every pooling needs, two masks for a block of images."""
        super().bind(slot)
        self._free, self._largest = (slot.scratch((self.block, *self.output), "bool") for _ in range(2))

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = max_k X_k`` (n, height, width, C) over the places k of a window."""
        self.x, self.y = x, self._y[: len(x)]
        for images, y in self._blocks(x, self.y):
            first, *others = self._taps(images)
            y[...] = first
            for pixels in others:
                self.xp.maximum(y, pixels, out=y)
        return self.y

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return dX (n, H, W, C): dY where the largest pixel was, 0 elsewhere."""
        if not propagate:
            return None
        result = self._dx[: len(dy)]
        for x, y, dz, dx in self._blocks(self.x, self.y, dy, result):
            free, largest, term = self._free[: len(x)], self._largest[: len(x)], self._term[: len(x)]
            if not self.covers:
                dx.fill(0.0)
            free.fill(True)
            for pixels, gradients in zip(self._taps(x), self._taps(dx), strict=True):
                self.xp.equal(pixels, y, out=largest)
                self.xp.logical_and(largest, free, out=largest)  # the first place that has the maximum
                self.xp.greater(free, largest, out=free)
                self.xp.multiply(dz, largest, out=term)
                self._give(gradients, term)
        return result


class AveragePool2D(_Pool2D):
    """The mean of each window, ``y = mean x``, equation (32).

    Parameters
    ----------
    size : int or (int, int)
        Height and width of a window, in pixels.
    stride : int or (int, int), optional
        Pixels from one window to the next; by default the window's own size, so that windows neither overlap nor
        leave gaps. Pixels at the right and lower border that fill no window are left out.

    Raises
    ------
    InputError
        If a number is below 1.
    """

    kind = "average_pool2d"

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = 1/K sum_k X_k`` (n, height, width, C) over the K places of a window."""
        result = self._y[: len(x)]
        for images, y in self._blocks(x, result):
            first, *others = self._taps(images)
            y[...] = first
            for pixels in others:
                y += pixels
            y *= 1.0 / (len(others) + 1)
        return result

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return dX (n, H, W, C): a K-th of dY for each pixel of a window."""
        if not propagate:
            return None
        dy *= 1.0 / (self.size[0] * self.size[1])
        result = self._dx[: len(dy)]
        for dz, dx in self._blocks(dy, result):
            if not self.covers:
                dx.fill(0.0)
            for gradients in self._taps(dx):
                self._give(gradients, dz)
        return result


class GlobalAveragePool(Layer):
    """The mean of each channel over all pixels, (H, W, C) to (C,) (Lin et al. 2014, "Network in network").

    It takes the place of `Flatten` before the last dense layers, and needs no parameters for each pixel.
    """

    kind = "global_average_pool"
    samples_are_independent = True
    takes_images = True

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return (C,) and no parameters."""
        check_images(shape, "global average pooling")
        self.shape, self.pixels = shape, shape[0] * shape[1]
        return shape[2:], {}

    def bind(self, slot: Slot) -> None:
        """Allocate Y and dX."""
        self.xp = slot.backend.xp
        self._y, self._dx = slot.buffer(self.shape[2:]), slot.buffer(self.shape)

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = 1/(H W) sum X`` (n, C)."""
        y = self._y[: len(x)]
        self.xp.sum(x.reshape(len(x), self.pixels, self.shape[2]), axis=1, out=y)
        y *= 1.0 / self.pixels
        return y

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return dX (n, H, W, C): the same part of dY for every pixel."""
        if not propagate:
            return None
        dx = self._dx[: len(dy)]
        dy *= 1.0 / self.pixels
        dx[...] = dy.reshape(len(dy), 1, 1, self.shape[2])
        return dx

    def settings(self) -> dict[str, Any]:
        """Return nothing: there is nothing to set."""
        return {}
