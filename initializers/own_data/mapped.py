"""Arrays larger than memory: .npy files that are mapped, of which only the rows of a batch are read."""

import hashlib
from pathlib import Path

import numpy as np

from initializers.dataset import Dataset
from initializers.geometry import FRAME
from initializers.own_data.examples import MOST_CLASSES, is_light, usual_order

FILES = ("X_train.npy", "y_train.npy", "X_test.npy", "y_test.npy")
_LOOKED_AT = 1000  # images, from the first on, that decide whether all can be used as they are


def mapped_dataset(folder: Path, name: str) -> Dataset | None:
    """Return the data set of four files whose images can be used as they are; None if they have to be converted.

    That is the case for uint8 images of 28 x 28 pixels, bright on dark and up to 255, with numbers as labels. Each
    program that maps the files shares their pages with all others on the machine. The files are read once, from the
    beginning to the end, for the fingerprint.

    Parameters
    ----------
    folder : Path
        Holds `FILES`.
    name : str
        Name of the data set.

    Raises
    ------
    OSError, ValueError
        If a file cannot be read as an array.
    """
    if not all((folder / file).is_file() for file in FILES):
        return None
    X_train, y_train, X_test, y_test = (np.load(folder / file, mmap_mode="r", allow_pickle=False) for file in FILES)
    pairs = (X_train, y_train), (X_test, y_test)
    if not all(_is_plain(X, y) for X, y in pairs):
        return None
    classes = np.unique(y_train)
    if not 2 <= len(classes) <= MOST_CLASSES or not np.isin(y_test, classes).all():
        return None  # the usual way says what is wrong
    digest = hashlib.sha256()
    for file in FILES:
        with (folder / file).open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return Dataset(
        name=name,
        X_train=X_train.reshape(len(X_train), -1),
        y_train=np.searchsorted(classes, y_train).astype(np.uint8),
        X_test=X_test.reshape(len(X_test), -1),
        y_test=np.searchsorted(classes, y_test).astype(np.uint8),
        source=str(folder),
        fingerprint=digest.hexdigest(),
        class_names=usual_order(map(str, classes.tolist())),
    )


def _is_plain(X: np.ndarray, y: np.ndarray) -> bool:
    """Return whether images and labels need no conversion."""
    if X.dtype != np.uint8 or X.shape[1:] not in ((FRAME, FRAME), (FRAME * FRAME,)) or not len(X) == len(y) > 0:
        return False
    if y.ndim != 1 or y.dtype.kind not in "ui" or y.min() < 0:
        return False
    first = np.asarray(X[:_LOOKED_AT]).reshape(-1, FRAME, FRAME)
    return int(first.max()) > 16 and not is_light(first)
