"""Files of arrays."""

import numpy as np
import pytest

from backend import InputError
from training.exchange.array_files import ARRAY_FILES, read_arrays, write_arrays

ARRAYS = {
    "10.weight": np.arange(6, dtype="float32").reshape(2, 3),
    "2.weight": np.arange(3, dtype="float64")[::-1],
    "count": np.array(7, dtype="int64"),
    "pixels": np.arange(4, dtype="uint8").reshape(2, 2).T,
    "empty": np.zeros((0, 3), dtype="float32"),
}


@pytest.fixture(params=ARRAY_FILES)
def path(request, tmp_path):
    if request.param == ".safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"a{request.param}"


@pytest.mark.parametrize("text", [None, "{ä}"])
def test_arrays_and_text_come_back_as_they_were(path, text):
    found, beside = read_arrays(write_arrays(path, ARRAYS, text))
    assert beside == text
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)


def test_names_are_in_their_natural_order_or_as_they_were_written(path):
    names = list(read_arrays(write_arrays(path, ARRAYS))[0])
    assert names in (list(ARRAYS), ["2.weight", "10.weight", "count", "empty", "pixels"])


def test_a_damaged_file_is_refused(path):
    data = bytearray(write_arrays(path, ARRAYS).read_bytes())
    for cut in (0, 1, len(data) // 2):
        path.write_bytes(data[:cut])
        with pytest.raises(InputError, match=path.name):
            read_arrays(path)


def test_a_missing_file_is_named(path):
    with pytest.raises(InputError, match="an existing file"):
        read_arrays(path)


def test_objects_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{}], dtype=object))
    with pytest.raises(InputError, match="pickle"):
        read_arrays(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", a=np.array(["text"]))
    with pytest.raises(InputError, match="numbers"):
        read_arrays(tmp_path / "b.npz")


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.npz"):
        write_arrays(tmp_path / "a.csv", ARRAYS)
    assert not list(tmp_path.iterdir())
