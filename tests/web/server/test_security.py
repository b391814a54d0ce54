"""Foreign names and foreign pages are refused; every answer has the headers."""

import pytest

from tests.web.server.conftest import parts
from web.server.security import HEADERS, Security


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000", "10.0.0.7", "digits.example"]
)
def test_own_names_and_addresses(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example", "a@localhost", "[::1"]
)
def test_foreign_names(client, host):
    response = client.get("/healthz", headers={"Host": host})
    assert response.status_code == 403
    assert parts(response)["what"] == "header Host"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "", "http://localhost:3000", "http://127.0.0.1", "http://localhost.evil.example"],
)
def test_foreign_pages(client, seven, origin):
    response = client.post("/api/predict", json=seven, headers={"Origin": origin})
    assert response.status_code == 403
    assert parts(response)["what"] == "header Origin"


def test_the_own_page(client, seven):
    assert client.post("/api/predict", json=seven, headers={"Origin": "http://localhost"}).status_code == 200
    assert client.get("/api/models", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    host = {"Host": "digits.example", "Origin": "https://digits.example"}  # behind a proxy that encrypts
    assert client.get("/api/models", headers=host).status_code == 200


def test_a_foreign_page_cannot_load_answers_as_pictures_or_scripts_but_may_link_to_the_page(client):
    for site in ("cross-site", "same-site"):
        assert client.get("/api/training", headers={"Sec-Fetch-Site": site}).status_code == 403
        assert client.get("/", headers={"Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize(("path", "headers"), [("/", {}), ("/nowhere", {}), ("/healthz", {"Host": "evil.example"})])
def test_every_answer_has_the_headers(client, path, headers):
    response = client.get(path, headers=headers)
    assert {name: response.headers[name] for name in HEADERS} == HEADERS


def test_no_script_inside_the_page_runs_and_nobody_frames_it():
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"


def test_names_are_compared_in_lower_case():
    assert "digits.example" in Security(None, ["Digits.Example"]).names
