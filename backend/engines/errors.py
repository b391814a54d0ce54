"""Errors common to all parallel engines."""

from backend.errors import InputError


def worker_killed() -> InputError:
    """Return the error for a worker process that has ended."""
    advice = "The usual cause is too little memory: use fewer --jobs, or smaller networks."
    return InputError("a process", expected="to be left at its task", found="killed from outside", advice=advice)
