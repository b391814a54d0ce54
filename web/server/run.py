"""Running the application on uvicorn until Ctrl-C."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

_CONNECTIONS = 1000  # open at the same time
_SECONDS_TO_ASK = 10  # for the head of a request; `web.server.limits` has those for its body
_SECONDS_IDLE = 10  # after which a connection that is kept alive is closed
_SECONDS_TO_END = 5  # for the requests that are being answered at the end


class Protocol(H11Protocol):
    """HTTP for clients that ask soon: a connection whose request does not arrive in time is closed.

    Otherwise a few clients that send a byte now and then could hold all connections that the server may have.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        """Stop waiting when the head of a request is complete; wait for the rest of an incomplete one."""
        super().data_received(data)
        if self._is_asked():
            self._forget_deadline()
        elif self._deadline is None:
            self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._forget_deadline()
        super().connection_lost(exc)

    def _is_asked(self) -> bool:
        """Return whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_request(self) -> None:
        self._deadline = self.loop.call_later(_SECONDS_TO_ASK, self._close_unless_asked)

    def _close_unless_asked(self) -> None:
        self._deadline = None
        if not self._is_asked():
            self.transport.close()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """A server that says when it is ready, and ends the streams of events before it waits for connections."""

    def __init__(self, config: uvicorn.Config, app: Starlette, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app, self._ready = app, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End gracefully."""
        self._app.state.manager.close_listeners()
        await super().shutdown(sockets)


def run(app: Starlette, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answer requests until SIGINT or SIGTERM.

    Parameters
    ----------
    app : Starlette
        The application.
    listening : socket
        Where requests arrive.
    ready : callable
        Called once, when requests are answered.
    """
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, lifespan="on", ws="none", http=Protocol,
        limit_concurrency=_CONNECTIONS, timeout_keep_alive=_SECONDS_IDLE, timeout_graceful_shutdown=_SECONDS_TO_END,
    )  # fmt: skip
    _Server(config, app, ready).run(sockets=[listening])
