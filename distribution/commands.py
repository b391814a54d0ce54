"""The command ``nnd`` of an installation: every script of the repository, by its name."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from backend.errors import InputError
from backend.places import IS_INSTALLED
from backend.versions import library_versions
from interface.script import run_script

SHELLS = ("bash", "zsh", "tcsh", "fish", "powershell")  # those that shtab knows


class Command(NamedTuple):
    """A script's module, and what it does."""

    module: str
    help: str


COMMANDS = {
    "train": Command("training.train", "train a network, evaluate it and save it"),
    "test": Command("testing.test", "evaluate a model, with a report and figures"),
    "predict": Command("testing.predict", "read the digits in your own pictures"),
    "compare": Command("training.compare", "train several configurations and compare them"),
    "robustness": Command("testing.robustness", "measure the accuracy on corrupted images"),
    "convert": Command("training.convert", "write a model in the format of another tool, or read one"),
    "serve": Command("web.serve", "serve a page to draw digits on"),
    "export": Command("web.export", "write that page with a model as one file"),
    "menu": Command("main", "choose from a menu"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command and its flags; by default those of the process.
    """
    parser = new_parser()
    flags = parser.parse_args(arguments)
    if flags.print_completion:
        return run_script(lambda console: console.say(completion(flags.print_completion)))
    if flags.command is None:
        parser.print_help()
        return 2
    sys.argv = [f"nnd {flags.command}", *flags.flags]  # which the script parses
    return run_script(_module(COMMANDS[flags.command]).main)


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of a command's name; the command itself parses the rest."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="nnd",
        description="A neural network for handwritten digits, written from scratch in NumPy.",
        epilog=f"commands:\n{listed}\n\nnnd COMMAND --help lists the flags of a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=tuple(COMMANDS), metavar="COMMAND", help="one of those below")
    parser.add_argument("flags", nargs=argparse.REMAINDER, metavar="...", help="its flags")
    parser.add_argument("--version", action="version", version=version())
    parser.add_argument("--print-completion", choices=SHELLS, metavar="SHELL", help=f"for {', '.join(SHELLS)}")
    return parser


def version() -> str:
    """Return the versions of the package, of Python and of NumPy.

    Examples
    --------
    >>> version().split()[0]
    'neural_network_digit'
    """
    own = metadata.version("neural_network_digit") if IS_INSTALLED else "(repository)"
    versions = library_versions()
    return f"neural_network_digit {own}, Python {versions['python']}, NumPy {versions['numpy']}"


def completion(shell: str) -> str:
    """Return a script with which a shell completes the commands, their flags and the choices of the flags.

    Parameters
    ----------
    shell : str
        One of `SHELLS`.

    Raises
    ------
    InputError
        If the package shtab is not installed.
    """
    try:
        import shtab
    except ModuleNotFoundError:
        raise InputError(
            "completion", expected="the package shtab", found="not installed",
            advice="Install it: python -m pip install shtab",
        ) from None  # fmt: skip
    complete = argparse.ArgumentParser(prog="nnd")
    complete.add_argument("--version", action="store_true")
    commands = complete.add_subparsers()
    for name, command in COMMANDS.items():
        module = _module(command)
        parents = [module.new_parser()] if hasattr(module, "new_parser") else []
        parser = commands.add_parser(name, help=command.help, parents=parents, add_help=False)
        for action in parser._actions:
            if action.type is Path or action.metavar in ("PATH", "PICTURE"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(complete, shell)


def _module(command: Command) -> ModuleType:
    """Return the module of a command's script."""
    package = f"{__package__}." if IS_INSTALLED else ""
    return importlib.import_module(package + command.module)
