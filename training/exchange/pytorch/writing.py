"""Writing of files that ``torch.load`` reads, without PyTorch."""

import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np

from training.exchange.pytorch.reading import STORAGES, TEXT


def torch_bytes(arrays: Mapping[str, np.ndarray], text: str | None = None) -> bytes:
    """Return a file of tensors that ``torch.load(path, weights_only=True)`` reads as a dict.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Arrays of a dtype in `STORAGES`.
    text : str, optional
        A text that `read_torch` returns and PyTorch ignores.
    """
    buffer = BytesIO()
    plain = {
        name: np.asarray(array, np.dtype(array.dtype).newbyteorder("<"), order="C") for name, array in arrays.items()
    }
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", _pickled(plain))
        archive.writestr("archive/byteorder", "little")
        for place, array in enumerate(plain.values()):
            archive.writestr(f"archive/data/{place}", array.tobytes())
        if text is not None:
            archive.writestr(f"archive/{TEXT}", text)
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def _pickled(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the pickle, of protocol 2, of a dict of tensors."""
    items = b"".join(_text(name) + _tensor(place, array) for place, (name, array) in enumerate(arrays.items()))
    return b"\x80\x02}(" + items + b"u."  # PROTO 2, EMPTY_DICT, MARK, items, SETITEMS, STOP


def _tensor(place: int, array: np.ndarray) -> bytes:
    """Return the instructions that rebuild a tensor from the record ``data/{place}``."""
    storage = next(name for name, dtype in STORAGES.items() if np.dtype(dtype) == array.dtype)
    record = b"(" + _text("storage") + _global("torch", storage) + _text(str(place)) + _text("cpu") + _int(array.size)
    strides = [step // array.itemsize for step in array.strides]
    return (
        _global("torch._utils", "_rebuild_tensor_v2")
        + b"(" + record + b"tQ" + _int(0) + _tuple_of(array.shape) + _tuple_of(strides)  # BINPERSID: the storage
        + b"\x89" + _global("collections", "OrderedDict") + b")R" + b"tR"  # no gradient, no hooks
    )  # fmt: skip


def _text(text: str) -> bytes:
    """Return BINUNICODE."""
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _global(module: str, name: str) -> bytes:
    """Return GLOBAL."""
    return f"c{module}\n{name}\n".encode()


def _int(number: int) -> bytes:
    """Return LONG1 of 8 bytes."""
    return b"\x8a\x08" + struct.pack("<q", number)


def _tuple_of(numbers: Any) -> bytes:
    """Return MARK, whole numbers and TUPLE."""
    return b"(" + b"".join(map(_int, numbers)) + b"t"
