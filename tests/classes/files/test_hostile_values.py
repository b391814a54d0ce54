"""Model files with valid types and values out of range, too deep, too many or too large."""

import contextlib
import pickle

import numpy as np
import pytest

from backend import InputError
from classes import NeuralNetwork
from tests.helpers.samples.hostile_files import spoilt


def folded(depth):
    """Return a list of 2^depth leaves that a pickle writes in `depth` lines, since each level is one object twice."""
    value = []
    for _ in range(depth):
        value = [value, value]
    return value


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def in_itself():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(path, value, id=f"{' '.join(map(str, path))} {str(value)[:20]}")
        for path, value in [
            (("layers",), []),
            (("layers", 0, "units"), 0),
            (("layers", 0, "units"), -1),
            (("layers", 0, "units"), "8"),
            (("layers", 0, "activation"), "rulu"),
            (("layers", 0, "activation"), []),
            (("layers", 0, "initializer"), "glorot"),
            (("layers", 1, "rate"), 1.0),
            (("layers", 1, "rate"), float("nan")),
            (("loss", "label_smoothing"), 1.0),
            (("optimizer", "weight_decay"), -1.0),
            (("learning_rate",), 0.0),
            (("learning_rate",), float("nan")),
            (("dtype",), "float16"),
            (("class_names",), []),
            (("class_names",), [1, 2, 3]),
            (("optimizer", "weight_decay"), "x"),
            (("optimizer", "weight_decay"), 10**400),
            (("history", "epochs", 0, "train_loss"), "x"),
            (("history", "epochs", 0, "epoch"), []),
            (("history", "chosen_epoch"), "x"),
            (("info",), {((1,),): 2}),  # tuples as keys: nested, they take exponential time to hash
        ]
    ],
)
def test_values_out_of_range_are_refused_by_the_files_name(path, value, sound, refused):
    refused(spoilt(sound, *path, to=value))


PLACES = [("version",), ("layers", 0, "units"), ("parameters", "0.W", "shape"), ("parameters", "0.W", "dtype")]


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_lists_that_hold_themselves_are_refused(path, sound, refused):
    refused(spoilt(sound, *path, to=in_itself()))


def test_information_that_holds_itself_is_refused_since_it_could_not_be_copied(sound, refused):
    refused(spoilt(sound, "info", to={"x": in_itself()}))


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_folded_lists_are_refused_without_unfolding_them(path, sound, refused):
    refused(spoilt(sound, *path, to=folded(17)))


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_lists_nested_too_deep_are_refused(path, sound, refused):
    marker = "replace me"
    data = spoilt(sound, *path, to=marker)
    deep = b"]" * 50_000 + b"a" * 49_999  # pickle.dumps itself could not write this
    text = b"\x8c\x0areplace me\x94"
    assert text in data
    head, tail = data.split(text)
    refused(head[:2] + head[11:] + deep + b"\x94" + tail)  # without the frame, whose length would be wrong now


def test_weights_too_large_for_the_networks_own_type_are_refused(sound, refused):
    data = np.full((2, 8), 1e300).tobytes()
    refused(spoilt(sound, "parameters", "0.W", to={"shape": [2, 8], "dtype": "<f8", "data": data}))


def test_many_layers_without_weights_take_little_memory(sound, tmp_path, peak_of):
    contents = pickle.loads(sound)
    del contents["checksum"]  # a forger would mend it
    contents["layers"][1:2] = [{"kind": "dropout", "rate": 0.5}] * 2000  # each has buffers for 1000 rows of 8
    last = f"{len(contents['layers']) - 1}"
    contents["parameters"] = {name.replace("2.", f"{last}."): packed for name, packed in contents["parameters"].items()}
    path = tmp_path / "long.pkl"
    path.write_bytes(pickle.dumps(contents, protocol=4))

    def load():
        with contextlib.suppress(InputError):  # refusing so many layers would be right too
            NeuralNetwork.load_model(path)

    assert peak_of(load) < 2**25
