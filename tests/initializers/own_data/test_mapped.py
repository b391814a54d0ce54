"""Arrays that stay in their files."""

import numpy as np
import pytest

from initializers.own_data import load_own_data
from initializers.own_data.mapped import mapped_dataset
from tests.helpers.samples.mirror_server import tiny_arrays


def write(folder, change=lambda name, array: array):
    """Write the four files; return their arrays."""
    X_train, y_train, X_test, y_test = tiny_arrays()
    for images in (X_train, X_test):
        images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    named = {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}
    named = {name: change(name, array) for name, array in named.items()}
    for name, array in named.items():
        np.save(folder / f"{name}.npy", array)
    return named


def test_images_stay_in_their_files(tmp_path):
    named = write(tmp_path)
    dataset = load_own_data(tmp_path, notify=pytest.fail)
    for part in ("train", "test"):
        X = getattr(dataset, f"X_{part}")
        assert isinstance(X, np.memmap)
        assert not X.flags.writeable
        np.testing.assert_array_equal(X, named[f"X_{part}"].reshape(len(X), 784))
        labels = [dataset.class_names[label] for label in getattr(dataset, f"y_{part}")]
        assert labels == [str(label) for label in named[f"y_{part}"]]
    assert dataset.name == tmp_path.name


def test_a_network_learns_from_them(tmp_path):
    from classes import NeuralNetwork

    write(tmp_path)
    dataset = load_own_data(tmp_path, notify=pytest.fail)
    one, other = (NeuralNetwork(784, (8,), 10, seed=1) for _ in range(2))
    one.train(dataset.X_train, dataset.y_train, epochs=2, verbose=False)
    other.train(np.array(dataset.X_train), dataset.y_train, epochs=2, verbose=False)
    np.testing.assert_array_equal(one.stack.parameters.values, other.stack.parameters.values)


def test_the_fingerprint_is_that_of_the_content(tmp_path):
    prints = set()
    for name, amount in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, lambda name, array, amount=amount: array if name != "y_test" else (array + amount) % 10)
        prints.add(mapped_dataset(tmp_path / name, "n").fingerprint)
    assert len(prints) == 2


@pytest.mark.parametrize(
    ("which", "change"),
    [
        ("X", lambda X: X / 255),
        ("X", lambda X: 255 - X),
        ("X", lambda X: X // 16),
        ("X", lambda X: X[:, :14]),
        ("y", lambda y: np.array(list("abcdefghij"))[y]),
        ("y", lambda y: np.eye(10)[y]),
    ],
    ids=["floats", "dark on light", "up to 16", "another size", "names", "one-hot"],
)
def test_what_has_to_be_converted_is(tmp_path, which, change):
    write(tmp_path, lambda name, array: change(array) if name[0] == which else array)
    assert mapped_dataset(tmp_path, "n") is None
    dataset = load_own_data(tmp_path, notify=lambda text: None)
    assert dataset.X_train.shape == (40, 784)
    assert len(dataset.class_names) == 10


def test_other_folders_are_left_to_others(tmp_path):
    assert mapped_dataset(tmp_path, "n") is None
