"""Limits on what a client may send: bytes, seconds, and requests at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.server.errors import Refusal, answer_input_error

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Allowance:
    """How much one client, and all of them together, may ask of the server.

    Attributes
    ----------
    body : int
        Bytes of the body of a request; a photograph of a telephone has 3 to 6 million.
    seconds : float
        Time to send a body, and again to work out the answer.
    requests : int
        Requests with a body that are being received or answered at the same time; more are refused with 503.
    """

    body: int = 8 * MEBIBYTE
    seconds: float = 10.0
    requests: int = 100


class Limits:
    """An ASGI application around another: receives each body as a whole, within its limits, before the other sees it.

    Parameters
    ----------
    app : ASGI application
        Is called with complete bodies only.
    allowance : Allowance
        The limits.
    """

    def __init__(self, app: ASGIApp, allowance: Allowance) -> None:
        self.app, self.allowance = app, allowance
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        if self._in_progress >= self.allowance.requests:
            await _answer(_busy(), scope, receive, send)
            return
        self._in_progress += 1
        try:
            await self._limited(scope, receive, send)
        finally:
            self._in_progress -= 1

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive the body, then let the application answer."""
        try:
            _check_announced(Headers(scope=scope), self.allowance.body)
            body = await asyncio.wait_for(_body(receive, self.allowance.body), self.allowance.seconds)
        except Refusal as refusal:
            await _answer(refusal, scope, receive, send)
            return
        except TimeoutError:
            await _answer(_slow(self.allowance.seconds), scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replayed(body, receive), send)


async def _answer(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a refusal, and close the connection: the rest of the body is not read."""
    response = answer_input_error(Request(scope), refusal)
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


async def _body(receive: Receive, most: int) -> bytes | None:
    """Return a whole body, or None if the client has gone."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        size += len(part)
        if size > most:
            raise _too_large(most, f"more than {size:,}")
        parts.append(part)
    return b"".join(parts)


def _check_announced(headers: Headers, most: int) -> None:
    """Refuse a body by its announced length, before any of it is read."""
    announced = headers.get("content-length", "0")
    if announced.isascii() and announced.isdecimal() and int(announced[:20]) > most:
        raise _too_large(most, f"{announced[:20]} bytes announced")


def _replayed(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """Return a `receive` that yields the whole body at once, and afterwards what the client does."""
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return rest.pop() if rest else await receive()

    return replay


def _too_large(most: int, found: str) -> Refusal:
    advice = "Send a smaller picture: 2,000 pixels a side are more than enough."
    return Refusal(413, "the body", expected=f"at most {most:,} bytes", found=found, advice=advice)


def _slow(seconds: float) -> Refusal:
    advice = "Send a smaller picture, or try again over a faster connection."
    return Refusal(408, "the body", expected=f"all of it within {seconds:g} s", found="only a part", advice=advice)


def _busy() -> Refusal:
    advice = "Try again in a second."
    return Refusal(503, "the server", expected="fewer requests at once", found="too many", advice=advice)
