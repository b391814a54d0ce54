"""Atomic writing of files: a file is complete or absent."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; move it into place when the block ends without an error.

    Missing folders are created. When the block raises, the process is killed or the power fails, `path` is as it was
    before: the file is flushed to the disk before it is moved, and its folder afterwards.

    Parameters
    ----------
    path : str or Path
        Final path of the file.

    Yields
    ------
    Path
        An empty file in the same folder (so that the move is atomic) with the same suffix.

    Raises
    ------
    OSError
        If the folder cannot be made or written to.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with whole_file(folder / "note.txt") as temporary:
    ...     _ = temporary.write_text("all of it", encoding="utf-8")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        _flush(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere folders cannot be opened
        _flush(path.parent)


def looks_like_path(text: str) -> bool:
    """Return whether a text means a file or a folder: it exists, or has a separator or a suffix.

    Examples
    --------
    >>> looks_like_path("./digits"), looks_like_path("digits.csv"), looks_like_path("no-such-folder")
    (True, True, False)
    """
    return "/" in text or os.sep in text or bool(Path(text).suffix) or Path(text).exists()


def write_text(path: str | Path, text: str) -> Path:
    """Write `text` to `path` as UTF-8 with Unix line ends, atomically; return the path."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return Path(path)


def write_bytes(path: str | Path, data: bytes) -> Path:
    """Write `data` to `path` atomically; return the path."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def append_text(path: str | Path, text: str, *, keep: int | None = None) -> Path:
    """Append `text` to a file as UTF-8, and flush it to disk; return the path.

    A crash may leave a part of the text, behind which the file can be cut off: `keep` is the number of bytes that stay
    before the text is appended.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if keep is not None:
            file.truncate(keep)
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return path


def check_room(path: str | Path, size: int) -> None:
    """Check that a file of `size` bytes can be written to `path`, by writing a temporary one next to it.

    Raises
    ------
    OSError
        If the folder cannot be created or written to, or there is too little room.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=path.parent) as draft:
            draft.write(bytes(size))
    except OSError as failure:
        raise OSError(failure.errno, failure.strerror, str(path)) from failure


def _flush(path: Path) -> None:
    """Flush a file or a folder to disk with fsync; do nothing on file systems that do not support it."""
    handle = os.open(
        path, os.O_RDONLY if os.name == "posix" else os.O_RDWR
    )  # Windows flushes only files opened for writing
    try:
        os.fsync(handle)
    except OSError as failure:
        if failure.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _umask() -> int:
    """Return the process's file mode mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
