"""Safe files: pickles of built-in types only, read by an unpickler that refuses everything else; arrays as bytes."""

import io
import math
import pickle
import pickletools
import reprlib
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from backend import InputError
from backend.files import write_bytes

CHECKSUM = "checksum"  # key under which a file keeps the CRC-32 of everything else in it
PROTOCOL = 4  # pickle protocol, of Python 3.4
ARRAY_TYPES = ("<f2", "<f4", "<f8")

# Opcodes for numbers, strings, bytes, lists and dicts, none of which looks up or calls a name. Tuples are not allowed,
# since nested tuples as keys of a dict take exponential time.
SAFE_OPCODES = frozenset(
    (
        "PROTO FRAME STOP MARK MEMOIZE BINGET LONG_BINGET NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 "
        "BINFLOAT SHORT_BINUNICODE BINUNICODE SHORT_BINBYTES BINBYTES BINBYTES8 EMPTY_LIST APPEND APPENDS "
        "EMPTY_DICT SETITEM SETITEMS"
    ).split()
)
DEEPEST = 20  # largest depth of nested lists and dicts; model files have 4


def write_packed(path: str | Path, contents: dict[str, Any], what: str) -> Path:
    """Write built-in types and their checksum to a file, completely or not at all; return its path.

    Parameters
    ----------
    path : str or Path
        The file.
    contents : dict
        Numbers, strings, bytes, lists and dicts.
    what : str
        Name of the kind of file in errors, such as ``model file``.

    Raises
    ------
    InputError
        If the contents have another type; then nothing is written.
    OSError
        If the file cannot be written.
    """
    checked = _unpickled(pickle.dumps(contents, protocol=PROTOCOL), f"{what} {path}")
    checksum = f"{checksum_of(checked):08x}"
    return write_bytes(path, pickle.dumps(checked | {CHECKSUM: checksum}, protocol=PROTOCOL))


def read_packed(
    path: str | Path, what: str, kind: str, version: int, *, needs_checksum: bool = False
) -> dict[str, Any]:
    """Return the contents of a file, without executing anything in it.

    Parameters
    ----------
    path : str or Path
        The file, which need not be trusted.
    what : str
        Name of the kind of file in errors.
    kind, version : str, int
        The ``format`` and ``version`` that it must have.
    needs_checksum : bool
        Whether to refuse a file without a checksum. Model files of earlier versions have none.

    Raises
    ------
    InputError
        If the file does not exist, is not a pickle, contains other than built-in types, is of another kind or version,
        or does not match its checksum.
    """
    name = f"{what} {path}"
    contents = _unpickled(_bytes_of(Path(path), name), name)
    if not isinstance(contents, dict) or contents.get("format") != kind:
        raise bad_file(name, f"a {kind!r}", "a pickle of something else")
    if contents.get("version") != version:
        found = reprlib.repr(contents.get("version"))
        raise bad_file(name, f"format version {version}", found, "Update the program or train a new model.")
    checksum, wanted = contents.pop(CHECKSUM, None), checksum_of(contents)
    is_right = checksum in (f"{wanted:08x}", wanted)  # earlier versions wrote a number
    if not is_right and (needs_checksum or checksum is not None):
        raise bad_file(name, "the contents that were written", "other contents: the checksum is wrong")
    return contents


def checksum_of(value: Any, so_far: int = 0) -> int:
    """Return the CRC-32 of numbers, strings, bytes, lists and dicts, independent of their pickled form.

    Examples
    --------
    >>> checksum_of({"a": [1, b"xy"]}) == checksum_of({"a": [1, b"xz"]})
    False
    """
    if isinstance(value, dict):
        value = [part for item in value.items() for part in item]
    if isinstance(value, list):
        for part in value:
            so_far = checksum_of(part, so_far)
        return so_far
    return zlib.crc32(value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass"), so_far)


def packed_array(array: np.ndarray) -> dict[str, Any]:
    r"""Return an array as shape, dtype and little-endian bytes.

    Examples
    --------
    >>> packed_array(np.ones(2, dtype="float32"))
    {'shape': [2], 'dtype': '<f4', 'data': b'\x00\x00\x80?\x00\x00\x80?'}
    """
    array = array.astype(array.dtype.newbyteorder("<"))
    return {"shape": list(array.shape), "dtype": array.dtype.str, "data": array.tobytes()}


def unpacked_array(packed: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array from its packed form, as a copy.

    Raises
    ------
    InputError
        If it does not have the expected shape, or is malformed; the error names it `name`.
    """
    found = packed if isinstance(packed, dict) else {}
    stored, data = found.get("dtype"), found.get("data")
    if found.get("shape") != list(shape) or stored not in ARRAY_TYPES or not isinstance(data, bytes):
        described = f"shape {reprlib.repr(found.get('shape'))}, dtype {reprlib.repr(stored)}"
        raise refusal(name, f"shape {list(shape)} and one of the dtypes {', '.join(ARRAY_TYPES)}", described)
    if len(data) != math.prod(shape) * np.dtype(stored).itemsize:
        raise refusal(name, f"{math.prod(shape)} numbers", f"{len(data)} bytes of {stored}")
    return np.frombuffer(data, dtype=stored).reshape(shape).copy()


def refusal(what: str, expected: str, found: str) -> InputError:
    """Return the error about a part of a file."""
    return InputError(what, expected=expected, found=found, advice="Train a new model, or use another file.")


def bad_file(
    name: str, expected: str, found: str, advice: str = "Train a new model, or use another file."
) -> InputError:
    """Return the error about a file."""
    return InputError(name, expected=expected, found=found, advice=advice)


def _bytes_of(path: Path, name: str) -> bytes:
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise bad_file(name, "an existing file", "no such file", "Train a model first.") from None
    except OSError as failure:
        raise bad_file(name, "a file that can be read", str(failure.strerror), "Name another.") from failure


class _BuiltInUnpickler(pickle.Unpickler):
    """An unpickler that refuses every reference to a name."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"a reference to {module}.{name}")


def _unpickled(data: bytes, name: str) -> Any:
    """Return the object in a pickle, after checking that all of its opcodes are allowed."""
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name not in SAFE_OPCODES:
                found = f"{opcode.name} {argument or ''}".strip()
                raise bad_file(name, "only numbers, strings, lists, dicts and bytes", f"the instruction {found}")
        contents = _BuiltInUnpickler(io.BytesIO(data)).load()
        _check_tree(contents, name)
        return contents
    except InputError:
        raise
    except Exception as failure:  # truncated or malicious data can raise any exception
        raise bad_file(name, "a whole pickle", f"{type(failure).__name__}: {failure}") from failure


def _check_tree(contents: Any, name: str) -> None:
    """Refuse lists and dicts that occur twice or are nested too deeply, since expanding them might not end."""
    seen: set[int] = set()
    waiting = [(contents, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, (list, dict)):
            if id(value) in seen or depth > DEEPEST:
                raise bad_file(
                    name, f"a tree of lists and dicts at most {DEEPEST} deep", "a deeper one, or one with cycles"
                )
            seen.add(id(value))
            items = value if isinstance(value, list) else value.values()
            waiting.extend((item, depth + 1) for item in items)
