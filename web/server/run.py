"""Running the application on uvicorn until Ctrl-C."""

import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

_CONNECTIONS = 1000  # open at the same time
_SECONDS_IDLE = 10  # after which a connection that is kept alive is closed
_SECONDS_TO_END = 5  # for the requests that are being answered at the end


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
        self._app.state.desk.close_listeners()
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
        app, log_level="warning", access_log=False, server_header=False, lifespan="on", ws="none",
        limit_concurrency=_CONNECTIONS, timeout_keep_alive=_SECONDS_IDLE, timeout_graceful_shutdown=_SECONDS_TO_END,
    )  # fmt: skip
    _Server(config, app, ready).run(sockets=[listening])
