"""Malicious model files: a clear error, no code executed, little memory allocated."""

import pickle
import struct

import numpy as np
import pytest

from backend import InputError
from classes import NeuralNetwork
from tests.helpers.samples.hostile_files import Runs, spoilt

# --- code in disguise -----------------------------------------------------------------------------------------------


class Built:
    """Sets its attributes on loading, by way of BUILD."""

    def __init__(self):
        self.x = 1


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("inside", [True, False])
def test_a_pickle_that_would_run_a_command_runs_nothing(protocol, inside, sound, refused, tmp_path):
    canary = tmp_path / "canary"
    evil = Runs(f"touch {canary}")
    whole = {**pickle.loads(sound), "info": {"x": evil}} if inside else evil
    refused(pickle.dumps(whole, protocol=protocol))
    assert not canary.exists()
    pickle.loads(pickle.dumps(evil, protocol=protocol))  # the trap is a real one
    assert canary.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nsystem\n.",  # GLOBAL
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",  # STACK_GLOBAL
        b"(S'true'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'true'\no.",  # OBJ
        b"\x80\x02)R.",  # REDUCE
        b"\x80\x02))\x81.",  # NEWOBJ
        b"\x80\x04))}\x92.",  # NEWOBJ_EX
        b"\x80\x02}}b.",  # BUILD
        b"\x80\x02\x82\x01.",  # EXT1
        b"\x80\x02\x83\x01\x00.",  # EXT2
        b"\x80\x02\x84\x01\x00\x00\x00.",  # EXT4
        b"Pname\n.",  # PERSID
        b"\x80\x02]Q.",  # BINPERSID
        b"\x80\x05\x97.",  # NEXT_BUFFER
        b"\x80\x05C\x00\x98.",  # READONLY_BUFFER
        pickle.dumps(Built()),
        pickle.dumps({1, 2}),
        pickle.dumps(frozenset({1})),
        pickle.dumps(bytearray(b"x"), protocol=5),
        pickle.dumps(1j),
        pickle.dumps(np.zeros(3)),
        pickle.dumps(print),
    ],
    ids=lambda data: data[:12].hex(),
)
def test_every_instruction_that_looks_up_or_calls_is_refused(data, refused):
    refused(data)


# --- no model at all ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80",
        b"\x80\x04",
        b"no pickle",
        b"\x89PNG\r\n\x1a\n",
        b'{"format": 1}',
        b"\x00" * 1000,
        b"\xff" * 99,
    ]
    + [pickle.dumps(value) for value in (None, 3, "model", [], {}, [[]], {"format": "other"}, {"format": []})],
    ids=lambda data: repr(data[:12]),
)
def test_files_that_are_no_models_are_refused(data, refused):
    refused(data)


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(InputError, match=r"absent\.pkl: expected an existing file, found no such file"):
        NeuralNetwork.load_model(tmp_path / "absent.pkl")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=tmp_path.name):
        NeuralNetwork.load_model(tmp_path)


@pytest.mark.parametrize(
    "instruction",
    [
        b"B" + struct.pack("<I", 2**32 - 1),  # BINBYTES
        b"\x8e" + struct.pack("<Q", 2**62),  # BINBYTES8
        b"\x8e" + struct.pack("<Q", 2**64 - 1),
        b"X" + struct.pack("<I", 2**32 - 1),  # BINUNICODE
        b"\x8d" + struct.pack("<Q", 2**62),  # BINUNICODE8
        b"\x95" + struct.pack("<Q", 2**62) + b"N",  # FRAME
        b"\x8b" + struct.pack("<i", 2**31 - 1),  # LONG4
        b"N" + b"r" + struct.pack("<I", 2**31 - 1),  # LONG_BINPUT: the memo is a table of that length
        b"j" + struct.pack("<I", 2**31 - 1),  # LONG_BINGET
        b"((((" * 1000,
        b"e",
        b"\x94",
    ],
    ids=lambda data: data[:6].hex(),
)
def test_sizes_that_are_announced_and_not_there_are_refused(instruction, refused):
    refused(b"\x80\x04" + instruction + b"xxxx.")


def test_a_file_cut_short_anywhere_is_refused(sound, refused):
    for length in [*range(0, len(sound), 41), *range(len(sound) - 20, len(sound))]:
        refused(sound[:length])


