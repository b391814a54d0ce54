"""Running the application in this process."""

import socket
import threading
import time
import urllib.request

from web.server.app import Settings, new_app
from web.server.run import _Server, run


def test_it_is_ready_when_it_answers_and_ends_when_told(store, page, monkeypatch):
    servers, answers = [], []
    begin = _Server.__init__
    monkeypatch.setattr(_Server, "__init__", lambda self, *a: [begin(self, *a), servers.append(self)][0])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def ask():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                answers.append((answer.status, answer.headers.get("server")))
            servers[0].should_exit = True

        run(new_app(Settings(store, page=page)), listening, lambda: threading.Thread(target=ask).start())
    assert answers == [(200, None)]


def test_a_request_that_does_not_come_is_not_waited_for(store, page, monkeypatch):
    monkeypatch.setattr("web.server.run._SECONDS_TO_ASK", 0.3)
    servers, seen = [], []
    begin = _Server.__init__
    monkeypatch.setattr(_Server, "__init__", lambda self, *a: [begin(self, *a), servers.append(self)][0])
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def ask():
            try:
                clients = [], [b"G"] * 20, [request + b"\r\n", *[b"G"] * 20]
                seen.extend(_received(listening.getsockname(), pieces) for pieces in clients)
            finally:
                servers[0].should_exit = True

        run(new_app(Settings(store, page=page)), listening, lambda: threading.Thread(target=ask).start())
    assert [b"200 OK" in data for data, _ in seen] == [False, False, True]
    assert all(seconds < 3 for _, seconds in seen)


def _received(place, pieces):
    """Send pieces with pauses until the connection is closed; return what was received, and the seconds."""
    begun, received = time.monotonic(), b""
    with socket.create_connection(place, timeout=0.1) as connection:
        while time.monotonic() < begun + 10:
            try:
                if pieces:
                    connection.sendall(pieces.pop(0))
                part = connection.recv(4096)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if not part:
                break
            received += part
    return received, time.monotonic() - begun
