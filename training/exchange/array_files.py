"""Files of named arrays: `.npz` of NumPy, `.safetensors`, and `.pt` of PyTorch."""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backend.errors import InputError
from backend.files import write_bytes
from backend.optional import optional_module
from backend.registry import look_up
from training.exchange.description import KEY, Arrays
from training.exchange.pytorch.reading import read_torch
from training.exchange.pytorch.writing import torch_bytes

Stored = tuple[Arrays, str | None]  # arrays by name, and the text beside them, if there is any


def _npz_bytes(arrays: Mapping[str, np.ndarray], text: str | None) -> bytes:
    """Return an uncompressed archive of arrays; the text is a string array."""
    buffer = BytesIO()
    named: dict[str, Any] = dict(arrays) | ({} if text is None else {KEY: np.array(text)})
    np.savez(buffer, **named)
    return buffer.getvalue()


def _read_npz(path: Path) -> Stored:
    """Return the arrays of an archive and its text; objects, which NumPy would have to unpickle, are refused."""
    with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    text = arrays.pop(KEY, None)
    return arrays, None if text is None else str(text)


def _safetensors_bytes(arrays: Mapping[str, np.ndarray], text: str | None) -> bytes:
    """Return arrays in the format of safetensors; the text is metadata."""
    library = optional_module("safetensors.numpy", "safetensors", "format safetensors")
    contiguous = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()}
    return library.save(contiguous, None if text is None else {KEY: text})


def _read_safetensors(path: Path) -> Stored:
    """Return the arrays in the natural order of their names, ``fc2`` before ``fc10``: the format keeps no other."""
    library = optional_module("safetensors", "safetensors", "format safetensors")
    with library.safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in sorted(file.keys(), key=_natural)}
        return arrays, (file.metadata() or {}).get(KEY)


def _natural(name: str) -> list[str | int]:
    """Return a sorting key in which numbers within a name count as numbers."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


class _Format(NamedTuple):
    """How arrays become a file, and back."""

    to_bytes: Callable[[Mapping[str, np.ndarray], str | None], bytes]
    read: Callable[[Path], Stored]


ARRAY_FILES = {
    ".npz": _Format(_npz_bytes, _read_npz),
    ".safetensors": _Format(_safetensors_bytes, _read_safetensors),
    ".pt": _Format(torch_bytes, read_torch),
    ".pth": _Format(torch_bytes, read_torch),
}


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], text: str | None = None) -> Path:
    """Write arrays to a file, in the format of its suffix; return the path.

    Parameters
    ----------
    path : str or Path
        A name that ends in a key of `ARRAY_FILES`.
    arrays : dict of str to ndarray
        The arrays by name.
    text : str, optional
        A text to store beside them.

    Raises
    ------
    InputError
        If there is no such format or its package is missing.
    """
    made = look_up(ARRAY_FILES, Path(path).suffix.lower(), "suffix of a file of arrays")
    return write_bytes(path, made.to_bytes(arrays, text))


def read_arrays(path: str | Path) -> Stored:
    """Return the arrays of a file by name, and the text beside them, without executing anything in the file.

    Raises
    ------
    InputError
        If the file does not exist, is damaged, or holds anything else.
    """
    path = Path(path)
    made = look_up(ARRAY_FILES, path.suffix.lower(), "suffix of a file of arrays")
    if not path.is_file():
        raise InputError(f"file {path}", expected="an existing file", found="none", advice="Name another.")
    try:
        arrays, text = made.read(path)
    except InputError:
        raise
    except Exception as failure:  # damaged files raise errors of any kind, also of the packages that read them
        raise InputError(
            f"file {path}",
            expected=f"arrays in the format {path.suffix}",
            found=f"{type(failure).__name__}: {failure}",
            advice="Write the file again.",
        ) from failure
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            found = f"{array.dtype} in {name}"
            raise InputError(f"file {path}", expected="numbers", found=found, advice="Store numbers alone.")
    return arrays, text
