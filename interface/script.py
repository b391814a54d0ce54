"""The exit of a script: success, one line for an error that a user can fix, or the traceback of a bug."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from backend.errors import InputError
from interface.console import Console
from interface.prompts import EndOfInput

_INTERRUPTED, _NO_READER = 130, 141  # 128 + the numbers of SIGINT and SIGPIPE, as shells report them
_ADVICE = {
    errno.ENOSPC: "Free some space, or choose another folder.",
    errno.EACCES: "Change its permissions, or choose another place.",
    errno.EPERM: "Change its permissions, or choose another place.",
    errno.EROFS: "Choose a place that can be written to.",
    errno.ENOENT: "Check the path.",
    errno.ENOTDIR: "Check the path: a part of it is a file.",
    errno.EISDIR: "Name a file, not a folder.",
    errno.EEXIST: "Choose another name: there is a file where a folder is needed.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
if hasattr(errno, "EDQUOT"):  # not on Windows
    _ADVICE[errno.EDQUOT] = _ADVICE[errno.ENOSPC]


def run_script(main: Callable[[Console], int | None], console: Console | None = None) -> int:
    """Run `main` and return the process's exit code; end a script with ``sys.exit(run_script(main))``.

    Errors that a user can fix (InputError, a full disk, a wrong path) become one line on standard error and
    code 1; Ctrl-C becomes a line and 130; the end of the input a line and 0; a reader that has gone
    (``| head``) ends in silence. Every other exception is a bug and keeps its traceback.

    Parameters
    ----------
    main : callable
        Receives the console; may return an exit code.
    console : Console, optional
        A console over the standard streams by default.

    Examples
    --------
    >>> run_script(lambda console: console.say("done"), Console(width=40))
    done
    0
    """
    console = console or Console()
    try:
        return _run(main, console)
    except BrokenPipeError:
        console.discard()
        return _NO_READER


def _run(main: Callable[[Console], int | None], console: Console) -> int:
    """Turn errors that a user can fix into a line and an exit code; the caller handles a closed pipe."""
    try:
        try:
            return main(console) or 0
        finally:
            console.flush()  # so that a full disk or a closed pipe is noticed before Python shuts down
    except InputError as error:
        console.error(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno not in _ADVICE:
            raise
        console.error(_explained(error))
    except EndOfInput:
        console.say("The input has ended.", "quiet")
        return 0
    except KeyboardInterrupt:
        console.clear_line()
        console.say("Stopped.", "warn")
        return _INTERRUPTED
    return 1


@contextmanager
def silent_unless(is_heard: bool) -> Iterator[None]:
    """Return a context whose output is discarded unless the condition holds: copies of a program need not repeat it."""
    if is_heard:
        yield
        return
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def _explained(error: OSError) -> str:
    """Return what failed, on which file, and what to do about it."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror}. {_ADVICE[error.errno or 0]}"
