"""A browser, and the project's own server with the pretrained model."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--lang=en-US",
]  # fmt: skip


@pytest.fixture(scope="session")
def address():
    """Serve the page on a free port of this machine; return its address."""
    pytest.importorskip("starlette", reason="the page's server needs requirements-web.txt")
    pytest.importorskip("uvicorn", reason="the page's server needs requirements-web.txt")
    command = [sys.executable, "web/serve.py", "--port", "0", "--processes", "1", "--model", "model/pretrained.pkl"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        found = next((match for line in server.stdout if (match := re.search(r"http://\S+", line))), None)
        assert found
        yield found.group()
        server.terminate()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """Start Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if None in programs:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(programs[1]))
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium, address):
    """Open the page in a window of a laptop's size."""
    from tests.web.page.opened import Opened

    opened = Opened(chromium, address)
    yield opened
    assert [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []
