"""One download from one mirror, which ends as soon as it cannot result in the right file."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from initializers.mnist.files import RemoteFile

if TYPE_CHECKING:
    import requests

Progress = Callable[[str, int, int | None], None]

_CHUNK = 2**16
# Some servers compress packed files again; the known size and hash are those of the file itself.
_HEADERS = {"Accept-Encoding": "identity"}
_TEMPORARY_FAILURES = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Patience:
    """How long to wait for a mirror.

    Parameters
    ----------
    connect : float
        Seconds for a connection.
    answer : float
        Seconds for a sign of life: name looked up, connected, answered.
    silence : float
        Seconds without a byte, or with fewer than `slowest` bytes a second, before a download is given up.
    slowest : float
        Bytes a second; an old modem manages 5,000.
    retries : int
        Retries after a failed connection or a status of 429, 500, 502, 503 or 504; a
        connection without an answer gets one.
    backoff : float
        Scale of the pauses between them in seconds: none, 2, 4, ... times this.
    """

    connect: float = 3.0
    answer: float = 4.0
    silence: float = 10.0
    slowest: float = 2000.0
    retries: int = 2
    backoff: float = 0.2


USUAL_PATIENCE = Patience()


class TransferError(Exception):
    """Why one mirror did not deliver a file, to complete "mirror: ...".

    Parameters
    ----------
    reason : str
        The words.
    lost : bool
        True where the mirror itself does not answer, so that asking it for another file is a waste of time.
    """

    def __init__(self, reason: str, *, lost: bool = False) -> None:
        super().__init__(reason)
        self.lost = lost


def sign_of_life(url: str, patience: Patience) -> None:
    """Send a HEAD request to `url`; any answer counts as success.

    Raises
    ------
    TransferError
        If there is none.
    """
    import requests

    with _translated():
        requests.head(url, timeout=(patience.connect, patience.answer)).close()


def transfer(url: str, path: Path, file: RemoteFile, patience: Patience, progress: Progress) -> None:
    """Write what `url` sends to `path`, while it may still be the packed file.

    A status other than 200, a body that is not gzip (such as a web page), one byte too many or too few, and a
    mirror that falls silent or sends drop by drop each end it. The hash is for the caller to check.

    Parameters
    ----------
    url : str
        Address of the file.
    path : Path
        Written, or left incomplete when the transfer fails.
    file : RemoteFile
        What is expected.
    patience : Patience
        Time limits.
    progress : callable
        Called as ``progress(name, done, total)`` after every piece.

    Raises
    ------
    TransferError
        If the file could not be fetched, with the reason.
    OSError
        If `path` cannot be written.
    """
    with _session(patience) as session, _opened(session, url, patience) as answer, path.open("wb") as output:
        done = 0
        for chunk in _body(answer, patience):
            if not done:
                _check_kind(chunk, file, answer)
            done += len(chunk)
            if done > file.size:
                raise TransferError(f"sends more than the {file.size:,} bytes of this file")
            output.write(chunk)
            progress(file.name, done, file.size)
    if done < file.size:
        raise TransferError(f"cut off after {done:,} of {file.size:,} bytes")


def _session(patience: Patience) -> "requests.Session":
    """Return a session that retries temporary failures, and ignores the server's Retry-After."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry = Retry(
        total=patience.retries,
        read=1,
        status_forcelist=_TEMPORARY_FAILURES,
        backoff_factor=patience.backoff,
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    session = requests.Session()
    session.max_redirects = 5
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _opened(session: "requests.Session", url: str, patience: Patience) -> "requests.Response":
    """Return the response, with an unread body, if its status is 200."""
    timeout = (patience.connect, patience.silence)
    with _translated():
        answer = session.get(url, stream=True, timeout=timeout, headers=_HEADERS)
    if answer.status_code != 200:
        answer.close()
        raise TransferError(f"status {answer.status_code} ({answer.reason})")
    return answer


def _body(answer: "requests.Response", patience: Patience) -> Iterator[bytes]:
    """Yield the body in pieces as they arrive, until its end or until the connection breaks."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    since, received = time.monotonic(), 0
    try:
        # read1 returns the available bytes; read and iter_content would wait for a full chunk.
        while chunk := answer.raw.read1(_CHUNK, decode_content=False):
            yield chunk
            received += len(chunk)
            seconds = time.monotonic() - since
            if seconds > patience.silence:
                if received < patience.slowest * seconds:
                    raise TransferError(f"sends only {received / seconds:,.0f} bytes a second", lost=True)
                since, received = time.monotonic(), 0
    except ReadTimeoutError:
        raise TransferError(f"fell silent for {patience.silence:g} s", lost=True) from None
    except HTTPError:
        return


def _check_kind(start: bytes, file: RemoteFile, answer: "requests.Response") -> None:
    """Refuse a body that does not begin as the file does."""
    if file.signature.startswith(start[: len(file.signature)]):
        return
    kind = answer.headers.get("Content-Type", "of no stated type")
    what = (
        "a web page"
        if start.lstrip().startswith(b"<")
        else f"something that is not {'a ZIP archive' if file.name.endswith('.zip') else 'gzip'}"
    )
    raise TransferError(f"sends {what} ({kind}) instead of the file")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what requests raises into a `TransferError`."""
    import requests

    try:
        yield
    except requests.RequestException as error:
        root = _root(error)
        words = getattr(root, "strerror", None) or str(root)
        reason = "no answer in time" if isinstance(root, TimeoutError) else f"no connection ({words})"
        raise TransferError(reason, lost=True) from error


def _root(error: BaseException) -> BaseException:
    """Return the exception at the bottom of the chain, which is the operating system's."""
    while deeper := error.__cause__ or error.__context__:
        error = deeper
    return error
