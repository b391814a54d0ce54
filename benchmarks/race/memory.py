"""Memory of this process, in MB (10^6 bytes). Imports nothing that could load a BLAS."""

import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> float | None:
    """Return the peak resident memory so far, or None if the system does not report it.

    On Linux from ``VmHWM``: unlike ``ru_maxrss``, it begins at 0 in a new program, whatever the size of the process
    that started it.
    """
    if STATUS.exists():
        return field("VmHWM")
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def field(name: str, status: str | None = None) -> float | None:
    r"""Return a field of ``/proc/self/status``, or None where there is none.

    Parameters
    ----------
    name : str
        ``VmRSS``: resident now; ``RssAnon``: its part that is not backed by a file.
    status : str, optional
        The file's text.

    Examples
    --------
    >>> field("VmRSS", "VmHWM:  9 kB\nVmRSS:  2000 kB\n")
    2.048
    """
    if status is None:
        status = STATUS.read_text(encoding="utf-8") if STATUS.exists() else ""
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else None


def of_helpers(name: str) -> float:
    """Return the sum of a field over the processes that this one has started and that still run.

    Memory that they share with this one counts again: with it, the sum is an upper bound.
    """
    total = 0.0
    for helper in helpers():
        with suppress(OSError):  # it has ended meanwhile
            total += field(name, (helper / "status").read_text(encoding="utf-8")) or 0.0
    return total


def processor_seconds() -> float:
    """Return the processor time of this process and its children so far."""
    ticks = 0
    for helper in helpers():
        with suppress(OSError):
            fields = (helper / "stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # in the user's and in the system's name
    return time.process_time() + (ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0)


def helpers() -> Iterator[Path]:
    """Yield the folder in /proc of every running child process, if there is a /proc."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text(encoding="utf-8")
            if int(stat.rpartition(") ")[2].split()[1]) == os.getpid():
                yield folder


@contextmanager
def most_private(every: float = 0.1) -> Iterator[list[float]]:
    """Yield a list whose last number, after the block, is the peak of memory not backed by files.

    The system keeps no such record, so a thread polls at a fixed interval. The list stays empty if the system
    does not report it.
    """
    most: list[float] = []
    done = threading.Event()

    def poll() -> None:
        while not done.wait(every):
            now = field("RssAnon")
            if now is not None and (not most or now > most[-1]):
                most.append(now)

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()
