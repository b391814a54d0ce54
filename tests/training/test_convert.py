"""Conversion of model files."""

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
