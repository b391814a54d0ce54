"""The addresses, from outside."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from initializers.handwriting.picture_files import open_picture
from testing.inference.ensemble import load_predictor
from testing.inference.model_files import PRETRAINED
from testing.reading import read_picture
from tests.web.server.conftest import parts
from web.server.app import Settings, new_app


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_a_drawn_seven_is_read(client, seven):
    answer = client.post("/api/predict", json=seven).json()
    assert answer["digits"] == "7"
    assert answer["sure"]
    assert answer["path"] == "drawing"
    assert answer["model"] == "pretrained.pkl"


def test_a_file_gets_the_answer_of_the_script(client, tmp_path, seven):
    pixels = np.full((140, 140), 255, np.uint8)
    pixels[30:110, 66:75] = 0
    path = tmp_path / "one.png"
    path.write_bytes(png(pixels))
    network = load_predictor([PRETRAINED])
    wanted = read_picture(network, path, several=None).to_dict(network.class_names)
    answer = client.post("/api/predict", files={"file": ("one.png", path.read_bytes())}).json()
    assert {name: answer[name] for name in wanted} == wanted | {"path": "one.png"}
    grey = client.post("/api/predict", json={"pixels": open_picture(path).pixels.tolist()}).json()
    assert grey["probabilities"] == wanted["probabilities"]


def test_form_fields_choose_as_json_does(client):
    pixels = np.full((100, 60), 255, np.uint8)
    pixels[20:80, 27:34] = 0
    fields = {"digits": "one", "steps": "true", "explain": "", "model": "pretrained.pkl"}
    answer = client.post("/api/predict", files={"file": ("C:\\x\\one.png", png(pixels))}, data=fields).json()
    assert answer["digits"] == "1"
    assert answer["path"] == "one.png"
    assert answer["steps"]
    assert "saliency" not in answer


@pytest.mark.parametrize(
    ("send", "status"),
    [
        ({"json": {"strokes": [], "pixels": []}}, 422),
        ({"json": [1]}, 422),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"\xff\xfe", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"x" * 200_001, "headers": {"Content-Type": "application/json"}}, 413),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"x"}, 415),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=a"}}, 400),
        ({"files": {"other": b"x"}}, 422),
        ({"files": {"file": b"no picture"}}, 415),
        ({"files": {"file": b""}}, 415),
        ({"files": [("file", b"x"), ("file", b"y")]}, 400),
        ({"files": {"file": b"x"}, "data": {"digits": "many"}}, 422),
        ({"files": {"file": b"x"}, "data": {"colour": "red"}}, 422),
        ({"json": {"pixels": [[0, 255], [255, 0]], "model": "../pretrained.pkl"}}, 404),
        ({"json": {"pixels": [[0, 255], [255, 0]], "model": "/etc/passwd"}}, 404),
    ],
)
def test_bad_requests_are_answered_in_four_parts(client, send, status):
    response = client.post("/api/predict", **send)
    assert response.status_code == status
    parts(response)


def test_a_truncated_and_a_huge_picture_are_refused_without_a_path(client):
    whole = png(np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8))
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    for content in (whole[: len(whole) // 2], bomb.getvalue()):
        response = client.post("/api/predict", files={"file": ("a.png", content)})
        assert response.status_code == 415
        assert parts(response)["what"] == "picture a.png"
        assert "/" not in response.text.replace("\\/", "")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/predict", 405),
        ("DELETE", "/api/model", 405),
        ("PUT", "/api/training", 405),
        ("POST", "/", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/api/nowhere", 404),
        ("GET", "/../pyproject.toml", 404),
        ("GET", "/%2e%2e/pyproject.toml", 404),
        ("GET", "/..%2fpyproject.toml", 404),
        ("GET", "/api/model?name=none.pkl", 404),
    ],
)
def test_unknown_addresses_and_methods(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    parts(response)


def test_the_page_and_its_modules_are_served(client):
    assert "Digits" in client.get("/").text
    module = client.get("/page.js")
    assert module.headers["content-type"].startswith("text/javascript")
    assert "etag" in module.headers


def test_health_and_description(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    described = client.get("/openapi.json").json()
    endless = "/api/training/events"
    assert endless in described["paths"]
    for path, operations in described["paths"].items():
        for method in operations if path != endless else ():
            assert client.request(method, path).status_code not in (404, 405), (path, method)


def test_a_model_is_described(client):
    assert client.get("/api/models").json()[0]["name"] == "pretrained.pkl"
    model = client.get("/api/model", params={"name": "pretrained.pkl"}).json()
    assert model == client.get("/api/model").json()
    assert model["classes"] == list("0123456789")
    assert "pretrained model" in model["card"]


def test_everything_also_works_behind_a_prefix(store, page, seven):
    app = new_app(Settings(store, page=page, prefix="/a/b"))
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/a/b", follow_redirects=False).headers["location"] == "/a/b/"
        assert "Digits" in client.get("/a/b/").text
        assert client.post("/a/b/api/predict", json=seven).json()["digits"] == "7"
        assert client.get("/a/b/openapi.json").json()["servers"] == [{"url": "/a/b"}]
        assert client.get("/api/models").status_code == 404


def test_without_a_page_the_server_still_answers(store, tmp_path):
    with TestClient(new_app(Settings(store, page=tmp_path / "none")), base_url="http://localhost") as client:
        assert client.get("/").status_code == 404
        assert client.get("/healthz").status_code == 200


def test_a_defect_says_nothing_about_the_insides(store, page, monkeypatch):
    def broken(*_):
        raise RuntimeError("/secret/place")

    monkeypatch.setattr("web.server.app.offered", broken)
    with TestClient(
        new_app(Settings(store, page=page)), base_url="http://localhost", raise_server_exceptions=False
    ) as c:
        response = c.get("/api/training/options")
    assert response.status_code == 500
    assert response.headers["x-content-type-options"] == "nosniff"
    assert parts(response)["what"] == "the server"
    assert "secret" not in response.text


def test_training_needs_json_and_an_idle_server(client):
    assert client.get("/api/training").json()["state"] == "idle"
    assert client.post("/api/training/stop").status_code == 409
    assert client.post("/api/training", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    response = client.post("/api/training", json={"preset": "fast", "output": "/tmp/x.pkl"})
    assert response.status_code == 422
    assert parts(response)["found"] == "output"
    assert client.get("/api/training/options").json()["default"] == "fast"


def test_answers_are_json_without_surprises(client, seven):
    response = client.post("/api/predict", content=json.dumps(seven), headers={"Content-Type": "Application/JSON; a=b"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
