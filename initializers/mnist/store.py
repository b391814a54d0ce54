"""Files that are downloaded once, verified each time, unpacked once, and mapped into memory from then on."""

import gzip
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from backend.errors import InputError
from backend.files import whole_file
from backend.places import user_cache
from initializers.mnist.download import DownloadError, Mirrors
from initializers.mnist.files import MIRRORS, RemoteFile
from initializers.mnist.idx import map_idx, read_idx

ELSEWHERE = "Or name the folder that holds them in MNIST_DIR, or a mirror that you can reach in MNIST_MIRRORS."


class MissingFileError(InputError):
    """A file is in no folder and available from no mirror; the message lists the attempts and manual steps."""


class FileStore:
    """Verified files in a folder, with the user's cache folder for what cannot be written there.

    Each file is read and its SHA-256 verified every time it is used. A file
    that fails is named in a warning and passed over, and replaced where its folder can be written.

    Parameters
    ----------
    files : iterable of RemoteFile
        All files of the set.
    folder : Path
        Folder of the files; it need not exist.
    mirrors : Mirrors
        Downloads missing files.
    notify : callable
        Takes warnings, one text each.
    cache : Path or None
        Second folder; None for the operating system's cache folder of the user.
    subject : str
        Name of the files as a whole, for messages.
    home : str
        An address from which a person can fetch them.
    elsewhere : str
        What else a person can do, as a sentence.

    Raises
    ------
    InputError
        If `folder` is a file.
    """

    def __init__(
        self,
        files: Iterable[RemoteFile],
        folder: Path,
        mirrors: Mirrors,
        notify: Callable[[str], None],
        cache: Path | None = None,
        *,
        subject: str = "MNIST",
        home: str = MIRRORS[0],
        elsewhere: str = ELSEWHERE,
    ) -> None:
        if folder.exists() and not folder.is_dir():
            raise InputError("data folder", expected="a folder", found=f"the file {folder}", advice="Name another.")
        self.files = tuple(files)
        self.folder = folder
        self.mirrors = mirrors
        self.notify = notify
        self.subject, self.home, self.elsewhere = subject, home, elsewhere
        self._cache = cache
        self._damaged: dict[str, str] = {}

    @property
    def cache(self) -> Path:
        """The folder for what cannot be written to `folder`."""
        if self._cache is None:
            self._cache = user_cache()
        return self._cache

    def locate_all(self) -> list[Path]:
        """Return a verified copy of every file, unpacked or packed, after a download where there is none.

        Raises
        ------
        MissingFileError
            At the first file that is neither in a folder nor can be downloaded.
        """
        return [self._locate(file) for file in self.files]

    def array(self, file: RemoteFile, path: Path) -> np.ndarray:
        """Return the content of a verified copy as a read-only array, mapped from an unpacked file.

        A packed copy is unpacked once, next to itself or else in the cache folder. If neither can be written, or
        the unpacked file's hash is not known, the array lives in memory.

        Parameters
        ----------
        file : RemoteFile
            Which file.
        path : Path
            Where `locate_all` found it.
        """
        unpacked = path if path.name in file.unpacked_names else self._unpack(path, file)
        content = map_idx(unpacked) if unpacked else read_idx(path)
        content.flags.writeable = False
        return content

    def _locate(self, file: RemoteFile) -> Path:
        """Return the best copy there is: mapped in no time, unpacked in a moment, downloaded."""
        return (
            self._find(file.unpacked_names, file.unpacked_size, file.unpacked_sha256)
            or self._find(file.names, file.size, file.sha256)
            or self._download(file)
        )

    def _folders(self) -> Iterator[Path]:
        """Yield the two folders, the second only to those who get that far."""
        yield self.folder
        yield self.cache

    def _find(self, names: Iterable[str], size: int, sha256: str) -> Path | None:
        """Return the first sound file among `names` in the two folders; none where no hash is known."""
        if not sha256:
            return None
        for path in (folder / name for folder in self._folders() for name in names):
            if path.is_file():
                fault = fault_of(path, size, sha256)
                if not fault:
                    return path
                self._damaged[str(path)] = f"damaged: {fault}"
                self.notify(f"{path} is damaged and not used: {fault}.")
        return None

    def _download(self, file: RemoteFile) -> Path:
        """Fetch a file to the first folder that can be written."""
        folder = next(filter(can_write, self._folders()), None)
        if folder is None:
            raise self._missing(file, {str(place): "cannot be written" for place in self._folders()})
        try:
            return self.mirrors.fetch(file, folder)
        except DownloadError as error:
            raise self._missing(file, error.failures) from error
        except OSError as error:
            raise self._missing(file, {str(folder): f"cannot be written ({error.strerror})"}) from error

    def _unpack(self, packed: Path, file: RemoteFile) -> Path | None:
        """Unpack a verified file next to itself or in the cache folder, if it can be verified later."""
        if not file.unpacked_sha256:
            return None
        for folder in filter(can_write, (packed.parent, self.cache)):
            target = folder / file.unpacked_name
            try:
                with gzip.open(packed) as source, whole_file(target) as temporary, temporary.open("wb") as copy:
                    shutil.copyfileobj(source, copy, 2**20)
            except OSError:
                continue
            if not fault_of(target, file.unpacked_size, file.unpacked_sha256):
                return target
        return None

    def _missing(self, file: RemoteFile, failures: dict[str, str]) -> MissingFileError:
        """Return the message about the attempts and the manual steps."""
        reasons = self._damaged | (failures or {"mirrors": "none was named"})
        tried = "".join(f"\n  {place}  {reason}" for place, reason in reasons.items())
        names = "".join(f"\n  {each.name}" for each in self.files)
        form = "unpacked is as good" if all(each.unpacked_sha256 for each in self.files) else "packed, as it is"
        advice = (
            f"Tried:{tried}\nTo provide the files manually, fetch{names}\n"
            f"from {self.home}, for example, into\n  {self.folder}\n({form}). {self.elsewhere}"
        )
        files = "1 file" if len(self.files) == 1 else f"{len(self.files)} files"
        expected = f"{files} in {self.folder} or at a mirror"
        return MissingFileError(self.subject, expected=expected, found=f"no sound {file.name}", advice=advice)


def fault_of(path: Path, size: int, sha256: str) -> str | None:
    """Return what is wrong with a file, or None if its size and SHA-256 are as known."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno()).st_size
            if found != size:
                return f"{found:,} bytes instead of {size:,}"
            return None if hashlib.file_digest(file, "sha256").hexdigest() == sha256 else "its SHA-256 is wrong"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def can_write(folder: Path) -> bool:
    """Return whether files can be made in a folder, which is itself made if that is possible.

    A folder without write permission counts as read-only, even if the administrator could write to it.
    """
    try:
        existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
        if not existing.stat().st_mode & 0o222:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
