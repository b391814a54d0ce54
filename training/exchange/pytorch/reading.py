"""Reading of files of PyTorch, without PyTorch and without running a pickle.

``torch.save`` writes a ZIP archive of a pickle, which describes the tensors, and of their bytes. Unpickling could run
any code, so the pickle's instructions are read one by one: those that make numbers, strings, tuples, lists, dicts and
tensors are understood, and nothing else.
"""

import math
import pickletools
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from backend.errors import InputError

STORAGES = {  # PyTorch's class of the numbers in a storage, and their dtype
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}
TEXT = "neural_network_digit.json"  # record of the text beside the tensors, which PyTorch ignores


class _Name(NamedTuple):
    """A class or function that a pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class _Storage(NamedTuple):
    """A record of the archive with the numbers of tensors."""

    dtype: str
    record: str


_MARK = object()


class _Reader:
    """A machine for the instructions of a pickle that ``torch.save`` writes."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self.archive, self.folder = archive, folder
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.records: dict[str, bytes] = {}

    def read(self, data: bytes) -> Any:
        """Return the object that the pickle describes."""
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name not in _INSTRUCTIONS:
                raise _refused(f"the instruction {opcode.name} {argument or ''}".rstrip())
            _INSTRUCTIONS[opcode.name](self, argument)
        return self.stack[-1]

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self, count: int) -> list[Any]:
        """Take the last values from the stack."""
        if len(self.stack) < count:
            raise _refused("an instruction without its values")
        values = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return values

    def drop(self) -> None:
        """Take the last value from the stack and forget it."""
        self.pop(1)

    def pop_to_mark(self) -> list[Any]:
        """Take the values after the last mark, and the mark, from the stack."""
        place = next(i for i in range(len(self.stack) - 1, -1, -1) if self.stack[i] is _MARK)
        return self.pop(len(self.stack) - place)[1:]

    def add_items(self, values: list[Any]) -> None:
        """Add keys and values to the dict on the stack."""
        target = self.stack[-1]
        for key, value in zip(values[::2], values[1::2], strict=True):
            if not isinstance(target, dict) or not isinstance(key, (str, int)):
                raise _refused(f"a dict with a key of type {type(key).__name__}")
            target[key] = value

    def add_elements(self, values: list[Any]) -> None:
        """Add elements to the list on the stack."""
        if not isinstance(self.stack[-1], list):
            raise _refused("an element of something else than a list")
        self.stack[-1].extend(values)

    def call(self) -> None:
        """Replace a name and its arguments by the tensor or dict that they make."""
        name, arguments = self.pop(2)
        if str(name) not in _MAKERS or not isinstance(arguments, tuple):
            raise _refused(f"an object of {name}")
        self.push(_MAKERS[str(name)](self, *arguments))

    def storage(self) -> None:
        """Replace ``("storage", type, key, device, size)`` by the record that it names."""
        (found,) = self.pop(1)
        if not isinstance(found, tuple) or len(found) != 5 or not isinstance(found[1], _Name):
            raise _refused("a storage of another form")
        kind = found[1].name
        if kind not in STORAGES:
            raise _refused(f"numbers in {kind}")
        self.push(_Storage(STORAGES[kind], f"{self.folder}data/{found[2]}"))

    def tensor(self, storage: _Storage, offset: int, size: tuple, stride: tuple, *_: Any) -> np.ndarray:
        """Return the tensor that lies at `offset` of a storage, with strides in numbers, as an array of its own."""
        if storage.record not in self.records:
            self.records[storage.record] = self.archive.read(storage.record)
        numbers = np.frombuffer(self.records[storage.record], storage.dtype)
        extents = (offset, *size, *stride)
        if not all(type(each) is int and each >= 0 for each in extents) or len(size) != len(stride):
            raise _refused("a tensor whose shape or strides are not whole numbers")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        is_empty = math.prod(size) == 0
        if not is_empty and (last >= len(numbers) or math.prod(size) > len(numbers)):
            raise _refused("a tensor beyond the end of its numbers")
        steps = [step * numbers.itemsize for step in stride]
        view = np.lib.stride_tricks.as_strided(numbers[0 if is_empty else offset :], size, steps)
        return view.astype(numbers.dtype.newbyteorder("="))


