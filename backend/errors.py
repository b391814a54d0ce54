"""The exception for errors that a user can fix."""

from functools import partial
from typing import Any


class InputError(ValueError):
    """Bad input, described in four parts: what is wrong, what was expected, what was found, and what to do next.

    Scripts and the menu print its text without a traceback; every other exception is a defect and shows one.

    Parameters
    ----------
    wrong : str
        What was wrong, with the name of the file, flag or argument.
    expected, found : str
        What would have been right, and what was there instead.
    advice : str
        What to do next, as a full sentence.

    Examples
    --------
    >>> print(InputError("batch_size", expected="at least 1", found="0", advice="Use 128, for example."))
    batch_size: expected at least 1, found 0. Use 128, for example.
    """

    def __init__(self, wrong: str, *, expected: str, found: str, advice: str) -> None:
        super().__init__(f"{wrong}: expected {expected}, found {found}. {advice}")
        self.wrong, self.expected, self.found, self.advice = wrong, expected, found, advice

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error cross from one process to another."""
        parts = {"expected": self.expected, "found": self.found, "advice": self.advice}
        return partial(type(self), self.wrong, **parts), ()
