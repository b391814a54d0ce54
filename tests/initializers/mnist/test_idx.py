"""IDX files: round trips of every type and rank, and errors for damaged files."""

import gzip
import os
import tempfile
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from backend.errors import InputError
from initializers.mnist.files import MNIST_FILES
from initializers.mnist.idx import IDX_TYPES, map_idx, read_idx, write_idx
from tests.helpers.samples.mirror_server import idx_bytes

SMALL = idx_bytes(np.arange(6, dtype=np.uint8).reshape(2, 3))


def header(kind: int, *shape: int) -> bytes:
    return bytes([0, 0, kind, len(shape)]) + b"".join(length.to_bytes(4, "big") for length in shape)


any_idx_array = st.tuples(st.sampled_from(list(IDX_TYPES.values())), st.sampled_from("<>")).flatmap(
    lambda choice: arrays.arrays(
        choice[0].newbyteorder(choice[1]), arrays.array_shapes(min_dims=0, max_dims=5, min_side=0)
    )
)


@given(any_idx_array)
@settings(deadline=None)
def test_what_is_written_is_read(array):
    with tempfile.TemporaryDirectory() as folder:
        path = write_idx(Path(folder) / "array", array)
        packed = Path(folder) / "packed"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        for copy in (read_idx(path), read_idx(packed), read_idx(path.read_bytes()), map_idx(path)):
            assert copy.shape == array.shape
            assert copy.dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
            np.testing.assert_array_equal(copy, array)
        del copy  # Windows keeps a mapped file from being removed


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (0x08, "00 ff", [0, 255]),
        (0x09, "7f ff", [127, -1]),
        (0x0B, "01 00 ff fe", [256, -2]),
        (0x0C, "00 01 00 00 80 00 00 00", [65536, -(2**31)]),
        (0x0D, "3f 80 00 00 c0 40 00 00", [1.0, -3.0]),
        (0x0E, "3f f0 00 00 00 00 00 00 c0 08 00 00 00 00 00 00", [1.0, -3.0]),
    ],
)
def test_every_type_from_bytes_by_hand(kind, values, expected, tmp_path):
    data = header(kind, 2) + bytes.fromhex(values)
    array = read_idx(data)
    assert array.tolist() == expected
    assert array.dtype.isnative
    assert write_idx(tmp_path / "copy", array).read_bytes() == data


def test_a_read_array_is_its_reader_s_own(tmp_path):
    path = write_idx(tmp_path / "array", np.zeros(3, np.uint8))
    array = read_idx(path)
    array[:] = 1
    assert read_idx(path).tolist() == [0, 0, 0]


def test_a_transposed_array_is_written_in_c_order(tmp_path):
    array = np.arange(6, dtype=np.int16).reshape(2, 3).T
    assert read_idx(write_idx(tmp_path / "array", array)).tolist() == array.tolist()


def test_ranks_up_to_numpy_s_last(tmp_path):
    array = np.full((1,) * 64, 7, np.uint8)
    assert read_idx(write_idx(tmp_path / "array", array)).shape == array.shape
    with pytest.raises(InputError, match="rank 255"):
        read_idx(header(8, *[1] * 255) + b"7")


def test_a_map_is_a_plain_array_that_no_one_can_write_to(tmp_path):
    path = write_idx(tmp_path / "array", np.arange(6, dtype=np.uint8).reshape(2, 3))
    array = map_idx(path)
    assert type(array) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 9
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.flags.writeable = True


def test_gzip_in_two_members_is_one_file():
    data = gzip.compress(SMALL[:7]) + gzip.compress(SMALL[7:])
    assert read_idx(data).tolist() == [[0, 1, 2], [3, 4, 5]]


