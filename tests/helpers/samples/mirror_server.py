"""A local HTTP server that serves files correctly or with various faults, and a tiny MNIST."""

import gzip
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from initializers.mnist.files import MNIST_FILES, RemoteFile
from initializers.mnist.transfer import Patience

PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"
# Enough for a busy machine; and as little as will do where a test waits for nothing.
PATIENT = Patience(connect=10.0, answer=10.0, silence=10.0, slowest=2000.0, retries=1, backoff=0.01)
IMPATIENT = Patience(connect=10.0, answer=0.6, silence=0.6, slowest=2000.0, retries=1, backoff=0.01)


class MirrorServer(ThreadingHTTPServer):
    """Serves `files` (content by name) on a free port, as the behaviour in `BEHAVIOURS` has it."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes], behaviour: str = "right") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files = files
        self.behave = BEHAVIOURS[behaviour]
        self.asked: list[tuple[str, str]] = []
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/mnist/"

    @property
    def downloads(self) -> list[str]:
        """Names that were asked for with GET, in order."""
        return [name for method, name in self.asked if method == "GET"]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: MirrorServer

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.server.asked.append((self.command, name))
        self.close_connection = True
        if name in self.server.files:
            self.server.behave(self, self.server.files[name])
        else:
            self.answer(404, PAGE, kind="text/html")

    def do_HEAD(self) -> None:
        self.do_GET()

    def answer(
        self, status: int, body: bytes, *, size: int | None = None, kind: str = "application/gzip", **more: str
    ) -> None:
        """Send a whole answer, the header's size being `size` if that is given."""
        self.send_response(status)
        self.send_header("Connection", "close")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if size is None else size))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.send(body)

    def send(self, body: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Tests are quiet."""


def _slow(handler: _Handler, body: bytes) -> None:
    handler.server.stopped.wait(0.1)
    handler.answer(200, body)


def _mute(handler: _Handler, body: bytes) -> None:
    handler.server.stopped.wait(10)


def _stalled(handler: _Handler, body: bytes) -> None:
    handler.answer(200, body[: len(body) // 2], size=len(body))
    if handler.command == "GET":
        handler.server.stopped.wait(10)


def _dripping(handler: _Handler, body: bytes) -> None:
    handler.answer(200, b"", size=len(body))
    for position in range(len(body)):
        handler.send(body[position : position + 1])
        if handler.command == "HEAD" or handler.server.stopped.wait(0.02):
            return


def _endless(handler: _Handler, body: bytes) -> None:
    handler.answer(200, body, size=2**40)
    while handler.command == "GET" and not handler.server.stopped.is_set():
        handler.send(bytes(2**16))


def _chunked(handler: _Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for piece in (body[:1000], body[1000:], b""):
        handler.send(b"%x\r\n%b\r\n" % (len(piece), piece))


def _overloaded(handler: _Handler, body: bytes) -> None:
    if len(handler.server.downloads) > 1 or handler.command == "HEAD":
        handler.answer(200, body)
    else:
        handler.answer(503, PAGE, kind="text/html", Retry_After="3600")


def _hanging_up(handler: _Handler, body: bytes) -> None:
    if len(handler.server.downloads) > 1 or handler.command == "HEAD":
        handler.answer(200, body)


def _moved(handler: _Handler, body: bytes) -> None:
    if "/elsewhere/" in handler.path:
        handler.answer(200, body)
    else:
        handler.answer(302, b"", Location="/elsewhere/" + handler.path.rpartition("/")[2])


BEHAVIOURS: dict[str, Callable[[_Handler, bytes], None]] = {
    "right": lambda handler, body: handler.answer(200, body),
    "slow": _slow,
    "chunked": _chunked,
    "moved": _moved,
    "called packed": lambda handler, body: handler.answer(200, body, Content_Encoding="gzip"),
    "overloaded once": _overloaded,
    "hanging up once": _hanging_up,
    "mute": _mute,
    "stalled": _stalled,
    "dripping": _dripping,
    "endless": _endless,
    "forbidden": lambda handler, body: handler.answer(403, PAGE, kind="text/html"),
    "missing": lambda handler, body: handler.answer(404, PAGE, kind="text/html"),
    "broken": lambda handler, body: handler.answer(500, PAGE, kind="text/html"),
    "web page": lambda handler, body: handler.answer(200, PAGE, kind="text/html"),
    "plain text": lambda handler, body: handler.answer(200, b"moved", kind="text/plain"),
    "empty": lambda handler, body: handler.answer(200, b""),
    "cut off": lambda handler, body: handler.answer(200, body[: len(body) // 2], size=len(body)),
    "cut short": lambda handler, body: handler.answer(200, body[: len(body) // 2]),
    "too much": lambda handler, body: handler.answer(200, body + b"more"),
    "wrong bytes": lambda handler, body: handler.answer(200, body[:-1] + bytes([body[-1] ^ 1])),
}


SERVING = ("right", "slow", "chunked", "moved", "called packed", "overloaded once", "hanging up once")
SILENT = ("mute", "stalled", "dripping")


def patience_for(behaviour: str) -> Patience:
    """Return the time limits to meet a behaviour with."""
    return IMPATIENT if behaviour in SILENT else PATIENT


@contextmanager
def mirror(files: dict[str, bytes], behaviour: str = "right") -> Iterator[MirrorServer]:
    """Run a server in a thread while the block lasts."""
    with MirrorServer(files, behaviour) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.stopped.set()
            server.shutdown()
            thread.join()


def refusing_url() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def idx_bytes(values: np.ndarray) -> bytes:
    """Return an array of uint8 as an IDX file, written down from the format's description."""
    lengths = b"".join(length.to_bytes(4, "big") for length in values.shape)
    return bytes([0, 0, 8, values.ndim]) + lengths + values.tobytes()


def tiny_arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return 40 + 20 images of noise, of every class in turn."""
    rng = np.random.default_rng(7)
    images = rng.integers(0, 256, (60, 28, 28), np.uint8)
    labels = (np.arange(60) % 10).astype(np.uint8)
    return images[:40], labels[:40], images[40:], labels[40:]


def tiny_mnist() -> tuple[tuple[RemoteFile, RemoteFile, RemoteFile, RemoteFile], dict[str, bytes]]:
    """Return four files under MNIST's names, as the table has them and as a server has them."""
    table, contents = [], {}
    for known, values in zip(MNIST_FILES, tiny_arrays(), strict=True):
        unpacked = idx_bytes(values)
        packed = gzip.compress(unpacked, mtime=0)
        hashes = hashlib.sha256(packed).hexdigest(), hashlib.sha256(unpacked).hexdigest()
        table.append(RemoteFile(known.name, len(packed), hashes[0], values.shape, hashes[1]))
        contents[known.name] = packed
    return (table[0], table[1], table[2], table[3]), contents
