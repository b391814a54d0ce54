"""Convolution of images, as a few matrix products over columns that stay in the cache."""

from typing import Any

import numpy as np

from backend.registry import look_up
from classes.activations import ACTIVATIONS
from classes.checks import checked_count
from classes.layers.convolution.columns import Columns
from classes.layers.convolution.input_gradient import InputGradient
from classes.layers.convolution.windows import PADDINGS, checked_pair, window_axes
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape
from initializers.weights import INITIALIZERS


class Conv2D(Layer):
    """A convolution with its activation, ``Y = phi(X * W + b)``, equation (27).

    ``*`` slides every filter over the image, ``Z[i, j] = sum_{k, l} X[s i + k, s j + l] W[k, l]``, where each
    ``W[k, l]`` is a matrix (C, O): the cross-correlation that deep learning calls convolution.

    Parameters
    ----------
    filters : int
        Channels O of the output.
    kernel : int or (int, int)
        Height K and width L of a filter, in pixels.
    stride : int or (int, int)
        Pixels from one window to the next.
    padding : {"valid", "same"}
        See `classes.layers.convolution.windows.Axis`.
    activation : str
        A key of `ACTIVATIONS`.
    initializer : str, optional
        A key of `INITIALIZERS`; by default the one that suits the activation. Biases begin at 0.
    bias : bool
        Whether there is a `b`. Batch normalisation right after the convolution makes it redundant.

    Raises
    ------
    InputError
        If a number is below 1 or a name is not in its registry.

    Notes
    -----
    Only the windows' columns along the width are copied, ``A[h, j] = X[h, s j : s j + L]`` (L C numbers). The rows
    ``h = s i + k`` of A for one `k` form a matrix, so that ``Z = sum_k A_k W[k]`` is K matrix products. A column is
    copied once instead of K times, and a block of images is small enough for the cache (docs/performance.md).
    """

    kind = "conv2d"
    samples_are_independent = True
    takes_images = True

    def __init__(
        self,
        filters: int,
        kernel: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: str = "valid",
        activation: str = "identity",
        initializer: str | None = None,
        bias: bool = True,
    ) -> None:
        self.filters = checked_count(filters, "filters")
        self.kernel, self.stride = checked_pair(kernel, "kernel"), checked_pair(stride, "stride")
        self.padding = look_up({name: name for name in PADDINGS}, padding, "padding")
        self.activation = activation
        self.phi = look_up(ACTIVATIONS, activation, "activation")
        self.initializer = initializer or self.phi.initializer
        look_up(INITIALIZERS, self.initializer, "initializer")
        self.bias = bool(bias)

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the output images' shape, and the shapes of W (K, L, C, O) and b (O,)."""
        self.vertical, self.horizontal = window_axes(shape, self.kernel, self.stride, self.padding, "a convolution")
        self.shape = shape
        self.output = (self.vertical.count, self.horizontal.count, self.filters)
        parameters: dict[str, Shape] = {"W": (*self.kernel, shape[2], self.filters)}
        return self.output, parameters | ({"b": (self.filters,)} if self.bias else {})

    def first_values(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw W; b stays 0."""
        return {"W": INITIALIZERS[self.initializer](generator, (*self.kernel, self.shape[2], self.filters))}

    def bind(self, slot: Slot) -> None:
        """Take W and b; allocate Z, Y, dX, and what a block of images needs."""
        self.xp = slot.backend.xp
        height, width, channels = self.output
        self.W, self.dW = slot.values["W"], slot.grads["W"]
        self._z = slot.buffer(self.output)
        self._y = self._z if self.phi.in_place else slot.buffer(self.output)
        self._dx = slot.buffer(self.shape)
        self.columns = Columns(slot, self.shape, self.vertical, self.horizontal)
        self.block = self.columns.block
        self._s = slot.scratch((self.block, height, width * channels), self.phi.scratch)
        self._term = slot.scratch((self.block, height * width, channels))
        self._products = slot.scratch((self.block, *self._rows_of(self.W)[0].shape))
        self._product = slot.scratch(self._rows_of(self.W)[0].shape)
        self._ones = slot.scratch((self.block, height * width))
        self._ones.fill(1.0)
        if self.bias:
            self.b, self.db = slot.values["b"], slot.grads["b"]
            self._line, self._db = slot.scratch((width, channels)), slot.scratch((channels,))
        self.input_gradient = InputGradient(slot, self.W, self.vertical, self.horizontal, self.block)

    def _rows_of(self, W: Any) -> Any:
        """Return a kernel (K, L, C, O), or its gradient, as one matrix (L C, O) for each of the columns' matrices."""
        return W.reshape(self.columns.count, -1, self.filters)

    def _blocks(self, n: int) -> list[slice]:
        """Return slices of images, a block each."""
        return [slice(start, min(start + self.block, n)) for start in range(0, n, self.block)]

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``Y = phi(X * W + b)`` (n, height, width, O), equation (27)."""
        self.x, n = x, len(x)
        self.z, self.y = self._z[:n], self._y[:n]
        if self.bias:
            self.xp.copyto(self._line, self.b)
        for part in self._blocks(n):
            self._forward_block(x[part], self.z[part], self.y[part])
        return self.y

    def _forward_block(self, x: Any, z: Any, y: Any) -> None:
        """Write Z and Y of a block of images."""
        n, (height, width, channels) = len(x), self.output
        A, W = self.columns.of(x), self._rows_of(self.W)
        product, term = z.reshape(n, height * width, channels), self._term[:n]
        self.xp.matmul(A[0], W[0], out=product)  # Z = A_0 W_0         (n, height width, O)
        for k in range(1, len(W)):
            self.xp.matmul(A[k], W[k], out=term)  #     + A_k W_k
            product += term
        lines = (n * height, width * channels)  # long rows: NumPy's loops run along them
        z, y = z.reshape(lines), y.reshape(lines)
        if self.bias:
            z += self._line.reshape(-1)  #     + b
        self.phi.forward(self.xp, z, y)  # Y = phi(Z)

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Assign dW and db, return dX (n, H, W, C): equations (28) and (29)."""
        n = len(dy)
        dx = self._dx[:n]
        self.dW.fill(0.0)
        if self.bias:
            self.db.fill(0.0)
        if propagate:
            self.input_gradient.refresh()
        for part in self._blocks(n):
            self._backward_block(self.x[part], self.z[part], self.y[part], dy[part])
            if propagate:
                self.input_gradient.write(dy[part], dx[part])
        return dx if propagate else None

    def _backward_block(self, x: Any, z: Any, y: Any, dy: Any) -> None:
        """Turn a block's dY into dZ, and add its part to dW and db."""
        n, (height, width, channels) = len(x), self.output
        lines, s = (n, height, width * channels), self._s[:n]
        self.phi.backward(self.xp, dy.reshape(lines), z.reshape(lines), y.reshape(lines), s)  # dZ = dY * phi'(Z)
        dz, A, dW = dy.reshape(n, height * width, channels), self.columns.of(x), self._rows_of(self.dW)
        products = self._products[:n]
        for k in range(len(dW)):
            self.xp.matmul(A[k].transpose(0, 2, 1), dz, out=products)  # dW_k = sum_n A_k^T dZ
            self.xp.sum(products, axis=0, out=self._product)
            self.xp.add(dW[k], self._product, out=dW[k])
        if self.bias:
            ones = self._ones[:n].reshape(-1)
            self.xp.matmul(ones, dz.reshape(-1, channels), out=self._db)  # db = 1^T dZ
            self.db += self._db

    def settings(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "filters": self.filters,
            "kernel": list(self.kernel),
            "stride": list(self.stride),
            "padding": self.padding,
            "activation": self.activation,
            "initializer": self.initializer,
            "bias": self.bias,
        }

    def multiply_adds(self) -> int:
        """Return ``height width K L C O``."""
        height, width, filters = self.output
        return height * width * self.kernel[0] * self.kernel[1] * self.shape[2] * filters
