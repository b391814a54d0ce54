"""Conversion of model files."""

import numpy as np
import pytest

from backend import InputError
from classes.neural_network import NeuralNetwork
from tests.helpers.terminal import Recorded
from training.convert import ConversionConfig, convert


@pytest.fixture
def source(tmp_path):
    return NeuralNetwork(4, [3], 2, seed=0).save_model(tmp_path / "a.pkl")


def test_a_model_is_written_in_the_format_of_the_suffix(source, tmp_path):
    pytest.importorskip("onnx")
    assert convert(Recorded(), source, tmp_path / "b.onnx", ConversionConfig()) == 0
    assert (tmp_path / "b.onnx").stat().st_size > 0


def test_an_unknown_suffix_is_refused_and_nothing_written(source, tmp_path):
    with pytest.raises(InputError, match="suffix of the output"):
        convert(Recorded(), source, tmp_path / "b.abc", ConversionConfig())
    assert not (tmp_path / "b.abc").exists()


def test_the_code_of_the_modules_is_shown_beside_a_state_dict(source, tmp_path):
    console = Recorded()
    assert convert(console, source, tmp_path / "b.pt", ConversionConfig()) == 0
    assert "nn.Linear(4, 3)" in console.out


def test_the_flags_say_what_the_file_does_not(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", **{"a.weight": rng.random((3, 4)), "b.weight": rng.random((2, 3))})
    config = ConversionConfig(activation="tanh", input_scaling="standard", class_names=("no", "yes"))
    convert(Recorded(), tmp_path / "a.npz", tmp_path / "b.pkl", config)
    network = NeuralNetwork.load_model(tmp_path / "b.pkl")
    assert (network.class_names, network.input_scaling) == (("no", "yes"), "standard")
    assert network.stack.layers[0].activation == "tanh"
