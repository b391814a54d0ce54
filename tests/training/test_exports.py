"""What a training writes for other tools."""

import numpy as np
import pytest

from backend import InputError
from initializers.mnist.embedded import embedded_digits
from tests.helpers.terminal import Recorded
from training.config import TrainingConfig
from training.exchange import read_model
from training.exchange.array_files import read_arrays
from training.exports import check_exports, write_exports
from training.workflow import new_network


@pytest.fixture(scope="module")
def digits():
    return embedded_digits()


def test_the_network_and_the_data_are_written(digits, tmp_path):
    config = TrainingConfig(hidden_sizes=(8,), export=tmp_path / "m.npz", save_data=tmp_path / "d.pt")
    network, console = new_network(config, digits), Recorded()
    check_exports(config, network)
    assert not list(tmp_path.iterdir())
    write_exports(console, config, network, digits)
    np.testing.assert_array_equal(
        read_model(config.export).predict_proba(digits.X_test), network.predict_proba(digits.X_test)
    )
    arrays, _ = read_arrays(config.save_data)
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "X_train": "uint8", "X_test": "uint8", "y_train": "int64", "y_test": "int64",
    }  # fmt: skip
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, getattr(digits, name))
    assert "m.npz" in console.out
    assert "d.pt" in console.out


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"export": "m.txt"}, "suffix of the output"), ({"save_data": "d.csv"}, "suffix of a file of arrays")],
)
def test_what_cannot_be_written_is_refused_before_training(digits, wrong, message, tmp_path):
    config = TrainingConfig(hidden_sizes=(8,), **{name: tmp_path / path for name, path in wrong.items()})
    with pytest.raises(InputError, match=message):
        check_exports(config, new_network(config, digits))


def test_nothing_is_written_unless_it_is_asked_for(digits):
    console = Recorded()
    write_exports(console, TrainingConfig(), new_network(TrainingConfig(), digits), digits)
    assert not console.out
