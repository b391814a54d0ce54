"""Libraries of other formats, which are optional."""

import importlib
from types import ModuleType

from backend.errors import InputError


def tool(module: str, package: str, format_name: str) -> ModuleType:
    """Return an optional module that a format needs.

    Parameters
    ----------
    module, package : str
        Name to import, and name to install.
    format_name : str
        What it is needed for, for the message.

    Raises
    ------
    InputError
        If it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as failure:
        raise InputError(
            f"format {format_name}",
            expected=f"the package {package}",
            found="not installed",
            advice=f"Install it with: python -m pip install {package}",
        ) from failure
