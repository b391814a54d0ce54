"""The gradient of a convolution by its input."""

from dataclasses import dataclass
from typing import Any

from classes.layers.convolution.windows import Axis
from classes.layers.layer import Slot


@dataclass(frozen=True)
class Residue:
    """Pixels along an axis on which the same taps of the kernel fall: those with ``h + p = s u + r`` for one `r`.

    Attributes
    ----------
    pixels : slice
        Where they are in the image.
    count : int
        How many they are.
    taps : slice
        The taps ``r, r + s, ...`` of the kernel.
    size : int
        How many taps they are.
    first : int
        ``u`` of the first of the pixels.
    """

    pixels: slice
    count: int
    taps: slice
    size: int
    first: int


def residues(axis: Axis) -> list[Residue]:
    """Return the residues of an axis that have a pixel and a tap.

    Examples
    --------
    >>> [(each.count, each.size) for each in residues(Axis(24, 5, 2))]
    [(12, 3), (12, 2)]
    """
    found = []
    for r in range(min(axis.stride, axis.size)):
        pixels = slice((r - axis.before) % axis.stride, axis.extent, axis.stride)
        taps = slice(r, axis.size, axis.stride)
        count, size = (len(range(each.start, each.stop, each.step)) for each in (pixels, taps))
        if count:
            found.append(Residue(pixels, count, taps, size, (pixels.start + axis.before - r) // axis.stride))
    return found


class InputGradient:
    """``dX`` of a convolution, gathered from the windows that see a pixel, equation (29).

    ``dX[s u + r - p] = sum_t dZ[u - t] W[s t + r]^T`` along each axis, with p pixels of padding: for each residue `r`,
    a convolution of dZ, padded with zeros, with every s-th tap of the kernel in reverse order. Adding the columns of dX
    where they belong, the usual way, takes up to twice as long (docs/performance.md).

    Parameters
    ----------
    slot : Slot
        Where the buffers come from.
    W : array (K, L, C, O)
        The kernel.
    vertical, horizontal : Axis
        The windows along height and width.
    block : int
        Images that are worked on at a time, at most.
    """

    def __init__(self, slot: Slot, W: Any, vertical: Axis, horizontal: Axis, block: int) -> None:
        self.xp = slot.backend.xp
        self.is_whole = vertical.stride == horizontal.stride == 1  # one residue has all pixels
        rows, columns = residues(vertical), residues(horizontal)
        self._top, self._left = (max(each.size for each in axis) - 1 for axis in (rows, columns))
        height = self._top + max(vertical.count, *(each.first + each.count for each in rows))
        width = self._left + max(horizontal.count, *(each.first + each.count for each in columns))
        self._padded = slot.scratch((block, height, width, W.shape[3]))
        self._padded.fill(0.0)
        self._inside = (
            slice(self._top, self._top + vertical.count),
            slice(self._left, self._left + horizontal.count),
        )
        self._strips = [_Strip(slot, self._padded, each, self._left) for each in columns]
        self._parts = [_Part(slot, W, strip, each, self._top) for strip in self._strips for each in rows]

    def refresh(self) -> None:
        """Take the kernel as it is now."""
        for part in self._parts:
            for weights, taps in zip(part.weights, part.taps, strict=True):
                self.xp.copyto(weights, taps)

    def write(self, dz: Any, dx: Any) -> None:
        """Write dX (n, H, W, C) of a block of images, from dZ (n, height, width, O)."""
        n = len(dz)
        self._padded[:n, self._inside[0], self._inside[1]] = dz
        for strip in self._strips:
            self.xp.copyto(strip.columns[:n], strip.windows[:n])
        if self.is_whole:
            self._parts[0].add_up(n, dx.reshape(n, -1, dx.shape[3]))
            return
        dx.fill(0.0)
        for part in self._parts:
            pixels = dx[:, part.pixels[0], part.pixels[1]]
            pixels[...] = part.add_up(n, part.sum[:n]).reshape(pixels.shape)


class _Strip:
    """The columns of dZ for the pixels of one residue along the width.

    Attributes
    ----------
    windows : array (block, height, count, size, O)
        ``dZ[:, u - size + 1 : u + 1]``, a view of the padded dZ.
    columns : array (block, height, count, size, O)
        Room for a copy of it.
    """

    def __init__(self, slot: Slot, padded: Any, column: Residue, left: int) -> None:
        self.column = column
        image, row, pixel, channel = padded.strides
        shape = (*padded.shape[:2], column.count, column.size, padded.shape[3])
        first = padded[:, :, left + column.first - column.size + 1 :]
        self.windows = slot.backend.xp.lib.stride_tricks.as_strided(first, shape, (image, row, pixel, pixel, channel))
        self.columns = slot.scratch(shape)


class _Part:
    """The pixels of one residue along the height and one along the width.

    Attributes
    ----------
    pixels : (slice, slice)
        Where they are in the image.
    taps, weights : list of array (size, O, C)
        For each tap along the height the taps along the width in reverse order: as views of the kernel, and room for a
        copy of them.
    matrices : list of array (block, pixels, size O)
        The columns of dZ that these taps meet.
    sum, term : array (block, pixels, C)
        Scratch.
    """

    def __init__(self, slot: Slot, W: Any, strip: _Strip, row: Residue, top: int) -> None:
        self.xp, column = slot.backend.xp, strip.column
        block, _, _, _, filters = strip.columns.shape
        count, channels = row.count * column.count, W.shape[2]
        self.pixels = (row.pixels, column.pixels)
        kernel = W[row.taps, column.taps]
        self.taps = [kernel[t, ::-1].transpose(0, 2, 1) for t in range(row.size)]
        self.weights = [slot.scratch((column.size, filters, channels)) for _ in self.taps]
        starts = [top + row.first - t for t in range(row.size)]
        lines = [strip.columns[:, start : start + row.count] for start in starts]
        self.matrices = [each.reshape(block, count, column.size * filters) for each in lines]
        self.sum, self.term = (slot.scratch((block, count, channels)) for _ in range(2))

    def add_up(self, n: int, out: Any) -> Any:
        """Write the pixels' dX (n, pixels, C) of `n` images into `out`, and return it."""
        for t, (matrix, weights) in enumerate(zip(self.matrices, self.weights, strict=True)):
            term = self.term[:n] if t else out
            self.xp.matmul(matrix[:n], weights.reshape(-1, out.shape[2]), out=term)  # dX = sum_t dZ_t W_t^T
            if t:
                out += term
        return out
