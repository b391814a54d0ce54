"""The OpenAPI description."""

import json

from web.server.answers import STEP_TEXTS
from web.server.description import description
from web.server.limits import Allowance
from web.server.requests import DIGITS, asked_in_json


def references(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_references_lead_somewhere_and_it_is_json():
    found = json.loads(json.dumps(description("/x", Allowance())))
    assert set(references(found)) == {"#/components/schemas/Error"}
    assert set(found["components"]["schemas"]["Error"]["properties"]["error"]["properties"]) == {
        "what", "expected", "found", "advice",
    }  # fmt: skip
    assert found["servers"] == [{"url": "/x"}]
    assert "8,388,608 bytes" in found["info"]["description"]


def test_it_names_the_fields_that_are_read():
    body = description("", Allowance())["paths"]["/api/predict"]["post"]["requestBody"]["content"]
    drawing, pixels = body["application/json"]["schema"]["oneOf"]
    assert drawing["properties"]["digits"]["enum"] == list(DIGITS)
    values = {"strokes": [[[1, 2]]], "width": 50, "height": 50, "pen": 3, "model": None, "digits": "one"}
    flags = {"steps": True, "explain": True, "activations": True}
    assert set(drawing["properties"]) == set(values | flags)
    assert asked_in_json(json.dumps(values | flags).encode()).steps
    assert set(pixels["properties"]) == {"pixels", "model", "digits", *flags}


def test_every_step_has_a_text():
    assert all(text.endswith(".") for text in STEP_TEXTS.values())
