"""Looking a name up in a registry, with a clear error for one that is not there."""

import reprlib
from collections.abc import Mapping
from typing import TypeVar

from backend.errors import InputError

Entry = TypeVar("Entry")


def look_up(registry: Mapping[str, Entry], name: object, what: str) -> Entry:
    """Return ``registry[name]``.

    Parameters
    ----------
    registry : mapping of str to anything
        `ACTIVATIONS`, `OPTIMIZERS` and their like.
    name : object
        The key; anything that is not a key is refused, whatever its type.
    what : str
        What an entry is called, for the error: "activation", say.

    Raises
    ------
    InputError
        If there is no such entry; it lists those that there are.

    Examples
    --------
    >>> look_up({"adam": 1, "sgd": 2}, "sgd", "optimizer")
    2
    """
    if isinstance(name, str) and name in registry:
        return registry[name]
    known = ", ".join(sorted(registry))
    raise InputError(what, expected=f"one of {known}", found=reprlib.repr(name), advice="Choose one of these names.")
