"""Packed files and arrays: round trips and errors (malicious files: test_hostile_files.py)."""

import errno
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backend import InputError
from classes.files.packing import (
    ARRAY_TYPES,
    DEEPEST,
    checksum_of,
    packed_array,
    read_packed,
    unpacked_array,
    write_packed,
)

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9) | st.binary(max_size=9)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "file.bin"


def read(path, kind="kind", version=1):
    return read_packed(path, "file", kind, version)


# --- files ----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(tree=TREES)
def test_trees_of_built_in_types_come_back_with_their_types(tree, tmp_path_factory):
    path = tmp_path_factory.mktemp("trees") / "tree.bin"
    contents = {"format": "kind", "version": 1, "tree": tree}
    assert write_packed(path, contents, "file") == path
    assert repr(read(path)) == repr(contents)


def test_large_bytes_and_numbers_come_back(path):
    contents = {"format": "kind", "version": 1, "bytes": bytes(70_000), "text": "é" * 70_000}
    contents |= {"numbers": [0, -1, 2**31, -(2**63), 2**200, math.inf, -math.inf, 5e-324]}
    write_packed(path, contents, "file")
    assert read(path) == contents


@pytest.mark.parametrize(
    "value",
    [(1, 2), {1, 2}, 1j, bytearray(b"x"), Path("x"), np.float64(1.0), np.ones(2), print, range(3), object()],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_before_a_byte_is_written(value, path):
    write_packed(path, {"old": 1}, "file")
    before = path.read_bytes()
    with pytest.raises((InputError, TypeError)):
        write_packed(path, {"x": [value]}, "file")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["file.bin"]


def test_what_occurs_twice_or_too_deep_is_refused(path):
    twice = [1]
    deep = []
    for _ in range(DEEPEST):
        deep = [deep]
    for contents in ({"a": twice, "b": twice}, {"a": deep}):
        with pytest.raises(InputError, match=f"a tree of lists and dicts at most {DEEPEST} deep"):
            write_packed(path, contents, "file")
    assert not path.exists()
    write_packed(path, {"format": "kind", "version": 1, "a": deep[0][0]}, "file")
    assert read(path)["a"] == deep[0][0]


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        ({"format": "other", "version": 1}, "expected a 'kind', found a pickle of something else"),
        ({"version": 1}, "expected a 'kind'"),
        ([], "expected a 'kind'"),
        ("kind", "expected a 'kind'"),
        ({"format": "kind", "version": 2}, "expected format version 1, found 2. Update the program"),
        ({"format": "kind", "version": "1"}, "expected format version 1, found '1'"),
        ({"format": "kind"}, "expected format version 1, found None"),
    ],
    ids=str,
)
def test_other_kinds_and_versions_are_refused_by_name(contents, told, tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(pickle.dumps(contents, protocol=4))
    with pytest.raises(InputError) as refusal:
        read(path)
    assert str(refusal.value).startswith(f"file {path}: {told}")


def test_every_torn_file_is_refused(path):
    write_packed(path, {"format": "kind", "version": 1, "a": [1, 2.5, "x", b"bytes", {"b": None}]}, "file")
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match=r"file\.bin: expected"):
            read(path)


def test_what_cannot_be_read_is_reported_with_the_reason(path, monkeypatch):
    with pytest.raises(InputError, match="expected an existing file, found no such file"):
        read(path)

    def broken(self):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(InputError, match="expected a file that can be read, found Input/output error"):
        read(path)


# --- arrays ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(array=arrays.arrays(st.sampled_from(ARRAY_TYPES), arrays.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_arrays_come_back_bit_for_bit(array):
    again = unpacked_array(packed_array(array), "x", array.shape)
    assert (again.shape, again.dtype) == (array.shape, array.dtype)
    assert again.tobytes() == array.tobytes()  # NaNs too
    assert again.flags.writeable
    assert again.flags.owndata


def test_strides_and_byte_orders_do_not_matter():
    array = np.arange(24.0).reshape(4, 6)
    for view in (array[::2, ::-1], array.T, array.astype(">f8"), np.asfortranarray(array)):
        packed = packed_array(view)
        assert packed["dtype"] == "<f8"
        np.testing.assert_array_equal(unpacked_array(packed, "x", view.shape), view)


def test_a_packed_array_does_not_follow_the_array():
    array = np.ones(3)
    packed = packed_array(array)
    array[:] = 2.0
    assert unpacked_array(packed, "x", (3,)).tolist() == [1.0, 1.0, 1.0]


GOOD = packed_array(np.ones((2, 3), dtype="float32"))


@pytest.mark.parametrize(
    "packed",
    [
        None, [], "x", b"x", {}, 7,
        GOOD | {"shape": [3, 2]}, GOOD | {"shape": [6]}, GOOD | {"shape": (2, 3)}, GOOD | {"shape": None},
        GOOD | {"shape": [2, -3]}, GOOD | {"dtype": "<f8"}, GOOD | {"dtype": ">f4"}, GOOD | {"dtype": "<i4"},
        GOOD | {"dtype": "O"}, GOOD | {"dtype": ["<f4"]}, GOOD | {"data": GOOD["data"][:-1]}, GOOD | {"data": b""},
        GOOD | {"data": GOOD["data"] + b"\0"}, GOOD | {"data": "x" * 24}, GOOD | {"data": None},
    ],
    ids=str,
)  # fmt: skip
def test_arrays_that_are_not_as_they_must_be_are_refused_by_name(packed):
    with pytest.raises(InputError, match=r"^the weights: expected"):
        unpacked_array(packed, "the weights", (2, 3))


@pytest.mark.parametrize("value", [1, 1.5, "x", b"x", None, True, [], [1, [2, "x"]], {"a": {"b": [1.0]}}])
def test_a_checksum_tells_trees_apart(value):
    assert checksum_of({"x": value}) == checksum_of({"x": value})
    assert checksum_of({"x": value}) != checksum_of({"y": value})
    assert checksum_of({"x": value}) != checksum_of({"x": [value, 2]})
