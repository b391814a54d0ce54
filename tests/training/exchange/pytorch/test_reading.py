"""Files of torch.save, read without PyTorch."""

import io
import pickle
import sys
import types
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from backend import InputError
from training.exchange.pytorch.reading import read_torch


class Storage:
    """Stands for a storage: the pickler asks for its persistent id."""

    def __init__(self, kind, key, array):
        self.kind, self.key, self.array = kind, key, array


class Tensor:
    """Pickled as PyTorch pickles a tensor: a call of its rebuilding function."""

    def __init__(self, storage, offset, size, stride):
        self.arguments = (storage, offset, size, stride, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    """PyTorch's pickler: storages are written as ids."""

    def persistent_id(self, value):
        if isinstance(value, Storage):
            return ("storage", getattr(sys.modules["torch"], value.kind), value.key, "cpu", value.array.size)
        return None


@pytest.fixture(autouse=True)
def _names_of_pytorch(monkeypatch):
    """Let Python's pickler find the names that PyTorch's files contain."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for kind in ("FloatStorage", "LongStorage", "BFloat16Storage"):
        setattr(torch, kind, type(kind, (), {"__module__": "torch", "__qualname__": kind}))

    def _rebuild_tensor_v2(*_):
        raise AssertionError("a pickle was run")

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def saved(path, value, storages=(), protocol=2, **records):
    """Write a file as torch.save does."""
    buffer = io.BytesIO()
    Pickler(buffer, protocol).dump(value)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("any name/data.pkl", buffer.getvalue())
        for storage in storages:
            archive.writestr(f"any name/data/{storage.key}", storage.array.tobytes())
        for name, data in records.items():
            archive.writestr(f"any name/{name}", data)
    return path


NUMBERS = Storage("FloatStorage", "0", np.arange(12, dtype="<f4"))
COUNT = Storage("LongStorage", "1", np.array([5], dtype="<i8"))
STATE = OrderedDict(
    {
        "fc.weight": Tensor(NUMBERS, 2, (3, 2), (1, 4)),
        "fc.bias": Tensor(NUMBERS, 0, (2,), (1,)),
        "n": Tensor(COUNT, 0, (), ()),
    }
)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_tensors_are_read_with_offset_strides_and_shared_storages(protocol, tmp_path):
    STATE.__dict__["_metadata"] = OrderedDict({"": {"version": 1}})
    found, text = read_torch(saved(tmp_path / "a.pt", STATE, [NUMBERS, COUNT], protocol))
    np.testing.assert_array_equal(found["fc.weight"], [[2, 6], [3, 7], [4, 8]])
    np.testing.assert_array_equal(found["fc.bias"], [0, 1])
    assert (found["n"].dtype, found["n"].item(), text) == (np.int64, 5, None)
    assert list(found) == list(STATE)


def test_a_checkpoint_holds_the_state_among_other_things(tmp_path):
    value = {"epoch": 3, "loss": 0.5, "done": True, "best": None, "history": [1, 2.5, ("a", -1)], "model": STATE}
    assert set(read_torch(saved(tmp_path / "a.pt", value, [NUMBERS, COUNT]))[0]) == set(STATE)


class Model:
    """Something else than numbers."""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Model(), "Model"),
        ({"a": print}, "no dict of tensors|print"),
        ({"a": 1}, "no dict of tensors"),
        ({(1, 2): 3}, "key of type tuple"),
        ({"a": Tensor(NUMBERS, 8, (5,), (1,))}, "beyond the end"),
        ({"a": Tensor(NUMBERS, 0, (10**9, 10**9), (0, 0))}, "beyond the end"),
        ({"a": Tensor(NUMBERS, -1, (2,), (1,))}, "whole numbers"),
        ({"a": Tensor(NUMBERS, 0, (2,), (1, 1))}, "whole numbers"),
        ({"a": Tensor(Storage("BFloat16Storage", "0", NUMBERS.array), 0, (2,), (1,))}, "BFloat16Storage"),
    ],
)
def test_anything_else_is_refused(value, message, tmp_path):
    with pytest.raises(InputError, match=message):
        read_torch(saved(tmp_path / "a.pt", value, [NUMBERS]))


def test_a_function_is_named_and_not_called(tmp_path):
    data = b"cos\nsystem\nX\x04\x00\x00\x00true\x85R."
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/data.pkl", data)
    with pytest.raises(InputError, match=r"os\.system"):
        read_torch(tmp_path / "a.pt")


def test_other_archives_and_byte_orders_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("a/constants.pkl", b"")
    with pytest.raises(InputError, match=r"data\.pkl"):
        read_torch(tmp_path / "a.pt")
    with pytest.raises(InputError, match="big-endian"):
        read_torch(saved(tmp_path / "b.pt", STATE, [NUMBERS, COUNT], byteorder=b"big"))
