"""Requests that nobody should send: random, broken, truncated and hostile ones, as bytes of HTTP."""

import io
import json
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
PATHS = (
    "/", "/api/predict", "/api/predict/", "/api/model", "/api/models", "/api/training", "/api/training/options",
    "/healthz", "/openapi.json", "//api//predict", "/api/../api/models", "/%00", "/%2e%2e/%2e%2e/etc/passwd",
    "/api/model?name=../../x.pkl", "/api/model?name=%00", "/page.js/", "/.git/config", "/" + "a" * 3000,
)  # fmt: skip
METHODS = ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW")
ODD = (
    None, True, False, 0, -1, 1e308, -1e308, 1e-320, 2**63, 10**30, "", "a", "\ud800", "\x00", "é" * 50, [], {}, [[]],
    [[[]]], [None], {"a": 1}, "auto", "one", "several", "pretrained.pkl", "../x", [[[1, 2]]], [[0, 255], [255, 0]],
)  # fmt: skip
FIELDS = (
    "strokes", "pixels", "width", "height", "pen", "model", "digits", "steps", "explain", "activations", "file", "x",
)  # fmt: skip


class Hostile:
    """Random requests from a seed.

    Parameters
    ----------
    seed : int
        The same seed gives the same requests.
    """

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.kinds: tuple[Callable[[], bytes], ...] = (
            self.odd_json, self.nearly_a_drawing, self.broken_json, self.odd_address, self.broken_picture,
            self.bomb, self.odd_form, self.odd_headers, self.noise, self.good,
        )  # fmt: skip

    def request(self) -> tuple[str, bytes]:
        """Return the kind of a request, and its bytes, one in ten of them cut off."""
        kind = self.choice(self.kinds)
        data = kind()
        if self.generator.random() < 0.1:
            return f"truncated {kind.__name__}", data[: int(self.generator.integers(len(data)))]
        return kind.__name__, data

    def choice(self, items):
        return items[int(self.generator.integers(len(items)))]

    def post(self, body: bytes, kind: str, extra: str = "") -> bytes:
        head = f"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{extra}"
        return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body

    def json(self, value: object) -> bytes:
        return self.post(json.dumps(value).encode(), "application/json")

    def odd_json(self) -> bytes:
        count = int(self.generator.integers(8))
        return self.json({self.choice(FIELDS): self.choice(ODD) for _ in range(count)})

    def nearly_a_drawing(self) -> bytes:
        fields = self.drawing() | {self.choice(FIELDS): self.choice(ODD)}
        if self.generator.random() < 0.3:
            strokes = self.drawing()["strokes"]
            strokes[0][int(self.generator.integers(len(strokes[0])))] = self.choice(ODD)
            fields["strokes"] = strokes
        return self.json(fields)

    def drawing(self) -> dict:
        width, height = (int(side) for side in self.generator.integers(16, 300, 2))
        strokes = []
        for _ in range(int(self.generator.integers(1, 4))):
            spread = self.choice((1.0, 1.0, 3.0, 1e6))
            points = self.generator.random((int(self.generator.integers(1, 30)), 3)) * (width, height, 1) * spread
            strokes.append(points.round(2).tolist())
        return {"strokes": strokes, "width": width, "height": height, "pen": float(self.generator.integers(1, 40))}

    def broken_json(self) -> bytes:
        body = bytearray(json.dumps(self.drawing()).encode())
        for _ in range(int(self.generator.integers(1, 6))):
            body[int(self.generator.integers(len(body)))] = int(self.generator.integers(256))
        deep = self.choice((b"[" * 50_000, b'{"a":' * 50_000, b"1" * 10_000, b"-", b"", b"\xef\xbb\xbf{}", bytes(body)))
        return self.post(self.choice((bytes(body), deep)), "application/json")

    def odd_address(self) -> bytes:
        head = f"{self.choice(METHODS)} {self.choice(PATHS)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return head.encode()

    def picture(self) -> bytes:
        shape = (*(int(side) for side in self.generator.integers(1, 90, 2)), *self.choice(((), (3,))))
        file = io.BytesIO()
        Image.fromarray(self.generator.integers(0, 256, shape, np.uint8)).save(file, self.choice(FORMATS))
        return file.getvalue()

    def broken_picture(self) -> bytes:
        data = bytearray(self.picture())
        for _ in range(int(self.generator.integers(1, 12))):
            data[int(self.generator.integers(min(len(data), 400)))] = int(self.generator.integers(256))
        return self.form(bytes(data[: int(self.generator.integers(len(data))) + 1]))

    def bomb(self) -> bytes:
        """Return a small PNG that claims or has a great many pixels, or a chunk that unpacks to a lot."""
        width, height = (self.choice((1, 5_000, 30_000, 2**31 - 1)) for _ in range(2))
        head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        text = _chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(3_000_000)))
        data = _chunk(b"IDAT", zlib.compress(bytes(int(self.generator.integers(1, 3_000_000)))))
        return self.form(b"\x89PNG\r\n\x1a\n" + head + text + data + _chunk(b"IEND", b""))

    def form(self, content: bytes, name: str = "a.png", extra: bytes = b"") -> bytes:
        part = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        return self.post(part + content + b"\r\n" + extra + b"--b--\r\n", "multipart/form-data; boundary=b")

    def odd_form(self) -> bytes:
        fields = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="{self.choice(FIELDS)}"\r\n\r\n{self.choice(ODD)}\r\n'.encode(
                "utf-8", "replace"
            )
            for _ in range(int(self.generator.integers(20)))
        )
        kind = self.choice(("b", "c", "", "b" * 500, '"', "b; charset=nonsense"))
        names = ("", "\\..\\x", "/etc/passwd", "é.png", "a" * 2000)
        body = self.form(self.picture(), self.choice(names), fields).partition(b"\r\n\r\n")[2]
        return self.post(body, f"multipart/form-data; boundary={kind}")

    def odd_headers(self) -> bytes:
        extra = self.choice(
            ("Host: evil.example\r\n", "Origin: null\r\n", "Transfer-Encoding: chunked\r\n", "X: \x00\r\n",
             "Content-Length: -1\r\n", "Content-Encoding: gzip\r\n", "Expect: 100-continue\r\n",
             f"A: {'b' * 70_000}\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n",
             "Sec-Fetch-Site: cross-site\r\n", "Content-Type: é\r\n")
        )  # fmt: skip
        return self.post(json.dumps(self.drawing()).encode(), "application/json", extra)

    def noise(self) -> bytes:
        return self.generator.integers(0, 256, int(self.generator.integers(1, 3000)), np.uint8).tobytes()

    def good(self) -> bytes:
        flags = {name: bool(self.generator.integers(2)) for name in ("steps", "explain", "activations")}
        return self.json(self.drawing() | flags | {"digits": self.choice(("auto", "one", "several"))})


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
