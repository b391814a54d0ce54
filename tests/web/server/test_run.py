"""Running the application in this process."""

import socket
import threading
import urllib.request

from web.server.app import Settings, new_app
from web.server.run import _Server, run


def test_it_is_ready_when_it_answers_and_ends_when_told(shelf, page, monkeypatch):
    servers, answers = [], []
    begin = _Server.__init__
    monkeypatch.setattr(_Server, "__init__", lambda self, *a: [begin(self, *a), servers.append(self)][0])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def ask():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                answers.append((answer.status, answer.headers.get("server")))
            servers[0].should_exit = True

        run(new_app(Settings(shelf, page=page)), listening, lambda: threading.Thread(target=ask).start())
    assert answers == [(200, None)]
