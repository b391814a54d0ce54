"""A client of the server, without a network, and drawings."""

import pytest
from starlette.testclient import TestClient

from testing.inference.model_files import PRETRAINED
from web.server.app import Settings, new_app
from web.server.limits import Allowance
from web.server.models import ModelStore

SEVEN = [[[45, 30], [95, 30], [65, 110]]]
ONE = [[[30, 30], [30, 110]]]


@pytest.fixture(scope="session")
def store():
    return ModelStore(chosen=PRETRAINED)


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>Digits</title>", encoding="utf-8")
    (folder / "page.js").write_text("export {}", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def client(store, page):
    settings = Settings(store, page=page, names=("digits.example",), allowance=Allowance(body=200_000, seconds=20.0))
    with TestClient(new_app(settings), base_url="http://localhost", raise_server_exceptions=False) as found:
        yield found


@pytest.fixture
def seven():
    """The fields of a request for a drawn seven."""
    return {"strokes": SEVEN, "width": 140, "height": 140, "pen": 9}


@pytest.fixture
def seventeen():
    """The fields of a request for a drawn one, and a seven beside it."""
    moved = [[[x + 60, y] for x, y in stroke] for stroke in SEVEN]
    return {"strokes": ONE + moved, "width": 240, "height": 140, "pen": 9}


def parts(response):
    """Return the four parts of an error, after checking that there is nothing else."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"what", "expected", "found", "advice"}
    assert all(isinstance(text, str) and text for text in body["error"].values())
    return body["error"]
