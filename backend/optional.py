"""Libraries that only some users need."""

import importlib
from types import ModuleType

from backend.errors import InputError


def optional_module(module: str, package: str, purpose: str) -> ModuleType:
    """Return a module of a library that may not be installed.

    Parameters
    ----------
    module, package : str
        Name to import, and name to install.
    purpose : str
        What needs it, for the message.

    Raises
    ------
    InputError
        If it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as failure:
        raise InputError(
            purpose,
            expected=f"the package {package}",
            found="not installed",
            advice=f"Install it with: python -m pip install {package}",
        ) from failure
