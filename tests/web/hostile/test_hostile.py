"""Hostile requests to a server in processes of its own: no 500, four parts in every error, and no word of its insides.

``FUZZED_REQUESTS=10000 pytest -s tests/web/hostile/test_hostile.py`` sends more of them, and shows the answers by kind.
"""

import collections
import json
import os
import socket
import sys
import threading
from contextlib import closing

import pytest

from tests.web.hostile.requests import Hostile
from tests.web.test_serve import ROOT, SEVEN_DRAWN, asked, serving

COUNT = int(os.environ.get("FUZZED_REQUESTS", "250"))
EXPECTED = {200, 202, 307, 400, 403, 404, 405, 408, 413, 414, 415, 422, 503}
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as on POSIX")


def answer(place, data, is_whole):
    """Return status, head and body of the answer to some bytes; None if the connection is closed without one."""
    with closing(socket.create_connection(place, timeout=60)) as connection:
        received = b""
        try:
            connection.sendall(data)
            if not is_whole:  # this client has gone
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(1 << 16):
                received += part
        except ConnectionError:  # closed before everything was sent
            pass
    received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").removeprefix(b"HTTP/1.1 100 \r\n\r\n")
    head, _, body = received.partition(b"\r\n\r\n")
    return (int(head.split(b" ", 2)[1]), head, body) if head.startswith(b"HTTP/1.1 ") else (None, head, body)


def check(kind, status, head, body):
    """Check an answer."""
    assert status is None or status in EXPECTED, (kind, status, body[:300])
    assert b"Traceback" not in body
    assert str(ROOT).encode() not in body
    if b"application/json" in head and status is not None and status >= 400 and body:
        assert set(json.loads(body)["error"]) == {"what", "expected", "found", "advice"}, (kind, body[:300])


@pytest.mark.timeout(3600)
def test_hostile_requests():
    seen, problems = collections.Counter(), []

    def client(place, seed):
        hostile = Hostile(seed)
        for _ in range(COUNT // 4):
            kind, data = hostile.request()
            try:
                found = answer(place, data, is_whole=kind != "noise" and not kind.startswith("truncated"))
                check(kind, *found)
            except Exception as error:
                problems.append((seed, kind, repr(error)[:500]))
            else:
                seen[kind, found[0]] += 1

    with serving("--processes", "2") as (process, place, _):
        threads = [threading.Thread(target=client, args=(place, seed)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        status, body = asked(place, "POST", "/api/predict", SEVEN_DRAWN)
        assert status == 200, (body, problems[:3])
        assert json.loads(body)["digits"] == "7"
        process.terminate()
        errors = process.communicate(timeout=60)[1]
    lines = [f"{kind}: {status} {count}" for (kind, status), count in sorted(seen.items(), key=str)]
    sys.stdout.write("\n".join([*lines, ""]))
    assert not problems, problems[:3]
    assert "Traceback" not in errors, errors[-3000:]
    assert sum(seen.values()) == COUNT // 4 * 4
    assert {status for _, status in seen} >= {200, 400, 404, 405, 415, 422}
