"""Files that torch.load reads."""

import io
import pickletools
import zipfile

import numpy as np
import pytest

from training.exchange.pytorch.reading import STORAGES, read_torch
from training.exchange.pytorch.writing import torch_bytes

ARRAYS = {f"a.{place}": np.arange(6).reshape(2, 3).astype(dtype) for place, dtype in enumerate(STORAGES.values())}


def test_every_dtype_comes_back(tmp_path):
    (tmp_path / "a.pt").write_bytes(torch_bytes(ARRAYS, "text"))
    found, text = read_torch(tmp_path / "a.pt")
    assert text == "text"
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_the_pickle_is_complete_and_names_what_pytorch_allows():
    archive = zipfile.ZipFile(io.BytesIO(torch_bytes({"w": np.zeros((2, 3), "float32").T})))
    pickled = archive.read("archive/data.pkl")
    pickletools.dis(pickled, out=io.StringIO())  # raises ValueError where the stack is left in disorder
    names = {argument for opcode, argument, _ in pickletools.genops(pickled) if opcode.name == "GLOBAL"}
    assert names == {"torch._utils _rebuild_tensor_v2", "torch FloatStorage", "collections OrderedDict"}
    assert archive.read("archive/version") == b"3\n"


def test_pytorch_reads_them(tmp_path):
    torch = pytest.importorskip("torch")
    (tmp_path / "a.pt").write_bytes(torch_bytes(ARRAYS, "text"))
    for name, tensor in torch.load(tmp_path / "a.pt", weights_only=True).items():
        np.testing.assert_array_equal(tensor.numpy(), ARRAYS[name])


def test_a_file_of_pytorch_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    torch.save({"epoch": 1, "state": model.state_dict()}, tmp_path / "a.pt")
    found, _ = read_torch(tmp_path / "a.pt")
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(found[name], tensor.numpy())
