"""Saving and loading model files, and failing writes."""

import errno
import pickle
import pickletools
from pathlib import Path

import numpy as np
import pytest

from backend import InputError
from classes import ACTIVATIONS, OPTIMIZERS, NeuralNetwork
from classes.files.model_file import contents_of, read_contents
from classes.layers import Dense, Dropout
from initializers.batches import INPUT_SCALINGS
from initializers.weights import INITIALIZERS

# What may stand in a file: instructions that build numbers, strings, bytes, lists, tuples and dicts.
HARMLESS = set(
    "PROTO FRAME STOP MARK MEMOIZE BINGET LONG_BINGET NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT "
    "SHORT_BINUNICODE BINUNICODE SHORT_BINBYTES BINBYTES BINBYTES8 EMPTY_LIST APPEND APPENDS EMPTY_TUPLE TUPLE TUPLE1 "
    "TUPLE2 TUPLE3 EMPTY_DICT SETITEM SETITEMS".split()
)


def trained(blobs, **options):
    net = NeuralNetwork(2, (8,), 3, **{"optimizer": "adam", "seed": 4, **options})
    net.train(*blobs, *blobs, epochs=2, verbose=False, keep_best=True)
    return net


def through_a_file(net, tmp_path):
    return NeuralNetwork.load_model(net.save_model(tmp_path / "model.pkl"))


def assert_same(net, again, X):
    np.testing.assert_array_equal(again.stack.parameters.values, net.stack.parameters.values)
    assert again.stack.parameters.values.dtype == net.stack.parameters.values.dtype
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))
    assert again.summary() == net.summary()
    for name in "input_size output_size input_scaling dtype class_names history info learning_rate".split():
        assert getattr(again, name) == getattr(net, name), name
    assert again.loss.settings() == net.loss.settings()
    assert (again.optimizer.kind, again.optimizer.weight_decay) == (net.optimizer.kind, net.optimizer.weight_decay)


@pytest.mark.parametrize(
    "options",
    [{"optimizer": name} for name in OPTIMIZERS]
    + [{"activation": name} for name in ACTIVATIONS]
    + [{"initializer": name} for name in INITIALIZERS]
    + [{"input_scaling": name} for name in INPUT_SCALINGS]
    + [
        {"dtype": "float64"}, {"dropout": 0.3}, {"label_smoothing": 0.1}, {"weight_decay": 0.2}, {"learning_rate": 0.7},
        {"class_names": ("a", "\u00e9", "")},
    ],
    ids=str,
)  # fmt: skip
def test_everything_comes_back(options, blobs, tmp_path):
    net = trained(blobs, **options)
    net.info = {"dataset": "blobs", "test_accuracy": 0.5, "epochs": [1, 2], "nested": {"x": None}, "flag": True}
    assert_same(net, through_a_file(net, tmp_path), blobs[0])


def test_layers_of_ones_own_come_back(blobs, tmp_path):
    net = NeuralNetwork(2, layers=[Dropout(0.1), Dense(5, "elu", "lecun_normal"), Dense(3)])
    assert_same(net, through_a_file(net, tmp_path), blobs[0])


def test_a_loaded_network_can_be_trained_on(blobs, tmp_path):
    again = through_a_file(trained(blobs), tmp_path)
    before = again.evaluate(*blobs)[0]
    again.train(*blobs, epochs=20, verbose=False)
    assert again.evaluate(*blobs)[0] < before
    assert again.optimizer.steps == 20


def test_saving_is_deterministic_and_saving_what_was_loaded_gives_the_same_bytes(blobs, tmp_path):
    net = trained(blobs)
    first = net.save_model(tmp_path / "first.pkl").read_bytes()
    assert net.save_model(tmp_path / "second.pkl").read_bytes() == first
    again = NeuralNetwork.load_model(tmp_path / "first.pkl")
    assert again.save_model(tmp_path / "third.pkl").read_bytes() == first


