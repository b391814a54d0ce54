"""Every format that is both written and read gives the network back."""

import numpy as np
import pytest

from backend import InputError
from tests.training.exchange.networks import SETTINGS, difference, trained
from training.exchange import READERS, WRITERS, Hints, read_model, write_model

NEEDED = {".safetensors": "safetensors", ".onnx": "onnx", ".keras": "h5py", ".skops": "skops"}
DENSE_ONLY = (".skops",)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("suffix", READERS)
def test_a_network_comes_back(suffix, name, tmp_path):
    pytest.importorskip(NEEDED.get(suffix, "numpy"))
    if suffix in DENSE_ONLY and name not in ("dense", "normalised"):
        pytest.skip("no convolutions in this format")
    network = trained(name)
    other = read_model(write_model(network, tmp_path / f"model{suffix}"))
    assert difference(network, other) < 1e-6
    assert other.class_names == network.class_names


@pytest.mark.parametrize("suffix", [".pkl", ".npz", ".safetensors", ".pt", ".pth"])
def test_formats_with_a_description_keep_every_bit(suffix, tmp_path):
    pytest.importorskip(NEEDED.get(suffix, "numpy"))
    network = trained("convolutional", dtype="float64")
    other = read_model(write_model(network, tmp_path / f"model{suffix}"))
    assert difference(network, other) == 0.0
    assert other.dtype == "float64"


def test_everything_that_is_read_is_written():
    assert set(READERS) <= set(WRITERS)


@pytest.mark.parametrize("path", ["a.txt", "missing.npz"])
def test_other_files_are_refused(path, tmp_path):
    with pytest.raises(InputError):
        read_model(tmp_path / path)


def test_an_archive_of_a_state_dict_is_read_by_hints(tmp_path):
    generator = np.random.default_rng(0)
    state = {"fc1.weight": generator.random((5, 784)), "fc1.bias": np.zeros(5), "fc2.weight": generator.random((3, 5))}
    np.savez(tmp_path / "a.npz", **state)
    network = read_model(tmp_path / "a.npz", Hints(activation="tanh", class_names=["a", "b", "c"]))
    assert (network.input_size, network.class_names) == (784, ("a", "b", "c"))
    x = generator.random((2, 784), dtype="float32")
    z = np.tanh(x @ state["fc1.weight"].T) @ state["fc2.weight"].T
    np.testing.assert_allclose(network.predict_proba(x), np.exp(z) / np.exp(z).sum(1, keepdims=True), rtol=1e-4)