def test_a_flipped_bit_is_refused_or_gives_a_finite_network(sound, tmp_path):
    rng = np.random.default_rng(0)
    path, refusals = tmp_path / "flipped.pkl", 0
    for place in rng.integers(len(sound), size=1500):
        data = bytearray(sound)
        data[place] ^= 1 << rng.integers(8)
        path.write_bytes(data)
        try:
            net = NeuralNetwork.load_model(path)
        except InputError as error:
            refusals += 1
            assert ": expected " in str(error)  # noqa: PT017 - both ends are right
        else:
            assert np.isfinite(net.stack.parameters.values).all()
    assert 300 < refusals < 1500


# --- models that do not hold together -------------------------------------------------------------------------------

FIELDS = (
    "input_size layers loss optimizer learning_rate input_scaling dtype class_names parameters history info".split()
)
# Whose values are a matter of their own: here only other types are tried. (True counts as the version 1.)
TYPES = {"version": bool, "learning_rate": float, "dtype": str, "class_names": list, "info": dict}


@pytest.mark.parametrize("field", ["format", "version", *FIELDS])
def test_a_missing_field_is_refused(field, sound, refused):
    refused(spoilt(sound, field))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (field, value)
        for field in ["format", "version", *FIELDS]
        for value in [None, True, 7, "x", b"x", [7], {"x": 7}, 1.5, (7,)]
        if type(value) is not TYPES.get(field)
    ],
    ids=str,
)
def test_a_field_of_another_type_is_refused(field, value, sound, refused):
    refused(spoilt(sound, field, to=value))


W = np.ones((2, 8), dtype="<f4")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 2),
        (("version",), 0),
        (("input_size",), 3),
        (("input_size",), 10**12),
        (("input_size",), -2),
        (("layers",), [{"kind": "convolution"}]),
        (("layers",), [None]),
        (("layers",), [{}]),
        (("layers", 0, "kind"), ["dense"]),
        (("layers", 0, "units"), 9),
        (("layers", 0, "units"), 10**12),
        (("layers", 0, "units"), 10**600),
        (("layers", 0, "extra"), 1),
        (("layers", 0), {"kind": "dense"}),
        (("layers", 1, "rate"), "x"),
        (("layers", 1, "rate"), None),
        (("loss", "kind"), "hinge"),
        (("loss", "label_smoothing"), "x"),
        (("optimizer", "kind"), "sgdd"),
        (("optimizer", "weight_decay"), []),
        (("input_scaling",), "zscore"),
        (("parameters", "0.W"), None),
        (("parameters", "0.W", "shape"), [8, 2]),
        (("parameters", "0.W", "shape"), (2, 8)),
        (("parameters", "0.W", "shape"), [16]),
        (("parameters", "0.W", "shape"), [2**62, 2**62]),
        (("parameters", "0.W", "dtype"), "<i4"),
        (("parameters", "0.W", "dtype"), "|O8"),
        (("parameters", "0.W", "dtype"), ">f4"),
        (("parameters", "0.W", "dtype"), []),
        (("parameters", "0.W", "data"), W.tobytes()[:-1]),
        (("parameters", "0.W", "data"), W.tobytes() + b"\0"),
        (("parameters", "0.W", "data"), b""),
        (("parameters", "0.W", "data"), "x" * 64),
        (("parameters", "0.W", "data"), np.full((2, 8), np.nan, dtype="<f4").tobytes()),
        (("parameters", "0.W", "data"), np.full((2, 8), -np.inf, dtype="<f4").tobytes()),
        (("parameters", "5.W"), {"shape": [1], "dtype": "<f4", "data": b"\0" * 4}),
        (("parameters", 7), None),
        (("history",), {"epochs": [{"epoch": 1}], "chosen_epoch": None}),
        (("history",), {"epochs": [None], "chosen_epoch": None}),
        (("history",), {"epochs": 3, "chosen_epoch": None}),
        (("history",), {"epochs": []}),
    ],
    ids=str,
)
def test_models_that_do_not_hold_together_are_refused(path, value, sound, refused):
    refused(spoilt(sound, *path, to=value))


@pytest.mark.parametrize("name", ["0.W", "0.b", "2.W", "2.b"])
def test_a_missing_parameter_is_refused(name, sound, refused):
    refused(spoilt(sound, "parameters", name))