def test_the_file_holds_built_in_types_alone_and_any_pickle_reader_can_look_inside(blobs, tmp_path):
    data = trained(blobs).save_model(tmp_path / "model.pkl").read_bytes()
    assert data.startswith(b"\x80\x04")  # the newest protocol that every supported Python reads
    assert {opcode.name for opcode, _, _ in pickletools.genops(data)} <= HARMLESS
    packed = pickle.loads(data)["parameters"]["0.W"]
    assert (packed["shape"], packed["dtype"], len(packed["data"])) == ([2, 8], "<f4", 2 * 8 * 4)


@pytest.mark.parametrize("stored", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_stored_in_any_width_are_read_into_the_networks_own(stored, dtype, blobs, tmp_path):
    path = trained(blobs, dtype=dtype).save_model(tmp_path / "model.pkl")
    data = pickle.loads(path.read_bytes())
    del data["checksum"]
    wanted = np.linspace(-1.0, 1.0, 16).astype(stored)
    data["parameters"]["0.W"] = {"shape": [2, 8], "dtype": stored, "data": wanted.tobytes()}
    path.write_bytes(pickle.dumps(data, protocol=4))
    found = NeuralNetwork.load_model(path).stack.parameters.view("0.W")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.ravel(), wanted.astype(dtype))


def test_loading_keeps_nothing_of_the_file_but_values(blobs, tmp_path):
    again = through_a_file(trained(blobs), tmp_path)
    assert again.stack.parameters.values.flags.writeable
    assert again.optimizer.parameters is again.stack.parameters


def test_folders_are_made_and_the_path_returned(blobs, tmp_path):
    path = tmp_path / "a" / "b" / "model.pkl"
    assert trained(blobs).save_model(str(path)) == path
    assert [file.name for file in path.parent.iterdir()] == ["model.pkl"]


@pytest.fixture
def old(blobs, tmp_path):
    path = trained(blobs, seed=9).save_model(tmp_path / "model.pkl")
    return path, path.read_bytes()


def assert_whole(old):
    path, before = old
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    NeuralNetwork.load_model(path)


def test_a_full_disk_leaves_the_old_model_whole(old, blobs, monkeypatch):
    def full(self, data):
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        trained(blobs).save_model(old[0])
    monkeypatch.undo()
    assert_whole(old)


def test_contents_that_cannot_be_written_leave_the_old_model_whole(old, blobs):
    net = trained(blobs)
    net.info["callback"] = lambda: None
    with pytest.raises((InputError, TypeError, AttributeError, pickle.PicklingError)):
        net.save_model(old[0])
    assert_whole(old)


@pytest.mark.parametrize("place", ["info", "learning rate", "class names"])
def test_a_model_that_was_saved_can_be_loaded_even_with_numpy_scalars_inside(place, blobs, tmp_path):
    net = NeuralNetwork(
        2, (8,), 3,
        learning_rate=np.float64(0.1) if place == "learning rate" else 0.1,
        class_names=np.array(["a", "b", "c"]) if place == "class names" else None,
    )  # fmt: skip
    net.train(*blobs, epochs=1, verbose=False)
    if place == "info":
        net.info["test_accuracy"] = np.float64(0.5)
    try:
        path = net.save_model(tmp_path / "model.pkl")
    except InputError:
        return  # refusing at once is right too
    NeuralNetwork.load_model(path)


def test_contents_are_readable_without_building_the_network(old):
    contents = read_contents(old[0])
    assert (contents.input_size, contents.class_names) == (2, ["0", "1", "2"])
    assert [layer["kind"] for layer in contents.layers] == ["dense", "dense"]


def halved(net, tmp_path):
    return net.save_model(tmp_path / "half.pkl", weights="float16")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_half_precision_takes_half_the_room_and_is_read_into_the_networks_own_dtype(dtype, blobs, tmp_path):
    net = trained(blobs, dtype=dtype)
    again = NeuralNetwork.load_model(halved(net, tmp_path))
    values = net.stack.parameters.values
    assert again.stack.parameters.values.dtype == values.dtype
    np.testing.assert_array_equal(again.stack.parameters.values, values.astype("float16").astype(dtype))
    assert {len(each["data"]) for each in read_contents(tmp_path / "half.pkl").parameters.values()} == {
        2 * net.stack.parameters.view(name).size for name in net.stack.parameters.shapes
    }
    assert again.history == net.history
    assert again.summary() == net.summary()


