"""The script, as a process."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.web.server.conftest import SEVEN
from web.serve import parse_flags

ROOT = Path(__file__).resolve().parents[2]
SEVEN_DRAWN = {"strokes": SEVEN, "width": 140, "height": 140, "pen": 9}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")


@contextmanager
def serving(*flags):
    """Run the script; yield the process, its host and port, and the path of the page."""
    command = [sys.executable, "web/serve.py", "--port", "0", "--model", "model/pretrained.pkl", *flags]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        match = re.search(r"http://([\d.]+):(\d+)(/\S*)", process.stdout.readline())
        yield process, (match[1], int(match[2])), match[3]
    finally:
        process.kill()
        process.communicate()


def asked(place, method, path, body=None, headers=None):
    with closing(http.client.HTTPConnection(*place, timeout=30)) as connection:
        kind = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, None if body is None else json.dumps(body), kind | (headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_address_answers_and_ends(number):
    with serving("--processes", "1", "--prefix", "digits") as (process, place, path):
        assert path == "/digits/"
        status, body = asked(place, "POST", "/digits/api/predict", SEVEN_DRAWN)
        assert (status, json.loads(body)["digits"]) == (200, "7")
        with closing(http.client.HTTPConnection(*place, timeout=30)) as watching:  # a page that is still open
            watching.request("GET", "/digits/api/training/events")
            assert watching.getresponse().status == 200
            process.send_signal(number)
            output, errors = process.communicate(timeout=30)
    assert process.returncode in (130, -number, 0)
    assert "Traceback" not in output + errors
    assert "leaked" not in errors


def test_small_answers_do_not_wait():
    with serving("--processes", "0") as (_, place, _), closing(http.client.HTTPConnection(*place)) as connection:
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            times.append(time.perf_counter() - begun)
    assert sorted(times)[10] < 0.03  # with Nagle's algorithm it is 0.04 s


def test_bytes_that_are_no_requests_do_no_harm():
    with serving("--processes", "0") as (_, place, _):
        for junk in (b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"G" * 100_000, b"\r\n" * 1000, b""):
            with closing(socket.create_connection(place, timeout=10)) as connection:
                try:
                    connection.sendall(junk)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                except ConnectionError:
                    continue
        assert asked(place, "GET", "/healthz") == (200, b'{"status":"ok"}')


def test_another_server_on_the_port_is_said_in_one_line():
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        command = [sys.executable, "web/serve.py", "--port", port, "--model", "model/pretrained.pkl"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: address 127.0.0.1, port {port}: expected one that is free")
    assert "Traceback" not in done.stderr


def test_a_model_that_is_none_is_said_before_anything_is_served(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"nothing")
    command = [sys.executable, "web/serve.py", "--port", "0", "--model", str(tmp_path / "a.pkl")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "a.pkl" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize(
    "flags", [["--port", "x"], ["--port", "70000"], ["--prefix", "a b"], ["--prefix", "/a//b"], ["--processes", "-1"]]
)
def test_bad_flags(flags, capsys):
    with pytest.raises(SystemExit):
        parse_flags(flags)
    assert "serve.py: error" in capsys.readouterr().err


def test_the_usual_flags():
    flags = parse_flags([])
    assert (flags.port, flags.host, flags.prefix, flags.open, flags.name) == (8000, "127.0.0.1", "", False, [])
    assert 1 <= flags.processes <= max(1, min(4, os.cpu_count() or 1))
