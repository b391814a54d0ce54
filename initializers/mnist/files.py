"""The four files of MNIST: names, sizes, hashes, and the mirrors that serve them."""

import hashlib
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from backend.errors import InputError


@dataclass(frozen=True)
class RemoteFile:
    """What is known in advance about a file in the IDX format that mirrors serve packed with gzip, or about an archive.

    Parameters
    ----------
    name : str
        Name of the packed file, as mirrors have it.
    size : int
        Size of the packed file in bytes.
    sha256 : str
        SHA-256 of the packed file, 64 hexadecimal digits.
    shape : tuple of int
        Shape of the array inside; empty for an archive of several files, whose name ends in ``.zip``.
    unpacked_sha256 : str
        SHA-256 of the unpacked file; empty if unknown; then only packed copies can be verified.
    itemsize : int
        Bytes of a number in the array.

    Examples
    --------
    >>> MNIST_FILES[2].unpacked_name, MNIST_FILES[2].unpacked_size
    ('t10k-images-idx3-ubyte', 7840016)
    >>> MNIST_FILES[2].names
    ('t10k-images-idx3-ubyte.gz', 't10k-images.idx3-ubyte.gz')
    """

    name: str
    size: int
    sha256: str
    shape: tuple[int, ...]
    unpacked_sha256: str = ""
    itemsize: int = 1

    @property
    def unpacked_name(self) -> str:
        """Name of the unpacked file."""
        return self.name.removesuffix(".gz")

    @property
    def unpacked_size(self) -> int:
        """Size of the unpacked file in bytes: magic number, shape, and the numbers."""
        return 4 + 4 * len(self.shape) + self.itemsize * math.prod(self.shape)

    @property
    def signature(self) -> bytes:
        """First bytes of the packed file: those of a ZIP archive, or of gzip."""
        return b"PK\x03\x04" if self.name.endswith(".zip") else b"\x1f\x8b"

    @property
    def names(self) -> tuple[str, ...]:
        """Usual names of the packed file."""
        return self.name, self.name.replace("-idx", ".idx")

    @property
    def unpacked_names(self) -> tuple[str, ...]:
        """Usual names of the unpacked file; some tools put a dot before ``idx``."""
        return tuple(name.removesuffix(".gz") for name in self.names)


MNIST_FILES = (
    RemoteFile(
        name="train-images-idx3-ubyte.gz",
        size=9_912_422,
        sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        shape=(60_000, 28, 28),
        unpacked_sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    RemoteFile(
        name="train-labels-idx1-ubyte.gz",
        size=28_881,
        sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        shape=(60_000,),
        unpacked_sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    RemoteFile(
        name="t10k-images-idx3-ubyte.gz",
        size=1_648_877,
        sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        shape=(10_000, 28, 28),
        unpacked_sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    RemoteFile(
        name="t10k-labels-idx1-ubyte.gz",
        size=4_542,
        sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        shape=(10_000,),
        unpacked_sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)
"""Training images, training labels, test images, test labels."""

# The original site, yann.lecun.com, answers 403 or times out; these serve the same bytes.
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",  # PyTorch
    "https://storage.googleapis.com/cvdf-datasets/mnist/",  # Common Visual Data Foundation
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
    "https://dataset.bj.bcebos.com/mnist/",  # PaddlePaddle, near to readers in China
)


def mirror_list(
    mirrors: str | Iterable[str] | None = None, known: tuple[str, ...] = MIRRORS, *, variable: str = "MNIST_MIRRORS"
) -> tuple[str, ...]:
    """Return the addresses to download from, each ending in a slash.

    Parameters
    ----------
    mirrors : str, iterable of str or None
        Addresses, in one text split at commas and white space, or one by one. None takes the environment
        variable, and `known` where that is empty too.
    known : tuple of str
        Addresses that serve the files to everybody.
    variable : str
        Name of the environment variable; "" for none.

    Raises
    ------
    InputError
        If an address does not begin with http:// or https://.

    Examples
    --------
    >>> mirror_list("http://127.0.0.1:8000/mnist, https://example.org/")
    ('http://127.0.0.1:8000/mnist/', 'https://example.org/')
    """
    given = os.environ.get(variable, "") if mirrors is None else mirrors
    addresses = [word for word in re.split(r"[,\s]+", given) if word] if isinstance(given, str) else list(given)
    for address in addresses:
        if not address.lower().startswith(("http://", "https://")):
            expected = "addresses that begin with http:// or https://"
            raise InputError("mirrors", expected=expected, found=repr(address), advice="Correct the address.")
    if mirrors is None and not addresses:
        return known
    return tuple(address.rstrip("/") + "/" for address in addresses)


def fingerprint(files: Iterable[RemoteFile]) -> str:
    """Return one SHA-256 over the known hashes of the unpacked files, in order."""
    return hashlib.sha256("".join(file.unpacked_sha256 for file in files).encode()).hexdigest()
