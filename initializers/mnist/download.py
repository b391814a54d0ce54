"""Downloads from several mirrors, which may be missing, slow, wrong or unreachable."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from initializers.mnist.files import RemoteFile
from initializers.mnist.transfer import USUAL_PATIENCE, Patience, Progress, TransferError, sign_of_life, transfer


class DownloadError(Exception):
    """No mirror gave a file.

    Parameters
    ----------
    failures : dict
        Why, by mirror.
    """

    def __init__(self, failures: dict[str, str]) -> None:
        super().__init__("; ".join(f"{mirror}: {reason}" for mirror, reason in failures.items()))
        self.failures = failures


class Mirrors:
    """Places that serve the same files, used in order of preference.

    All are asked for a sign of life at once, before the first download: without a network the reader waits for
    one time limit, not one per mirror. Only the order decides which one serves a file. A mirror that does not
    answer is not asked again.

    Parameters
    ----------
    addresses : iterable of str
        Addresses that end in a slash, as `initializers.mnist.files.mirror_list` makes them.
    patience : Patience
        Time limits.
    progress : callable or None
        Called as ``progress(name, done, total)`` with numbers of bytes while a file comes in.
    """

    def __init__(
        self, addresses: Iterable[str], *, patience: Patience = USUAL_PATIENCE, progress: Progress | None = None
    ) -> None:
        self.addresses = tuple(addresses)
        self.patience = patience
        self.progress = progress or (lambda name, done, total: None)
        self._signs: dict[str, Future[None]] = {}
        self._deadline = 0.0
        self._lost: dict[str, str] = {}

    def fetch(self, file: RemoteFile, folder: Path) -> Path:
        """Download a file, verify it, and move it into place.

        Until size, kind and SHA-256 are verified the bytes are in a temporary file in the same folder, which is
        always removed.

        Parameters
        ----------
        file : RemoteFile
            The file to fetch, with its size and hash.
        folder : Path
            Where to; made on the way.

        Returns
        -------
        Path
            The packed file.

        Raises
        ------
        DownloadError
            If no mirror gave it.
        OSError
            If the folder cannot be written to.
        """
        failures = {}
        for mirror in self.addresses:
            try:
                self._await_sign(mirror, file.name)
                return self._retrieve(mirror + file.name, file, folder)
            except TransferError as error:
                failures[mirror] = str(error)
                if error.lost:
                    self._lost[mirror] = str(error)
        raise DownloadError(failures)

    def _await_sign(self, mirror: str, name: str) -> None:
        """Return once the mirror has answered; raise if it does not, or is lost already."""
        if not self._signs:
            self._deadline = time.monotonic() + self.patience.answer
            self._signs = {each: _started(sign_of_life, each + name, self.patience) for each in self.addresses}
        if mirror in self._lost:
            raise TransferError(self._lost[mirror], lost=True)
        try:
            self._signs[mirror].result(max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            raise TransferError(f"no answer within {self.patience.answer:g} s", lost=True) from None

    def _retrieve(self, url: str, file: RemoteFile, folder: Path) -> Path:
        """Leave temporary file, hash and move to pooch; the transfer is ours."""
        import pooch

        def downloader(url: str, name: str, _: object) -> None:
            path = Path(name)
            path.unlink()  # pooch's file is readable only by its owner; a new one gets the default permissions
            transfer(url, path, file, self.patience, self.progress)

        with _quiet(pooch.get_logger()):
            try:
                pooch.retrieve(url, f"sha256:{file.sha256}", file.name, folder, downloader=downloader)
            except ValueError as error:
                raise TransferError("sends other content (SHA-256 does not match)") from error
        return folder / file.name


def _started(call: Callable[[str, Patience], None], url: str, patience: Patience) -> Future[None]:
    """Run a call in a daemon thread, since a DNS lookup has no time limit."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            call(url, patience)
            future.set_result(None)
        except Exception as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Silence pooch's messages on stderr; `notify` and `progress` replace them."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
