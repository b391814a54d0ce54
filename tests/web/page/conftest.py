"""A browser, and the project's own server with the pretrained model."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-dev-shm-usage", "--lang=en-US",
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
def short_folder():
    """Return a folder for Chromium's profile and socket, whose path may have no more than about 80 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp" if Path("/tmp").is_dir() else None, ignore_cleanup_errors=True) as name:
        yield name


@pytest.fixture(scope="session")
def chromium(short_folder):
    """Start Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    programs = shutil.which("chromium"), shutil.which("chromedriver")
    if None in programs:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for flag in [*FLAGS, f"--user-data-dir={short_folder}/profile"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    from selenium.common.exceptions import WebDriverException

    try:
        service = webdriver.ChromeService(programs[1], env=os.environ | {"TMPDIR": short_folder})
        driver = webdriver.Chrome(options, service)
    except WebDriverException as error:
        pytest.skip(f"Chromium does not start here: {error.msg}")
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium, address):
    """Open the page in a window of a laptop's size."""
    from tests.web.page.opened import Opened

    opened = Opened(chromium, address)
    yield opened
    assert [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"] == []
