"""Protection of people who have the page open: names of this server, other people's pages, and what a page may load."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.server.errors import Refusal, answer_input_error

CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_LOCAL = frozenset({"localhost"})
_ADVICE = "Open the page at the address that the server printed, or name others with --name."


class Security:
    """An ASGI application around another: refuses foreign names and pages, and adds the security headers.

    A page of another origin could otherwise send requests to a server on the reader's own machine, and with a name
    that it makes point there (DNS rebinding) also read the answers.

    Parameters
    ----------
    app : ASGI application
        What is protected.
    names : iterable of str
        Host names of this server besides localhost. Addresses such as 127.0.0.1 are always accepted, since no
        foreign name can be one.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self.app = app
        self.names = _LOCAL | {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            self._check(Headers(scope=scope), scope["path"])
        except Refusal as refusal:
            await answer_input_error(Request(scope), refusal)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    def _check(self, headers: Headers, path: str) -> None:
        """Refuse a request to another name, or from a page of another origin."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            _refuse("Host", "a name of this server", hosts[0] if hosts else "none")
        origin = headers.get("origin")
        if origin is not None and _network_place(origin) != _network_place(f"//{hosts[0]}"):
            _refuse("Origin", "the page of this server", origin)
        if "/api/" in path and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            _refuse("Sec-Fetch-Site", "the page of this server", headers["sec-fetch-site"])

    def _is_ours(self, host: str) -> bool:
        """Return whether a Host header names this server or is an address."""
        place = _network_place(f"//{host}")
        if place is None or "@" in host or "/" in host:
            return False
        return place[0] in self.names or _is_address(place[0])


def _network_place(url: str) -> tuple[str, int | None] | None:
    """Return the host name and port of a URL; the usual port of a scheme counts as none.

    Examples
    --------
    >>> _network_place("https://a.example:443"), _network_place("//[::1]:80"), _network_place("null")
    (('a.example', None), ('::1', None), None)
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    return None if not name else (name.lower().rstrip("."), None if port in (80, 443) else port)


def _is_address(name: str) -> bool:
    """Return whether a host name is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refuse(header: str, expected: str, found: str) -> None:
    raise Refusal(403, f"header {header}", expected=expected, found=found or "nothing", advice=_ADVICE)
