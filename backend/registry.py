"""Lookup of names in registries, with a clear error for unknown ones."""

import difflib
import reprlib
from collections.abc import Iterable, Mapping
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
        The key; anything else raises an error, whatever its type.
    what : str
        Kind of the entries, for the error message, such as "activation".

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
    near = closest(name, registry) if isinstance(name, str) else None
    advice = "Choose one of these names." if near is None else f'Did you mean "{near}"? Choose one of these names.'
    raise InputError(what, expected=f"one of {known}", found=reprlib.repr(name), advice=advice)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like `name`, if any is: other libraries write ``ReLU`` or ``LeakyReLU``.

    Examples
    --------
    >>> closest("LeakyReLU", ["relu", "leaky_relu"]), closest("adma", ["adam", "sgd"]), closest("x", ["adam"])
    ('leaky_relu', 'adam', None)
    """
    plain = {each.lower().replace("_", ""): each for each in known}
    wanted = "".join(sign for sign in name.lower() if sign.isalnum())
    near = difflib.get_close_matches(wanted, plain, 1)
    return plain[near[0]] if near else None
