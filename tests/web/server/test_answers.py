"""What an answer contains."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from testing.inference.ensemble import load_predictor
from testing.inference.model_files import PRETRAINED
from web.server.answers import STEP_TEXTS, answer, predicted_form, predicted_json
from web.server.requests import asked_in_json


@pytest.fixture
def ask(store):
    return lambda fields, **more: answer(asked_in_json(json.dumps(fields | more).encode()), store)


def test_images_are_what_the_network_saw(ask, seventeen):
    found = ask(seventeen)
    assert found["digits"] == "17"
    network = load_predictor([PRETRAINED])
    p = network.predict_proba(np.array(found["images"], np.uint8))
    assert np.abs(p - np.array(found["probabilities"])).max() < 1e-6
    for row, second in zip(found["probabilities"], found["runners_up"], strict=True):
        assert second["probability"] == sorted(row)[-2]
        assert row[int(second["digit"])] == second["probability"]
    assert found["milliseconds"]["preparation"] > 0 < found["milliseconds"]["prediction"]
    assert not {"steps", "saliency", "without", "activations"} & set(found)


def test_an_empty_canvas_is_no_digit(ask, seven):
    found = ask(seven | {"strokes": []}, steps=True, explain=True, activations=True)
    assert not found["sure"]
    assert found["reason"] == found["refusal"]
    assert found["reason"].endswith(".")
    one = ask(seven | {"strokes": []}, digits="one")
    assert one["refusal"]


def test_doubt_is_a_sentence(ask):
    scribble = [[[20 + 60 * (k % 2), 20 + 2 * k] for k in range(40)]]
    found = ask({"strokes": scribble, "width": 120, "height": 120, "pen": 5}, digits="one")
    assert not found["sure"]
    assert found["reason"]


def test_steps_are_pictures_from_the_whole_to_each_digit(ask, seventeen):
    steps = ask(seventeen, steps=True)["steps"]
    assert [step["name"] for step in steps if step["digit"] is None] == ["picture", "dark ink", "no shadows", "ink"]
    for number in (0, 1):
        assert [step["name"] for step in steps if step["digit"] == number] == ["digit", "strokes", "28 x 28"]
    for step in steps:
        assert step["text"] == STEP_TEXTS[step["name"]]
        kind, data = step["png"].split(",")
        picture = Image.open(io.BytesIO(base64.b64decode(data)))
        assert (kind, picture.size) == ("data:image/png;base64", (step["width"], step["height"]))
        assert step["digit"] is not None or np.asarray(picture).mean() > 128, "ink is dark"


def test_the_steps_of_one_digit(ask, seven):
    steps = ask(seven, steps=True, digits="one")["steps"]
    assert [step["digit"] for step in steps] == [None] * 4 + [0] * 3


def test_activations_are_relative_to_the_largest(ask, seven):
    ((first, second),) = ask(seven, activations=True)["activations"]
    assert (first["kind"], first["shape"], len(first["values"])) == ("dense", [1000], 1000)
    assert second["shape"] == [640]
    for layer in (first, second):
        assert min(layer["values"]) == 0
        assert max(layer["values"]) == 1


def test_saliency_is_only_where_ink_is(ask, seven):
    found = ask(seven, explain=True)
    (image,), (weights,) = found["images"], found["saliency"]
    assert max(map(abs, weights)) == 1
    assert max(abs(weight) for pixel, weight in zip(image, weights, strict=True) if pixel == 0) < 1e-6
    assert found["without"] == []  # it has one stroke


def test_without_each_stroke(ask, seventeen):
    assert [(found["stroke"], found["digits"]) for found in ask(seventeen, explain=True)["without"]] == [
        (0, "7"),
        (1, "1"),
    ]
    many = seventeen | {"strokes": seventeen["strokes"] * 7}
    assert ask(many, explain=True)["without"] == []


def test_status_and_body(store, seven, monkeypatch):
    status, body = predicted_json(store, json.dumps(seven).encode())
    assert (status, json.loads(body)["digits"]) == (200, "7")
    assert predicted_form(store, {}, "a.png", b"nothing")[0] == 415
    assert predicted_json(store, b"{}")[0] == 422

    def no_room(*_):
        raise MemoryError

    monkeypatch.setattr("web.server.answers.answer", no_room)
    assert predicted_json(store, json.dumps(seven).encode())[0] == 413
