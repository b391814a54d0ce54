"""The geometry of windows that slide over images: how many there are, and what is padded."""

from dataclasses import dataclass
from typing import Any

from backend import InputError
from classes.checks import checked_count

PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class Axis:
    """Windows along one axis of an image.

    Parameters
    ----------
    extent : int
        Pixels of the image along this axis.
    size, stride : int
        Pixels that a window covers, and from one window to the next.
    padding : {"valid", "same"}
        "valid" places windows inside the image alone. "same" pads with zeros, so that there is a window for every
        `stride` pixels; where the padding is odd, the end gets the larger half, as in TensorFlow.

    Examples
    --------
    >>> axis = Axis(28, 5, 2, "same")
    >>> axis.count, axis.before, axis.after
    (14, 1, 2)
    """

    extent: int
    size: int
    stride: int
    padding: str = "valid"

    @property
    def count(self) -> int:
        """Number of windows."""
        if self.padding == "same":
            return -(-self.extent // self.stride)
        return (self.extent - self.size) // self.stride + 1

    @property
    def _padded(self) -> int:
        """Pixels of padding, on both sides together."""
        missing = (self.count - 1) * self.stride + self.size - self.extent
        return max(missing, 0) if self.padding == "same" else 0

    @property
    def before(self) -> int:
        """Pixels of padding at the beginning."""
        return self._padded // 2

    @property
    def after(self) -> int:
        """Pixels of padding at the end."""
        return self._padded - self.before

    @property
    def total(self) -> int:
        """Pixels of the image with its padding."""
        return self.extent + self._padded


def checked_pair(value: Any, name: str) -> tuple[int, int]:
    """Return a number of pixels for height and width, from one number for both or from a pair.

    Raises
    ------
    InputError
        If they are not whole numbers of at least 1.

    Examples
    --------
    >>> checked_pair(3, "kernel")
    (3, 3)
    """
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2:
        advice = f"Give {name} as one number, or as (height, width)."
        raise InputError(name, expected="one number or a pair", found=f"{len(pair)} numbers", advice=advice)
    return checked_count(pair[0], name), checked_count(pair[1], name)


def window_axes(
    shape: tuple[int, ...], size: tuple[int, int], stride: tuple[int, int], padding: str, layer: str
) -> tuple[Axis, Axis]:
    """Return the windows along height and width of images of a shape.

    Parameters
    ----------
    shape : tuple of int
        (H, W, C) of one image.
    size, stride : pair of int
        Of the windows, as (height, width).
    padding : {"valid", "same"}
        See `Axis`.
    layer : str
        What to call the layer in an error.

    Raises
    ------
    InputError
        If these are no images, or they are smaller than a window.
    """
    check_images(shape, layer)
    vertical, horizontal = (Axis(shape[i], size[i], stride[i], padding) for i in range(2))
    if min(vertical.count, horizontal.count) < 1:
        raise InputError(
            f"{layer} over windows of {size[0]} x {size[1]} pixels",
            expected="images at least as large as a window",
            found=f"images of {shape[0]} x {shape[1]} pixels",
            advice='Take smaller windows, padding="same", or less pooling before this layer.',
        )
    return vertical, horizontal


def check_images(shape: tuple[int, ...], layer: str) -> None:
    """Refuse rows of numbers where a layer needs images.

    Raises
    ------
    InputError
        If `shape` is not (H, W, C).
    """
    if len(shape) != 3:
        raise InputError(
            f"the input of {layer}",
            expected="images, shape (height, width, channels)",
            found=f"rows of shape {shape}",
            advice="Place it before the layer that flattens the images.",
        )