def test_what_half_precision_has_kept_is_kept_again_to_the_last_byte(blobs, tmp_path):
    data = halved(trained(blobs), tmp_path).read_bytes()
    assert halved(NeuralNetwork.load_model(tmp_path / "half.pkl"), tmp_path).read_bytes() == data


def test_a_file_holds_little_beside_the_weights(blobs, tmp_path):
    net = NeuralNetwork(784, (100,), 10)
    net.history = trained(blobs).history
    assert halved(net, tmp_path).stat().st_size - 2 * net.parameter_count < 1600  # no state of the optimizer, say


@pytest.mark.parametrize("bad", [65520.0, -1e6, np.nan, np.inf])
def test_what_half_precision_cannot_hold_is_refused_and_the_old_model_left_whole(bad, old, blobs):
    net = trained(blobs)
    net.stack.parameters.view("1.W")[2, 1] = bad
    with pytest.raises(InputError, match=r"weights 1\.W: expected .*65504.* float16.*found "):
        net.save_model(old[0], weights="float16")
    assert_whole(old)


def test_weights_that_are_not_finite_are_refused_in_every_precision(old, blobs):
    net = trained(blobs)
    net.stack.parameters.view("0.b")[0] = np.nan
    with pytest.raises(InputError, match=r"weights 0\.b: .*found nan"):
        net.save_model(old[0])
    assert_whole(old)


def test_the_largest_number_of_half_precision_is_kept(blobs, tmp_path):
    net = trained(blobs)
    net.stack.parameters.view("1.W")[2, 1] = 65504.0
    assert NeuralNetwork.load_model(halved(net, tmp_path)).stack.parameters.view("1.W")[2, 1] == 65504.0


def test_an_unknown_precision_is_refused(blobs, tmp_path):
    with pytest.raises(InputError, match="float16, float32"):
        trained(blobs).save_model(tmp_path / "model.pkl", weights="int8")
    assert list(tmp_path.iterdir()) == []


def test_half_precision_costs_no_accuracy_on_mnist(mnist, tmp_path):
    net = NeuralNetwork(784, (64,), 10, optimizer="adam", learning_rate=0.003)
    net.train(mnist.X_train[:20_000], mnist.y_train[:20_000], epochs=1, verbose=False)
    again = NeuralNetwork.load_model(halved(net, tmp_path))
    before, after = (each.evaluate(mnist.X_test, mnist.y_test)[1] for each in (net, again))
    assert before > 0.9
    assert abs(after - before) <= 1e-4


def test_a_folder_is_refused_as_the_path_of_a_model(tmp_path):
    with pytest.raises(InputError, match=r"model file .+: expected the path of a file, found a folder\. Name a file"):
        NeuralNetwork(2, (3,), 2).save_model(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_an_earlier_version_has_no_checksum_and_still_loads(blobs, tmp_path):
    net = trained(blobs)
    path = net.save_model(tmp_path / "model.pkl")
    contents = pickle.loads(path.read_bytes())
    del contents["checksum"]
    path.write_bytes(pickle.dumps(contents, protocol=4))
    np.testing.assert_array_equal(NeuralNetwork.load_model(path).stack.parameters.values, net.stack.parameters.values)


def test_no_flipped_bit_goes_unnoticed(sound, tmp_path):
    """One bit of every byte: the file is refused, or it describes the same network."""
    path, generator = tmp_path / "model.pkl", np.random.default_rng(0)
    path.write_bytes(sound)
    whole = NeuralNetwork.load_model(path)
    accepted = 0
    for place in range(len(sound)):
        data = bytearray(sound)
        data[place] ^= 1 << int(generator.integers(8))
        path.write_bytes(data)
        try:
            found = NeuralNetwork.load_model(path)
        except InputError:
            continue
        accepted += 1
        assert contents_of(found) == contents_of(whole)
    assert accepted < len(sound) / 20  # such as the name of the checksum