_MAKERS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": lambda _, *items: dict(*items),
    "torch._utils._rebuild_tensor_v2": _Reader.tensor,
    "torch._utils._rebuild_parameter": lambda _, tensor, *rest: tensor,
    "torch.Size": lambda _, size: size,
}


def _nothing(*_: Any) -> None:
    """Do nothing."""


def _push(reader: _Reader, argument: Any) -> None:
    """Push the argument of an instruction."""
    reader.push(argument)


def _refuse_object(reader: _Reader, _: Any) -> None:
    """Refuse an object of a class, such as a whole model."""
    raise _refused(f"an object of {reader.pop(2)[0]}")


def _constant(value: Any) -> Callable[[_Reader, Any], None]:
    """Return the instruction that pushes a constant."""
    return lambda reader, _: reader.push(value)


def _tuple(count: int) -> Callable[[_Reader, Any], None]:
    """Return the instruction that makes a tuple of the last values."""
    return lambda reader, _: reader.push(tuple(reader.pop(count)))


def _memoize(reader: _Reader, argument: int | None) -> None:
    """Remember the value on the stack."""
    reader.memo[len(reader.memo) if argument is None else argument] = reader.stack[-1]


_INSTRUCTIONS: dict[str, Callable[[_Reader, Any], None]] = {
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
    **dict.fromkeys(
        "BININT BININT1 BININT2 LONG1 BINFLOAT SHORT_BINUNICODE BINUNICODE SHORT_BINBYTES BINBYTES".split(), _push
    ),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT", "MEMOIZE"), _memoize),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda reader, place: reader.push(reader.memo[place])),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "MARK": _constant(_MARK),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": lambda reader, _: reader.push([]),
    "EMPTY_DICT": lambda reader, _: reader.push({}),
    "TUPLE": lambda reader, _: reader.push(tuple(reader.pop_to_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "APPEND": lambda reader, _: reader.add_elements(reader.pop(1)),
    "APPENDS": lambda reader, _: reader.add_elements(reader.pop_to_mark()),
    "SETITEM": lambda reader, _: reader.add_items(reader.pop(2)),
    "SETITEMS": lambda reader, _: reader.add_items(reader.pop_to_mark()),
    "GLOBAL": lambda reader, names: reader.push(_Name(*names.split(" ", 1))),
    "STACK_GLOBAL": lambda reader, _: reader.push(_Name(*reader.pop(2))),
    "REDUCE": lambda reader, _: reader.call(),
    **dict.fromkeys(("NEWOBJ", "NEWOBJ_EX"), _refuse_object),
    "BINPERSID": lambda reader, _: reader.storage(),
    "BUILD": lambda reader, _: reader.drop(),  # attributes, such as the versions of a state dict's modules
}


def read_torch(path: Path) -> tuple[dict[str, np.ndarray], str | None]:
    """Return the tensors of a file that ``torch.save`` wrote, by name, and the text that `torch_bytes` stored.

    A checkpoint may hold the state dict among other things: the first dict with tensors is taken.

    Raises
    ------
    InputError
        If the file is of PyTorch before 1.6 or holds objects other than dicts, lists, numbers, strings and tensors.
    """
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickled = next((name for name in names if name.split("/")[1:] == ["data.pkl"]), None)
        if pickled is None:
            raise _refused("a ZIP archive without data.pkl")
        folder = pickled.removesuffix("data.pkl")
        order = folder + "byteorder"
        if order in names and archive.read(order) != b"little":
            raise _refused("numbers in big-endian order")
        text = archive.read(folder + TEXT).decode() if folder + TEXT in names else None
        return _first_tensors(_Reader(archive, folder).read(archive.read(pickled))), text


def _first_tensors(found: Any) -> dict[str, np.ndarray]:
    """Return the tensors of the first dict that has some."""
    waiting = [found]
    for _ in range(1000):  # a checkpoint has a few dicts; a list or dict in itself would not end
        if not waiting:
            break
        each = waiting.pop(0)
        if isinstance(each, dict):
            tensors = {str(name): array for name, array in each.items() if isinstance(array, np.ndarray)}
            if tensors:
                return tensors
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    raise _refused("no dict of tensors")


def _refused(found: str) -> InputError:
    """Return the error about a file that is not read."""
    return InputError(
        "file of PyTorch",
        expected="a state dict, saved by torch.save(model.state_dict(), path)",
        found=found,
        advice="Save model.float().state_dict() with PyTorch 1.6 or later.",
    )
