"""The writers of MNIST's training digits, so that validation can use writers that the network has not seen.

MNIST's training and test digits come from different people. A random part of the training digits comes from the
same people as the rest, so accuracy on it is slightly optimistic. MNIST's own files do not identify the writers;
QMNIST does, whose training digits are MNIST's in the same order (C. Yadav, L. Bottou, "Cold Case: The Lost MNIST
Digits", NeurIPS 2019).
"""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from backend.errors import InputError
from initializers.data_loader import data_folder
from initializers.mnist.download import Mirrors
from initializers.mnist.files import RemoteFile, mirror_list
from initializers.mnist.related_sets import CLASS, WRITER, WRITERS_FILE, WRITERS_MIRRORS
from initializers.mnist.store import FileStore
from initializers.mnist.transfer import USUAL_PATIENCE, Patience, Progress

AGREEMENT = 0.99  # share of the classes that have to be those of the labels; of digits in another order, a tenth are


def load_writers(
    y: np.ndarray,
    data_dir: str | Path | None = None,
    *,
    mirrors: str | Iterable[str] | None = None,
    notify: Callable[[str], None] | None = None,
    progress: Progress | None = None,
    file: RemoteFile = WRITERS_FILE,
    cache_dir: Path | None = None,
    patience: Patience = USUAL_PATIENCE,
) -> np.ndarray:
    """Return the writer of each of MNIST's training digits, from QMNIST's labels, which are downloaded if missing.

    The file is expected next to MNIST's, packed as published, and is verified each time.

    Parameters
    ----------
    y : ndarray of shape (N,), integers
        The classes of MNIST's training digits in their original order, to verify that the file matches.
    data_dir, notify, progress, cache_dir, patience
        As for `initializers.data_loader.MNISTDataLoader`.
    mirrors : str, iterable of str or None
        Addresses to download from; None takes the environment variable MNIST_MIRRORS, then QMNIST's own.
    file : RemoteFile
        The file of labels.

    Returns
    -------
    ndarray of shape (N,), int32
        Numbers of writers, for `initializers.splits.split_by_writer`.

    Raises
    ------
    InputError
        If the classes are not those of MNIST's training digits, or the file is missing and cannot be downloaded.
    """
    if len(y) != file.shape[0]:  # before any download
        raise _not_mnist(file, f"{len(y):,} labels")
    asked = Mirrors(mirror_list(mirrors, WRITERS_MIRRORS), patience=patience, progress=progress)
    store = FileStore(
        [file], data_folder(data_dir), asked, notify or warnings.warn, cache_dir,
        subject="the writers of MNIST's digits", home=WRITERS_MIRRORS[0],
    )  # fmt: skip
    table = store.array(file, *store.locate_all())
    agreement = np.mean(table[:, CLASS] == y)
    if agreement < AGREEMENT:
        raise _not_mnist(file, f"{agreement:.0%} of the classes that {file.name} has")
    return np.array(table[:, WRITER])


def _not_mnist(file: RemoteFile, found: str) -> InputError:
    """Return the error for data whose writers are unknown."""
    return InputError(
        "writers", expected=f"MNIST's {file.shape[0]:,} training digits in their own order", found=found,
        advice="For other data, split without regard to writers.",
    )  # fmt: skip