BROKEN = {
    "empty": (b"", "(none)"),
    "a web page": (b"<!DOCTYPE html>", "3c 21 44 4f"),
    "half a magic number": (SMALL[:3], "00 00 08"),
    "an unknown type": (b"\0\0\x0a\x01\0\0\0\0", "00 00 0a 01"),
    "a magic number of the other byte order": (SMALL[3::-1], "02 08 00 00"),
    "half a shape": (SMALL[:9], "after 5 bytes"),
    "a byte too few": (SMALL[:-1], "after 5."),
    "a byte too many": (SMALL + b"\0", "more after them"),
    "a count that is too high": (header(8, 3, 3) + bytes(6), "after 6."),
    "a count that is too low": (header(8, 1, 3) + bytes(6), "more after them"),
    "a product past 64 bits": (header(0x0E, *[2**32 - 1] * 3), "rank 3"),
    "nothing, times too much": (header(8, 0, *[2**32 - 1] * 3), "rank 4"),
}


@pytest.mark.parametrize(("data", "found"), BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("reader", [read_idx, map_idx])
def test_a_broken_file_is_named_with_what_is_wrong(reader, data, found, tmp_path):
    path = tmp_path / "broken-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        reader(path)
    assert str(path) in str(caught.value)
    assert found in str(caught.value)


DAMAGED = {
    "cut short": gzip.compress(SMALL)[:-9],
    "without its checksum": gzip.compress(SMALL)[:-8],
    "a wrong checksum": gzip.compress(SMALL)[:-8] + bytes(8),
    "a flipped bit": gzip.compress(bytes(12) + SMALL)[:14] + b"\xff" + gzip.compress(bytes(12) + SMALL)[15:],
    "another file behind it": gzip.compress(SMALL) + b"more",
    "a header and nothing else": gzip.compress(SMALL)[:10],
    "two bytes": b"\x1f\x8b",
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_gzip_is_named(data, tmp_path):
    path = tmp_path / "damaged.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"damaged\.gz: expected an undamaged gzip file"):
        read_idx(path)


def test_the_hostile_bytes_of_any_kind_raise_nothing_else():
    rng = np.random.default_rng(0)
    packed = gzip.compress(SMALL)
    for data in (SMALL, packed):
        for _ in range(300):
            damaged = bytearray(data)
            damaged[rng.integers(len(damaged))] = rng.integers(256)
            try:
                read_idx(bytes(damaged), limit=2**16)
            except InputError:
                continue


@pytest.mark.parametrize("reader", [read_idx, map_idx])
@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_opened_is_named(reader, name, tmp_path):
    with pytest.raises(InputError, match="a file that can be read"):
        reader(tmp_path / name)


def peak(call) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def bomb(start: bytes, zeros: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(start), *(packer.compress(bytes(2**20)) for _ in range(zeros // 2**20)), packer.flush()]
    return b"".join(pieces)


def test_a_gzip_bomb_takes_no_more_than_it_announces():
    data = bomb(header(8, 10), 2**27)
    assert len(data) < 2**18
    assert peak(lambda: read_idx(data)) < 2**21


def test_an_announcement_takes_no_memory_before_the_bytes_arrive():
    data = gzip.compress(header(8, 2**30) + bytes(10))
    assert peak(lambda: read_idx(data)) < 2**22


def test_an_announcement_above_the_limit_is_refused_unread():
    data = bomb(header(8, 2**25), 2**25)
    with pytest.raises(InputError, match="at most 1,000 bytes of values, found a header that announces 33,554,432"):
        read_idx(data, limit=1000)
    assert peak(lambda: read_idx(data, limit=1000)) < 2**21


@pytest.mark.parametrize("values", [np.zeros(2, np.int64), np.zeros(2, complex), np.array(["a"]), np.zeros(2, bool)])
def test_types_without_a_code_are_refused_and_nothing_is_written(values, tmp_path):
    with pytest.raises(InputError, match="uint8, int8, int16, int32, float32, float64"):
        write_idx(tmp_path / "array", values)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="MNIST_DIR names no folder with the real files")
@pytest.mark.parametrize("file", MNIST_FILES, ids=lambda file: file.name)
def test_the_real_files_have_the_shapes_of_the_table(file):
    array = read_idx(Path(os.environ["MNIST_DIR"]) / file.name)
    assert array.shape == file.shape
    assert array.dtype == np.uint8
