"""Data sets in MNIST's form: the same size of images, other things in them."""

import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

import numpy as np

from initializers.dataset import Dataset
from initializers.mnist.files import RemoteFile
from initializers.mnist.idx import read_idx
from initializers.mnist.store import FileStore

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class RelatedSet:
    """Where a data set is, and how its files become a `Dataset`.

    Parameters
    ----------
    title : str
        Name that is shown with every result.
    folder : str
        Name of the subfolder of the data folder that has the files: some have the same names as MNIST's.
    files : tuple of RemoteFile
        Training images, training labels, test images, test labels; or one archive that contains them.
    mirrors : tuple of str
        Addresses that end in a slash.
    class_names : tuple of str
        Names of the classes, in the order of the labels.
    members : tuple of str
        The four files in the archive, each packed with gzip; empty without one.
    first_label : int
        Label of the first class.
    transposed : bool
        Whether the files have the columns of each image as rows.
    """

    title: str
    folder: str
    files: tuple[RemoteFile, ...]
    mirrors: tuple[str, ...]
    class_names: tuple[str, ...] = DIGITS
    members: tuple[str, ...] = ()
    first_label: int = 0
    transposed: bool = False

    def dataset(self, store: FileStore) -> Dataset:
        """Return the data set from verified files, which are downloaded if they are missing.

        Raises
        ------
        MissingFileError
            If a file is in no folder and available from no mirror.
        """
        paths = store.locate_all()
        X_train, y_train, X_test, y_test = self._arrays(store, paths)
        return Dataset(
            name=self.title,
            X_train=self._images(X_train),
            y_train=self._labels(y_train),
            X_test=self._images(X_test),
            y_test=self._labels(y_test),
            source=str(paths[0].parent),
            fingerprint=_joined_hash(store.files),
            class_names=self.class_names,
        )

    def _arrays(self, store: FileStore, paths: Iterable[Path]) -> list[np.ndarray]:
        """Return the content of the four files, read from the archive if there is one."""
        if not self.members:
            return list(map(store.array, store.files, paths))
        (path,) = paths
        with zipfile.ZipFile(path) as archive:
            return [read_idx(archive.read(member)) for member in self.members]

    def _images(self, images: np.ndarray) -> np.ndarray:
        """Return images as rows (N, 784)."""
        upright = images.transpose(0, 2, 1) if self.transposed else images
        return upright.reshape(len(images), -1)

    def _labels(self, labels: np.ndarray) -> np.ndarray:
        """Return indices into `class_names`; of QMNIST's table, the column of the classes."""
        column = labels[:, CLASS] if labels.ndim == 2 else labels
        return (column - self.first_label).astype(np.uint8)


def _joined_hash(files: Iterable[RemoteFile]) -> str:
    """Return one SHA-256 over the hashes of the packed files, in order."""
    return hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()


def _four(*known: tuple[int, str], names: tuple[str, str, str, str], shapes: tuple[int, int]) -> tuple[RemoteFile, ...]:
    """Return four files: (size, SHA-256) of each, their names, and the numbers of images of the two parts."""
    training, test = shapes
    arrays = ((training, 28, 28), (training,), (test, 28, 28), (test,))
    return tuple(
        RemoteFile(name, size, sha256, shape) for name, (size, sha256), shape in zip(names, known, arrays, strict=True)
    )


# Sizes and SHA-256 of all files as TensorFlow Datasets lists them (url_checksums/fashion_mnist.txt, kmnist.txt,
# qmnist.txt and emnist.txt).
_MNIST_NAMES = (
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)  # fmt: skip

FASHION = RelatedSet(  # H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747 (2017)
    title="Fashion-MNIST",
    folder="fashion",
    files=_four(
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        names=_MNIST_NAMES,
        shapes=(60_000, 10_000),
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    class_names=(
        "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ),
)  # fmt: skip

KMNIST = RelatedSet(  # T. Clanuwat et al., "Deep Learning for Classical Japanese Literature", arXiv:1812.01718 (2018)
    title="Kuzushiji-MNIST",
    folder="kmnist",
    files=_four(
        (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
        (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
        (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
        (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        names=_MNIST_NAMES,
        shapes=(60_000, 10_000),
    ),
    mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
)

# torchvision lists the MD5 0058f8dd561b90ffdd0f734c6a30e5e4 of the same file. Nobody lists a hash of the unpacked one.
WRITERS_FILE = RemoteFile(
    name="qmnist-train-labels-idx2-int.gz",
    size=463_024,
    sha256="2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
    shape=(60_000, 8),
    itemsize=4,
)
"""QMNIST's labels: a row a digit, with the columns class, NIST's HSF series, writer (0 to 610, and 2100 to 2599), which
digit of that writer, NIST's class code, place in NIST's collection, place of its duplicate, and one that is unused."""

WRITERS_MIRRORS = ("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",)
CLASS, WRITER = 0, 2  # columns

QMNIST = RelatedSet(  # C. Yadav, L. Bottou, "Cold Case: The Lost MNIST Digits", NeurIPS 2019
    title="QMNIST",
    folder="qmnist",
    files=(
        RemoteFile(
            "qmnist-train-images-idx3-ubyte.gz",
            9_704_059,
            "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
            (60_000, 28, 28),
        ),
        WRITERS_FILE,
        RemoteFile(
            "qmnist-test-images-idx3-ubyte.gz",
            9_742_279,
            "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
            (60_000, 28, 28),
        ),
        RemoteFile(
            "qmnist-test-labels-idx2-int.gz",
            526_800,
            "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
            (60_000, 8),
            itemsize=4,
        ),
    ),
    mirrors=WRITERS_MIRRORS,
)

EMNIST_ARCHIVE = RemoteFile(
    "gzip.zip", 561_753_746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e", ()
)


def _emnist(part: str, title: str, class_names: tuple[str, ...], first_label: int) -> RelatedSet:
    """Return a part of EMNIST (G. Cohen et al., "EMNIST: an extension of MNIST to handwritten letters", 2017)."""
    kinds = ("train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1")
    return RelatedSet(
        title=title,
        folder="emnist",
        files=(EMNIST_ARCHIVE,),
        mirrors=(
            "https://biometrics.nist.gov/cs_links/EMNIST/",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        ),
        class_names=class_names,
        members=tuple(f"gzip/emnist-{part}-{kind}-ubyte.gz" for kind in kinds),
        first_label=first_label,
        transposed=True,
    )


RELATED_SETS: dict[str, RelatedSet] = {
    "fashion": FASHION,
    "kmnist": KMNIST,
    "qmnist": QMNIST,
    "emnist-digits": _emnist("digits", "EMNIST digits", DIGITS, 0),
    "emnist-letters": _emnist("letters", "EMNIST letters", tuple(ascii_uppercase), 1),
}
"""Data sets by the name that `data` takes."""
