"""Errors that every engine of parallel tasks can end with."""

from backend.errors import InputError


def worker_killed() -> InputError:
    """Return the error to raise when a process that runs tasks is gone."""
    advice = "The usual cause is too little memory: use fewer --jobs, or smaller networks."
    return InputError("a process", expected="to be left at its task", found="killed from outside", advice=advice)
