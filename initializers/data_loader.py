"""Loading a data set: finding, downloading, splitting and showing the digits."""

import os
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backend.errors import InputError
from backend.files import looks_like_path
from backend.places import CODE, IS_INSTALLED, user_cache
from initializers.dataset import Dataset
from initializers.mnist.download import Mirrors
from initializers.mnist.files import MNIST_FILES, RemoteFile, fingerprint, mirror_list
from initializers.mnist.related_sets import RELATED_SETS
from initializers.mnist.store import FileStore, MissingFileError
from initializers.mnist.transfer import USUAL_PATIENCE, Patience, Progress
from initializers.splits import stratified_split

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DATA_FOLDER = user_cache() if IS_INSTALLED else CODE / "data"
DATA_CHOICES = ("auto", "mnist", "embedded", *RELATED_SETS)


class MNISTDataLoader:
    """Finds or downloads MNIST or a related set, loads data of the user's own, or embedded digits.

    The files are looked for in the data folder, packed or unpacked; then at each mirror in turn; and with
    ``data="auto"`` scikit-learn's digits take MNIST's place when all of that fails, with a warning.

    Parameters
    ----------
    data_dir : str, Path or None
        Folder of MNIST's files; those of a related set are in a subfolder. None takes the environment variable
        MNIST_DIR, then ``data`` next to the packages.
    data : str or Path
        "auto" as above; "mnist" to fail rather than to fall back; "embedded" for scikit-learn's digits at once; a key
        of `RELATED_SETS`, such as "fashion"; or the path of own data, see `initializers.own_data.load_own_data`.
    mirrors : str, iterable of str or None
        Addresses to download from; None takes, for MNIST, the environment variable MNIST_MIRRORS, then the built-in
        list.
    seed : int
        For `create_validation_split` and `visualize_samples`.
    notify : callable or None
        Takes each warning as one text; None for `warnings.warn`.
    progress : callable or None
        Called as ``progress(name, done, total)`` with numbers of bytes while a file comes in, or pictures are read.
    files : tuple of RemoteFile
        MNIST's training images, training labels, test images and test labels.
    cache_dir : Path or None
        For what cannot be written to the data folder; None for the user's cache folder.
    patience : Patience
        Time limits for mirrors.

    Raises
    ------
    InputError
        If `data` is neither a name nor a path, an address is none, or `data_dir` is a file.

    Examples
    --------
    >>> dataset = MNISTDataLoader(data="embedded").load_data()
    >>> dataset.name, dataset.X_train.shape, dataset.X_train.dtype
    ('embedded digits', (1438, 784), dtype('uint8'))
    """

    def __init__(
        self,
        data_dir: str | Path | None = None,
        *,
        data: str | Path = "auto",
        mirrors: str | Iterable[str] | None = None,
        seed: int = 0,
        notify: Callable[[str], None] | None = None,
        progress: Progress | None = None,
        files: tuple[RemoteFile, RemoteFile, RemoteFile, RemoteFile] = MNIST_FILES,
        cache_dir: Path | None = None,
        patience: Patience = USUAL_PATIENCE,
    ) -> None:
        self.data = _checked(data)
        self.data_dir = data_folder(data_dir)
        self.seed = seed
        self.notify = notify or _warn
        self.progress = progress
        related = RELATED_SETS.get(self.data)
        known = mirror_list(mirrors) if related is None else mirror_list(mirrors, related.mirrors, variable="")
        asked = Mirrors(known, patience=patience, progress=progress)
        if related is None:
            self._store = FileStore(files, self.data_dir, asked, self.notify, cache_dir)
        else:
            self._store = FileStore(
                related.files, self.data_dir / related.folder, asked, self.notify,
                (cache_dir or user_cache()) / related.folder, subject=related.title, home=related.mirrors[0],
                elsewhere="Or name a mirror that you can reach as mirrors (--mirrors).",
            )  # fmt: skip

    def download_mnist_data(self) -> Path:
        """Verify the files of MNIST or of the related set, and download those that are missing or damaged.

        Returns
        -------
        Path
            The folder that holds the training images: the data folder, or the user's cache folder where files
            had to be downloaded and the data folder cannot be written.

        Raises
        ------
        InputError
            If a file is missing and cannot be downloaded; names every mirror with the reason, and explains how to
            provide the files manually.
        """
        return self._store.locate_all()[0].parent

    def load_data(self) -> Dataset:
        """Return the data set.

        MNIST's images stay in their unpacked files, mapped read-only: they take no memory of their own until
        they are used, and programs that run at the same time share them.

        Returns
        -------
        Dataset
            MNIST with 60,000 + 10,000 images, the embedded digits with 1,438 + 359, or what `data` names.

        Raises
        ------
        InputError
            Unless ``data="auto"``, as in `download_mnist_data`; or if own data cannot be read.
        """
        if self.data in RELATED_SETS:
            return RELATED_SETS[self.data].dataset(self._store)
        if self.data not in DATA_CHOICES:
            return _own(self.data, self.notify, self.progress)
        if self.data == "embedded":
            return _embedded()
        try:
            return self._mnist()
        except MissingFileError as error:
            if self.data == "mnist":
                raise
            self.notify(f"{error}\nUntil then the embedded digits take MNIST's place: results are not comparable.")
            return _embedded()

    def create_validation_split(
        self, X: np.ndarray, y: np.ndarray, fraction: float = 0.1, seed: int | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Hold out a stratified part of the training data; the test data are used only at the end.

        Both parts are copies, 47 MB together for MNIST, with rows in their former order.

        Parameters
        ----------
        X : ndarray
            Shape (N, ...), one row an image.
        y : ndarray
            Shape (N,) class numbers, or (N, C) one-hot rows.
        fraction : float
            Share to hold out, in (0, 1): exactly ``round(fraction * N)`` rows.
        seed : int or None
            None takes the loader's.

        Returns
        -------
        X_train, y_train, X_val, y_val : ndarray
            The two parts.

        Raises
        ------
        InputError
            If the lengths differ, the fraction is not in (0, 1), or a class has fewer than two rows.
        """
        if len(X) != len(y):
            found = f"{len(X):,} images and {len(y):,} labels"
            raise InputError("X and y", expected="a label for each image", found=found, advice="Pair them first.")
        kept, held_out = stratified_split(y, fraction, self.seed if seed is None else seed)
        return X[kept], y[kept], X[held_out], y[held_out]

    def visualize_samples(
        self, path: str | Path | None = None, *, count: int = 10, seed: int | None = None
    ) -> "Figure":
        """Load the data set and draw training images of every class, as `sample_grid` does.

        Parameters
        ----------
        path : str, Path or None
            Path of the figure as PNG, with an SVG next to it; None does not save it.
        count : int
            Images a class.
        seed : int or None
            Which images; None takes the loader's.

        Returns
        -------
        matplotlib.figure.Figure
            The figure.

        Raises
        ------
        InputError
            If `count` is below 1, or as in `load_data`.
        """
        from backend.drawing import save_figure

        figure = sample_grid(self.load_data(), count=count, seed=self.seed if seed is None else seed)
        if path is not None:
            save_figure(figure, path)
        return figure

    def _mnist(self) -> Dataset:
        """Return MNIST from its four files."""
        paths = self._store.locate_all()
        X_train, y_train, X_test, y_test = map(self._store.array, self._store.files, paths)
        return Dataset(
            name="MNIST",
            X_train=X_train.reshape(len(X_train), -1),
            y_train=y_train,
            X_test=X_test.reshape(len(X_test), -1),
            y_test=y_test,
            source=str(paths[0].parent),
            fingerprint=fingerprint(self._store.files),
        )


def data_folder(data_dir: str | Path | None = None) -> Path:
    """Return the folder of the data files: the one named, or that of MNIST_DIR, or ``data`` next to the packages."""
    return Path(data_dir or os.environ.get("MNIST_DIR") or DATA_FOLDER).expanduser()


def has_mnist(folder: Path) -> bool:
    """Return whether all files of MNIST seem to be in a folder, by their names; `MNISTDataLoader` verifies them."""
    return all(any((folder / name).is_file() for name in (*file.unpacked_names, *file.names)) for file in MNIST_FILES)


def sample_grid(dataset: Dataset, *, count: int = 10, seed: int = 0) -> "Figure":
    """Draw training images of every class, class after class, with the number of images in each.

    Parameters
    ----------
    dataset : Dataset
        Where the images are from.
    count : int
        Images per class, or fewer if a class has fewer. Up to ten are drawn as one row per class.
    seed : int
        Which images.

    Raises
    ------
    InputError
        If `count` is below 1.
    """
    from backend.drawing import digit_grid

    if count < 1:
        raise InputError("count", expected="at least 1", found=str(count), advice="Use 10, for example.")
    rows, captions = _samples(dataset, count, np.random.default_rng(seed))
    title = f"{dataset.name}: {len(dataset.y_train):,} images to train with, {len(dataset.y_test):,} for the test"
    columns = len(rows) // len(dataset.class_names)
    return digit_grid(dataset.X_train[rows], captions, columns=columns, title=title)


def _samples(dataset: Dataset, count: int, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Return rows, as many of each class and class after class, and captions with the size of each class."""
    members = [np.flatnonzero(dataset.y_train == number) for number in range(len(dataset.class_names))]
    count = min(count, *(len(rows) for rows in members))
    chosen = [np.sort(rng.choice(rows, count, replace=False)) for rows in members]
    captions = []
    for name, rows in zip(dataset.class_names, members, strict=True):
        captions += [f"{name}: {len(rows):,}"] + [""] * (count - 1)
    return np.concatenate(chosen), captions


def _embedded() -> Dataset:
    """Import scikit-learn only when its digits are needed."""
    from initializers.mnist.embedded import embedded_digits

    return embedded_digits()


def _checked(data: str | Path) -> str:
    """Return the name or the path of a data set."""
    if str(data) not in DATA_CHOICES and not (isinstance(data, Path) or looks_like_path(str(data))):
        expected = f"one of {', '.join(DATA_CHOICES)}, or a path"
        raise InputError("data", expected=expected, found=repr(data), advice="Use auto, for example.")
    return str(data)


def _own(path: str, notify: Callable[[str], None], progress: Progress | None) -> Dataset:
    """Import the readers of own data only when they are needed."""
    from initializers.own_data import load_own_data

    return load_own_data(path, notify=notify, progress=progress)


def _warn(text: str) -> None:
    """Ignore messages; the default handler."""
    warnings.warn(text, UserWarning, stacklevel=2)
