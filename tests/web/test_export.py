"""The script that writes the page in one file, and that file in a browser without a network."""

import sys
from pathlib import Path

import pytest

from interface.console import Console
from tests.web.page.conftest import chromium, short_folder  # noqa: F401 - fixtures
from tests.web.page.opened import Opened
from tests.web.page.test_page import STROKES
from web import export

LARGEST = 5_000_000  # bytes


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write the file; return its path."""
    folder = tmp_path_factory.mktemp("site") / "page"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["export.py", str(folder), "--model", "model/pretrained.pkl"])
        assert export.main(Console()) == 0
    return folder / "index.html"


def test_the_file_is_small_enough_to_send(written):
    assert written.stat().st_size < LARGEST


def test_it_reads_drawings_without_a_network(written, chromium):  # noqa: F811
    chromium.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    chromium.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        page = Opened(chromium, written.as_uri())
        for digit in (0, 4, 7):  # tests/web/engine reads drawings of all digits
            page.draw(STROKES[digit])
            page.until(f"return document.querySelector('#digits').textContent === '{digit}'")
            page.until("return document.querySelectorAll('#steps li').length === 7")
            page.click("#clear")
        assert page.run("return document.querySelector('#tab-train').hidden")
        page.driver.find_element("id", "file").send_keys(str(Path("docs/pictures/sheet.jpg").resolve()))
        page.until("return document.querySelector('#digits').textContent === '31415/92680'")
        assert [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []
    finally:
        chromium.execute_cdp_cmd("Network.emulateNetworkConditions", offline | {"offline": False})
