"""Serve the page: ``python web/serve.py`` prints its address."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import os
import re
import socket
import webbrowser
from collections.abc import Sequence

from backend.errors import InputError
from backend.places import installation_of, program
from classes.neural_network import NeuralNetwork
from interface.console import Console
from interface.script import run_script
from testing.inference.model_files import model_to_use
from web.server.models import ModelStore

MOST_PROCESSES = 4


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(
        prog=program(__file__), description="Serve a page to draw digits on. Ctrl-C ends it."
    )
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="0 takes a free one (default: 8000)")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1, this machine only)"
    )
    parser.add_argument(
        "--model", type=Path, metavar="PATH", help="model file (default: the newest in model/, or the pretrained one)"
    )
    parser.add_argument("--prefix", type=_prefix, default="", metavar="/PATH", help="comes before every address")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="host name of this server besides localhost; repeatable",
    )
    usual = max(1, min(MOST_PROCESSES, os.cpu_count() or 1))
    parser.add_argument(
        "--processes", type=int, default=usual, choices=range(17), metavar="N",
        help=f"processes that read pictures; 0 uses threads (default: {usual})",
    )  # fmt: skip
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser


def parse_flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the parsed command line; a bad flag ends the script with usage and exit code 2.

    Examples
    --------
    >>> flags = parse_flags(["--port", "0", "--prefix", "digits/"])
    >>> flags.port, flags.prefix, flags.open
    (0, '/digits', False)
    """
    return new_parser().parse_args(arguments)


def main(console: Console) -> int:
    """Serve the page until Ctrl-C."""
    flags = parse_flags()
    NeuralNetwork.load_model(model_to_use(flags.model, console.note))  # an unusable one ends the script at once
    with _listening(flags.host, flags.port) as listening:
        address = f"http://{_named(flags.host)}:{listening.getsockname()[1]}{flags.prefix}/"
        if flags.host not in ("127.0.0.1", "::1", "localhost"):
            console.warn("Everybody who can reach this address can use the page, also its training.")
        _serve(console, flags, listening, address)
    console.clear_line()
    console.say("The server has ended.")
    return 0


def _serve(console: Console, flags: argparse.Namespace, listening: socket.socket, address: str) -> None:
    """Run the server; print its address when it answers."""
    try:
        from web.server.app import Settings, new_app
        from web.server.run import run
    except ModuleNotFoundError as error:
        raise InputError(
            "the page", expected="its packages", found=f"no {error.name}",
            advice=f"Install them: {installation_of('web')}",
        ) from None  # fmt: skip
    store = ModelStore(chosen=None if flags.model is None else flags.model.resolve())
    names = (*flags.name, flags.host)
    app = new_app(Settings(store, flags.processes, names, flags.prefix))

    def ready() -> None:
        console.say(f"The page is at {address}", "strong")
        console.say("Ctrl-C ends the server.")
        console.flush()
        if flags.open:
            webbrowser.open(address)

    run(app, listening, ready)


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # The protocol is named so that asyncio sends small answers at once (TCP_NODELAY); they would wait for 40 ms.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
        return listening
    except OSError as error:
        raise InputError(
            f"address {host}, port {port}", expected="one that is free", found=error.strerror or str(error),
            advice="Choose another port with --port; 0 takes a free one.",
        ) from None  # fmt: skip


def _named(host: str) -> str:
    """Return a host as it stands in an address that can be opened."""
    usual = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{usual}]" if ":" in usual else usual


def _port(text: str) -> int:
    """Return a port number."""
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, found {text!r}")
    return int(text)


def _prefix(text: str) -> str:
    """Return a prefix with a slash before it and none behind."""
    inner = text.strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*", inner) and inner:
        raise argparse.ArgumentTypeError(f"expected a path such as /digits, found {text!r}")
    return f"/{inner}" if inner else ""


if __name__ == "__main__":
    sys.exit(run_script(main))
