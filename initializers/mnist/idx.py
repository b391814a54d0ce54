"""The IDX format: a magic number, the shape, and the values, big-endian throughout.

====== ================================== ==========================================
offset bytes                              meaning
====== ================================== ==========================================
0      ``00 00``                          always
2      one byte                           type of the values: a key of `IDX_TYPES`
3      one byte                           rank R
4      R unsigned integers of four bytes  shape
4 + 4R the rest                           values in C order, the last index fastest
====== ================================== ==========================================

Described by Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits" (1998).
"""

import gzip
import io
import math
import mmap
import os
import zlib
from pathlib import Path
from typing import NoReturn

import numpy as np

from backend.errors import InputError
from backend.files import whole_file

IDX_TYPES: dict[int, np.dtype] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}

LARGEST_CONTENT = 2**31  # bytes: more than any known file of this kind, and less than exhausts a machine's memory
_CHUNK = 2**20

Stream = gzip.GzipFile | io.BytesIO | io.BufferedReader


def read_idx(source: str | Path | bytes, *, limit: int = LARGEST_CONTENT) -> np.ndarray:
    """Read an IDX file, packed with gzip or not, into a new array.

    Memory grows with the data read, never beyond what the header announces: a small file that
    unpacks to gigabytes is refused after the announced bytes.

    Parameters
    ----------
    source : str, Path or bytes
        The file, or its content.
    limit : int
        Largest size of the values in bytes; a header that announces more is refused unread.

    Returns
    -------
    ndarray
        Writable, in the machine's own byte order.

    Raises
    ------
    InputError
        If the file cannot be opened, is not an IDX file, is truncated, has trailing bytes, or is damaged gzip.

    Examples
    --------
    >>> read_idx(bytes([0, 0, 0x08, 1,  0, 0, 0, 3,  7, 8, 9]))
    array([7, 8, 9], dtype=uint8)
    """
    name = "IDX data" if isinstance(source, bytes) else str(source)
    try:
        with _opened(source) as stream:
            return _read(stream, name, limit)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        _refuse(name, "an undamaged gzip file", f"a damaged one ({error})")
    except OSError as error:
        _refuse(name, "a file that can be read", f"{error.strerror or error}")


def write_idx(path: str | Path, array: np.ndarray) -> Path:
    """Write `array` as an unpacked IDX file, atomically; return the path.

    Parameters
    ----------
    path : str or Path
        Where to write; folders are made on the way.
    array : ndarray
        Of a type among `IDX_TYPES`, in any byte order; rank up to 64, each dimension below 2**32.

    Raises
    ------
    InputError
        If IDX has no code for the array's type, or a dimension does not fit in four bytes.
    """
    codes = {dtype: code for code, dtype in IDX_TYPES.items()}
    big_endian = array.dtype.newbyteorder(">")
    if big_endian not in codes or max(array.shape, default=0) >= 2**32:
        known = ", ".join(dtype.name for dtype in IDX_TYPES.values())
        found = f"{array.dtype} of shape {array.shape}"
        advice = "Convert the array first."
        raise InputError(str(path), expected=f"{known}, dimensions below 2**32", found=found, advice=advice)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(bytes([0, 0, codes[big_endian], array.ndim]))
        file.write(np.array(array.shape, ">u4").tobytes())
        file.write(np.ascontiguousarray(array, big_endian).data)
    return Path(path)


def map_idx(path: str | Path) -> np.ndarray:
    """Map an unpacked IDX file into memory, read-only: data are read when they are used.

    Parameters
    ----------
    path : str or Path
        The file. It must not shrink while the array lives.

    Returns
    -------
    ndarray
        A read-only view of the file. Types of several bytes stay big-endian, as the file has them.

    Raises
    ------
    InputError
        If the file cannot be opened, is no IDX file, or its size is not the one its header announces.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            shape, dtype = _header(file, name)
            offset, size = file.tell(), os.fstat(file.fileno()).st_size
            _compare(name, math.prod(shape) * dtype.itemsize, size - offset)
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        _refuse(name, "a file that can be read", f"{error.strerror or error}")
    return np.ndarray(shape, dtype, content, offset)


def _opened(source: str | Path | bytes) -> Stream:
    """Return a stream of the unpacked content of a file or of bytes."""
    if isinstance(source, bytes):
        packed = source.startswith(b"\x1f\x8b")
        return gzip.open(io.BytesIO(source)) if packed else io.BytesIO(source)
    with Path(source).open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(source) if packed else Path(source).open("rb")


def _read(stream: Stream, name: str, limit: int) -> np.ndarray:
    """Return the array that the stream holds from its first byte to its last."""
    shape, dtype = _header(stream, name)
    size = math.prod(shape) * dtype.itemsize
    if size > limit:
        _refuse(name, f"at most {limit:,} bytes of values", f"a header that announces {size:,} (shape {shape})")
    content = bytearray()
    while len(content) < size and (chunk := stream.read(min(_CHUNK, size - len(content)))):
        content += chunk
    # There must be no further byte; reading on also makes gzip verify its checksum.
    _compare(name, size, len(content) + len(stream.read(1)))
    return np.ndarray(shape, dtype, content).astype(dtype.newbyteorder("="), copy=False)


def _header(stream: Stream, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """Read the magic number and the shape; return shape and type."""
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_TYPES:
        codes = ", ".join(f"{code:02x}" for code in IDX_TYPES)
        _refuse(name, f"an IDX file (bytes 00 00, type {codes}, rank)", f"bytes {magic.hex(' ') or '(none)'}")
    rank, dtype = magic[3], IDX_TYPES[magic[2]]
    lengths = stream.read(4 * rank)
    if len(lengths) < 4 * rank:
        _refuse(name, f"a shape of {rank} numbers", f"the end of the file after {len(lengths)} bytes of it")
    shape = tuple(np.frombuffer(lengths, ">u4").tolist())
    try:  # A broadcast view checks NumPy's limits on rank and size without allocating memory.
        np.broadcast_to(np.empty((), dtype), shape)
    except ValueError as error:
        _refuse(name, "a shape that NumPy can hold", f"rank {rank} ({error})")
    return shape, dtype


def _compare(name: str, expected: int, found: int) -> None:
    """Refuse a content that is shorter or longer than the header announces."""
    if found < expected:
        _refuse(name, f"{expected:,} bytes of values, as announced", f"the end of the file after {found:,}")
    if found > expected:
        _refuse(name, f"{expected:,} bytes of values, as announced", "more after them")


def _refuse(name: str, expected: str, found: str) -> NoReturn:
    """Raise the one error for a file that is not what it should be."""
    raise InputError(name, expected=expected, found=found, advice="Fetch the file again.")
