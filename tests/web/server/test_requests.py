"""What may be sent."""

import json

import numpy as np
import pytest

from web.server.drawing import Drawing
from web.server.errors import Refusal
from web.server.requests import MOST_POINTS, MOST_STROKES, asked_in_form, asked_in_json

DRAWN = {"strokes": [[[1, 2], [3, 4, 0.25]]], "width": 100, "height": 80}


def asked(**fields):
    return asked_in_json(json.dumps(fields).encode())


def test_defaults():
    found = asked(**DRAWN)
    assert found.picture == Drawing((((1.0, 2.0, 0.5), (3.0, 4.0, 0.25)),), 100, 80, 18.0)
    assert (found.name, found.model, found.several) == ("drawing", None, None)
    assert (found.steps, found.explain, found.activations) == (False, False, False)


def test_choices():
    found = asked(**DRAWN, digits="several", steps=True, explain=True, activations=True, model="a.pkl", pen=7.5)
    assert found.several is True
    assert found.steps
    assert found.explain
    assert found.activations
    assert found.model == "a.pkl"
    assert found.picture.pen == 7.5


def test_far_points_and_odd_pressures_are_moved():
    found = asked(strokes=[[[1e300, -1e300, 7], [5, 5, -1]]], width=100, height=80)
    assert found.picture.strokes == (((200.0, -80.0, 1.0), (5.0, 5.0, 0.0)),)


def test_pixels():
    found = asked(pixels=[[0, 255, 12.6], [1, 2, 3]])
    assert found.picture.dtype == np.uint8
    assert found.picture.tolist() == [[0, 255, 13], [1, 2, 3]]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"strokes": []},
        {"pixels": [[1]], "strokes": []},
        DRAWN | {"width": 15},
        DRAWN | {"width": 2049},
        DRAWN | {"width": "100"},
        DRAWN | {"width": True},
        DRAWN | {"height": None},
        DRAWN | {"pen": 0},
        DRAWN | {"pen": []},
        DRAWN | {"digits": "both"},
        DRAWN | {"digits": ["one"]},
        DRAWN | {"model": 1},
        DRAWN | {"steps": 1},
        DRAWN | {"steps": "maybe"},
        DRAWN | {"steps": {}},
        DRAWN | {"colour": "red"},
        DRAWN | {"strokes": {}},
        DRAWN | {"strokes": [1]},
        DRAWN | {"strokes": [[1]]},
        DRAWN | {"strokes": [[[1]]]},
        DRAWN | {"strokes": [[[1, 2, 3, 4]]]},
        DRAWN | {"strokes": [[["1", 2]]]},
        DRAWN | {"strokes": [[[None, 2]]]},
        DRAWN | {"strokes": [[[True, 2]]]},
        DRAWN | {"strokes": [[[10**30, 2]]]},
        DRAWN | {"strokes": [[]] * (MOST_STROKES + 1)},
        DRAWN | {"strokes": [[[1, 1]] * (MOST_POINTS + 1)]},
        {"pixels": []},
        {"pixels": [[]]},
        {"pixels": [[1, 2], [3]]},
        {"pixels": [[256]]},
        {"pixels": [[-1]]},
        {"pixels": [["a"]]},
        {"pixels": [[None]]},
        {"pixels": [[[1]]]},
        {"pixels": [[10**400]]},
        {"pixels": [[0]] * 2049},
        {"pixels": "abc"},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_wrong_values(fields):
    with pytest.raises(Refusal) as caught:
        asked(**fields)
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nonsense", b'{"strokes": NaN}', b'{"width": 1e999', b"\xff", b"[" * 10**6, b"1" * 5000],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json(body):
    with pytest.raises(Refusal) as caught:
        asked_in_json(body)
    assert caught.value.status == 400


def test_infinite_numbers_are_refused():
    with pytest.raises(Refusal, match="finite numbers"):
        asked_in_json(b'{"strokes": [[[1e999, 2]]], "width": 100, "height": 100}')


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a.png", "a.png"), ("/etc/a.png", "a.png"), ("..\\b\\c.png", "c.png"), ("", "picture"), ("x\n\x00y", "xy")],
)
def test_names_of_files_lose_their_folders(name, shown):
    assert asked_in_form({}, name, b"").name == shown
    assert len(asked_in_form({}, "n" * 5000, b"").name) == 100


def test_words_for_yes_and_no_in_forms():
    found = asked_in_form({"steps": "1", "explain": "False", "activations": "on"}, "a", b"")
    assert (found.steps, found.explain, found.activations) == (True, False, True)
    with pytest.raises(Refusal, match="only the fields"):
        asked_in_form({"strokes": "[]"}, "a", b"")
