"""Measure the server of the page: latency of a drawn digit for one client, and requests per second of many.

``python benchmarks/page_load.py`` starts ``web/serve.py``, sends drawings of all ten digits over connections that are
kept alive, as the page does, and prints the result. No two drawings are the same. The clients share the processors
with the server.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from benchmarks.machine import describe_machine, in_words
from interface.console import Console
from interface.script import run_script

ROOT = Path(__file__).resolve().parents[1]
GOALS = {"p50": 10.0, "p99": 30.0, "rate": 300.0}  # milliseconds, milliseconds, requests per second

# Corners of the strokes of each digit, in hundredths of the canvas.
DIGITS = {
    "0": [[(50, 20), (36, 30), (32, 50), (36, 70), (50, 80), (64, 70), (68, 50), (64, 30), (50, 20)]],
    "1": [[(40, 32), (52, 20), (52, 80)]],
    "2": [[(34, 34), (42, 21), (58, 21), (65, 34), (60, 47), (34, 80), (68, 80)]],
    "3": [[(35, 24), (50, 19), (63, 28), (60, 42), (47, 48), (63, 54), (65, 70), (50, 81), (34, 74)]],
    "4": [[(55, 20), (32, 58), (70, 58)], [(58, 42), (58, 82)]],
    "5": [[(64, 20), (40, 20), (37, 46), (52, 42), (65, 52), (64, 70), (50, 81), (34, 75)]],
    "6": [[(60, 20), (44, 34), (36, 56), (40, 75), (53, 81), (65, 70), (62, 55), (50, 50), (38, 60)]],
    "7": [[(33, 21), (67, 21), (46, 80)]],
    "8": [
        [(62, 28), (50, 19), (38, 28), (42, 42), (58, 54), (64, 68), (50, 81), (36, 68), (42, 54), (58, 42), (62, 28)]
    ],
    "9": [[(62, 36), (50, 46), (38, 38), (40, 24), (54, 19), (63, 30), (62, 50), (56, 81)]],
}


@dataclass(frozen=True)
class Load:
    """Times of the answers to some clients.

    Attributes
    ----------
    milliseconds : ndarray (n,)
        Of every request, from its first byte to the last of its answer.
    seconds : float
        Of all of them together.
    right : int
        How many drawings were read as the digit that they show.
    """

    milliseconds: np.ndarray
    seconds: float
    right: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.milliseconds) / self.seconds

    def quantile(self, share: float) -> float:
        """Return the time within which a share of the requests was answered, in milliseconds."""
        return float(np.quantile(self.milliseconds, share))


def drawing(digit: str, side: int, generator: np.random.Generator) -> bytes:
    """Return the request for a drawing of a digit, a little different every time, with a point every few pixels."""
    scale, slant = side / 100 * generator.uniform(0.85, 1.1), generator.uniform(-0.15, 0.15)
    shift = side * generator.uniform(-0.06, 0.06, 2)
    strokes = []
    for corners in DIGITS[digit]:
        x, y = (np.array(corners, float) + generator.normal(0, 1.2, (len(corners), 2)) - 50).T * scale
        places = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        along = np.arange(0, places[-1] + 4, 4.0)
        x, y = np.interp(along, places, x), np.interp(along, places, y)
        points = np.stack([x - slant * y + side / 2 + shift[0], y + side / 2 + shift[1], np.full(x.shape, 0.5)], 1)
        strokes.append(points.round(1).tolist())
    return json.dumps({"strokes": strokes, "width": side, "height": side, "pen": round(side / 18)}).encode()


async def measure(address: str, clients: int, requests: int, side: int) -> Load:
    """Return the times of a number of requests, divided among clients that each send one after the other."""
    shares = [requests // clients + (number < requests % clients) for number in range(clients)]
    begun = time.perf_counter()
    found = await asyncio.gather(*(_client(address, share, side, seed) for seed, share in enumerate(shares)))
    seconds = time.perf_counter() - begun
    times = np.concatenate([np.array(times) for times, _ in found])
    return Load(times, seconds, sum(right for _, right in found))


async def _client(address: str, requests: int, side: int, seed: int) -> tuple[list[float], int]:
    """Send requests over one connection; return their times in milliseconds, and how many were read right."""
    generator, parts = np.random.default_rng(seed), urlsplit(address)
    digits = [str(digit) for digit in generator.integers(10, size=requests)]
    bodies = [drawing(digit, side, generator) for digit in digits]
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST {parts.path}api/predict HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
    times, right = [], 0
    for digit, body in zip(digits, bodies, strict=True):
        begun = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, answer = await _answer(reader)
        times.append(1000 * (time.perf_counter() - begun))
        if status != 200:
            raise RuntimeError(f"status {status}: {answer.decode()}")
        right += f'"digits":"{digit}"'.encode() in answer
    writer.close()
    return times, right


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = re.search(r"content-length: (\d+)", head)
    assert length is not None
    return int(head.split(" ", 2)[1]), await reader.readexactly(int(length[1]))


@contextmanager
def server(*flags: str) -> Iterator[str]:
    """Run ``web/serve.py`` on a free port; yield its address."""
    command = [sys.executable, str(ROOT / "web" / "serve.py"), "--port", "0", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = (re.search(r"http://\S+", line) for line in process.stdout)
            yield next(match[0] for match in found if match)
        finally:
            process.terminate()
            process.wait(30)


def main(console: Console) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="page_load.py", description="Measure the server of the page.")
    parser.add_argument("--model", metavar="PATH", help="model file (default: that of web/serve.py)")
    parser.add_argument("--processes", metavar="N", help="processes that read pictures (default: that of web/serve.py)")
    parser.add_argument("--side", type=int, default=280, help="pixels of a side of the canvas (default: 280)")
    parser.add_argument("--clients", type=int, default=50, help="clients at once (default: 50)")
    parser.add_argument("--requests", type=int, default=2000, help="requests of each measurement (default: 2000)")
    flags = parser.parse_args()
    chosen = {"--model": flags.model, "--processes": flags.processes}
    given = [part for name, value in chosen.items() if value is not None for part in (name, value)]
    with server(*given) as address:
        asyncio.run(measure(address, 4, 100, flags.side))
        one = asyncio.run(measure(address, 1, flags.requests, flags.side))
        many = asyncio.run(measure(address, flags.clients, flags.requests, flags.side))
    rows = [_row("1", one), _row(str(flags.clients), many)]
    heads = ["Clients", "Requests", "p50 (ms)", "p99 (ms)", "Requests/s", "Read right"]
    console.table(heads, rows, title=f"A drawn digit on {flags.side} x {flags.side} pixels")
    console.say(in_words(describe_machine(("numpy", "scipy", "pillow", "starlette", "uvicorn"))), "quiet")
    reached = one.quantile(0.5) <= GOALS["p50"], one.quantile(0.99) <= GOALS["p99"], many.rate >= GOALS["rate"]
    words = ["reached" if each else "missed" for each in reached]
    console.say(
        f"Goals: p50 of {GOALS['p50']:g} ms for one client {words[0]}, p99 of {GOALS['p99']:g} ms {words[1]}, "
        f"{GOALS['rate']:g} requests/s of {flags.clients} clients {words[2]}."
    )


def _row(clients: str, load: Load) -> list[str]:
    count = len(load.milliseconds)
    times = f"{load.quantile(0.5):.1f}", f"{load.quantile(0.99):.1f}"
    return [clients, f"{count:,}", *times, f"{load.rate:,.0f}", f"{load.right / count:.1%}"]


if __name__ == "__main__":
    sys.exit(run_script(main))
