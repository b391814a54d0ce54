"""Dropout: sets random inputs to 0 during training."""

from typing import Any

from classes.checks import checked_number
from classes.layers.convolution.windows import check_images
from classes.layers.layer import Layer, Slot
from classes.layers.parameters import Shape


class Dropout(Layer):
    """Inverted dropout: while training, ``y = x m / (1 - p)`` with ``m`` 0 with probability `p`, else 1.

    So the expectation of `y` is `x`, and a trained network needs no correction (Srivastava et al. 2014).

    Parameters
    ----------
    rate : float
        Probability p in [0, 1) that an input is dropped.

    Raises
    ------
    InputError
        If `rate` lies outside [0, 1).
    """

    kind = "dropout"
    samples_are_independent = True

    def __init__(self, rate: float) -> None:
        self.rate = checked_number(
            rate, "dropout rate", "a number from 0 up to, not including, 1", lambda p: 0.0 <= p < 1.0,
            "0.2 to 0.5 is usual.",
        )

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the same shape and no parameters."""
        self.shape = self.mask_shape = shape
        return shape, {}

    def bind(self, slot: Slot) -> None:
        """Allocate the mask and the output."""
        self.backend, self.xp, self.generator = slot.backend, slot.backend.xp, slot.generator
        self._m, self._y = slot.buffer(self.mask_shape), slot.buffer(self.shape)
        self.dropped = False

    def forward(self, x: Any, *, training: bool) -> Any:
        """Return ``X * M``, equation (5); `x` itself unless `training`."""
        self.dropped = training and self.rate > 0.0
        if not self.dropped:
            return x
        n, keep = len(x), 1.0 - self.rate
        self.m, self.y = self._m[:n], self._y[:n]
        self.backend.fill_uniform(self.generator, self.m)          # u in [0, 1)
        self.m += keep                                             # floor(u + q) = 1 with probability q
        self.xp.floor(self.m, out=self.m)
        self.m *= 1.0 / keep                                       # M = floor(u + q) / q
        self.xp.multiply(x, self.m, out=self.y)                    # Y = X * M
        return self.y

    def backward(self, dy: Any, *, propagate: bool = True) -> Any:
        """Return ``dX = dY * M``, equation (13)."""
        if propagate and self.dropped:
            dy *= self.m
        return dy if propagate else None

    def settings(self) -> dict[str, Any]:
        """Return the rate."""
        return {"rate": self.rate}


class SpatialDropout(Dropout):
    """Dropout of complete channels of images: one random number for each channel of a sample (Tompson et al. 2015).

    Neighbouring pixels of a feature map are so similar that dropping single ones removes little information.

    Parameters
    ----------
    rate : float
        Probability p in [0, 1) that a channel is dropped.

    Raises
    ------
    InputError
        If `rate` lies outside [0, 1).
    """

    kind = "spatial_dropout"
    takes_images = True

    def declare(self, shape: Shape) -> tuple[Shape, dict[str, Shape]]:
        """Return the same shape and no parameters."""
        check_images(shape, "spatial dropout")
        self.shape, self.mask_shape = shape, (1, 1, shape[2])
        return shape, {}
