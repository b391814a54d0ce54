"""Fusion: elementwise operations that follow each other run as one kernel where the library can do that."""

from collections.abc import Callable
from typing import Any


class Fused:
    """A function of elementwise operations as one kernel, or as it is if the library cannot fuse all of them.

    Parameters
    ----------
    kernel : callable
        The function, fused by the library when it is called first.
    function : callable
        The function itself.
    """

    def __init__(self, kernel: Callable[..., Any], function: Callable[..., Any]) -> None:
        self.kernel, self.function = kernel, function
        self._call = self._first

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function returns."""
        return self._call(*arguments)

    def _first(self, *arguments: Any) -> Any:
        """Choose the kernel; if the library cannot compile it, which leaves the arrays as they are, the function."""
        try:
            result = self.kernel(*arguments)
        except Exception:  # the library's own errors: their types differ between versions
            self._call = self.function
            return self.function(*arguments)
        self._call = self.kernel
        return result


def fused(xp: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does the same in one kernel if the array library `xp` can, else `function` itself.

    All operations on arrays in `function` must be elementwise, in the arrays' own dtype, and numbers that change from
    call to call must be arguments.

    Examples
    --------
    >>> import numpy as np
    >>> fused(np, abs) is abs
    True
    """
    fuse = getattr(xp, "fuse", None)
    return function if fuse is None else Fused(fuse(function), function)
