"""Arrays of images and labels: in one .npz file, or as .npy or IDX files in a folder."""

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

import numpy as np

from backend.errors import InputError
from initializers.mnist.idx import read_idx
from initializers.own_data.examples import Examples

IMAGES, LABELS = ("x", "images", "data"), ("y", "labels", "target", "targets")
CLASS_NAMES = "class_names"
ADVICE = "Name them X_train, y_train, X_test and y_test; or X and y, of which a fifth becomes the test."
Labelled = tuple[np.ndarray, list[str]]  # images and the names of their classes

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # luma of red, green and blue, ITU-R BT.601


def read_archive(path: Path) -> Examples:
    """Return the images and labels of an .npz file.

    Parameters
    ----------
    path : Path
        Arrays ``X_train``, ``y_train``, ``X_test`` and ``y_test``, or ``X`` and ``y``; also under the names
        "images", "data", "labels" and "target", in any case. ``class_names`` are the names of the classes, if the
        labels are numbers.

    Raises
    ------
    InputError
        If the file cannot be read, or lacks such arrays.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name.lower(): archive[name] for name in archive.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, KeyError) as error:
        raise _unreadable(path, error) from None
    return examples_of(arrays, str(path))


def read_array_files(paths: Iterable[Path]) -> Examples:
    """Return the images and labels of .npy files with the names that `read_archive` describes."""
    arrays, folder = {}, Path()
    for path in paths:
        try:
            arrays[path.stem.lower()] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise _unreadable(path, error) from None
        folder = path.parent
    return examples_of(arrays, str(folder))


def read_idx_files(paths: Iterable[Path]) -> Examples:
    """Return the images and labels of files in MNIST's own format, told apart by their names.

    Parameters
    ----------
    paths : iterable of Path
        Each has "images" or "labels" in its name; those without "train" are for the test.

    Raises
    ------
    InputError
        If a file is damaged, or one is missing.
    """
    arrays, folder = {}, Path()
    for path in paths:
        kind = "x" if "images" in path.name else "y"
        arrays[f"{kind}_train" if "train" in path.name else f"{kind}_test"] = read_idx(path)
        folder = path.parent
    return examples_of(arrays, str(folder))


def examples_of(arrays: Mapping[str, np.ndarray], source: str) -> Examples:
    """Return the labelled images among named arrays; names are in lower case.

    Raises
    ------
    InputError
        If there are no such arrays, or images and labels do not fit together.
    """
    train, test = (_pair(arrays, part, source) for part in ("train", "test"))
    train = train or _pair(arrays, "", source)
    if train is None:
        _refuse(source, "arrays of images and labels", ", ".join(arrays) or "none")
    names = arrays.get(CLASS_NAMES)
    return joined(train, test, source)._replace(class_names=None if names is None else tuple(map(str, names.tolist())))


def joined(train: Labelled, test: Labelled | None, source: str) -> Examples:
    """Return the examples for training and, if there are any, those for the test as one.

    Raises
    ------
    InputError
        If their images differ in size.
    """
    if test is None:
        return Examples(*train)
    if train[0].shape[1:] != test[0].shape[1:]:
        _refuse(
            source, "images of one size", f"{train[0].shape[1:]} to train with and {test[0].shape[1:]} for the test"
        )
    is_test = np.repeat(np.array([False, True]), [len(train[1]), len(test[1])])
    return Examples(np.concatenate([train[0], test[0]]), train[1] + test[1], is_test)


def square_images(rows: np.ndarray, source: str) -> np.ndarray:
    """Return rows of pixels as square images (N, S, S).

    Raises
    ------
    InputError
        If the number of pixels is no square.
    """
    side = round(rows.shape[1] ** 0.5)
    if side < 2 or side * side != rows.shape[1]:
        raise InputError(
            source,
            expected="the pixels of square images, such as 28 x 28 = 784",
            found=f"{rows.shape[1]:,} values a row",
            advice="For a table of other features, use NeuralNetworkClassifier: docs/howto/scikit-learn.md.",
        )
    return rows.reshape(len(rows), side, side)


def _pair(arrays: Mapping[str, np.ndarray], part: str, source: str) -> Labelled | None:
    """Return the images and the labels of a part, if it is there."""
    images, labels = _named(arrays, IMAGES, part), _named(arrays, LABELS, part)
    if images is None and labels is None:
        return None
    if images is None or labels is None:
        what = "images without labels" if labels is None else "labels without images"
        _refuse(source, "both images and labels", f"{what} ({', '.join(arrays)})")
    if len(images) != len(labels) or not len(labels):
        _refuse(source, "a label for each image", f"{len(images):,} images and {len(labels):,} labels")
    return _grey_images(images, source), _label_names(labels, arrays.get(CLASS_NAMES), source)


def _named(arrays: Mapping[str, np.ndarray], names: Iterable[str], part: str) -> np.ndarray | None:
    """Return the array with one of the names; "x_train" and "train_x" are the same."""
    for name in names:
        for form in (f"{name}_{part}", f"{part}_{name}") if part else (name,):
            if form in arrays and arrays[form].ndim:
                return arrays[form]
    return None


def _grey_images(images: np.ndarray, source: str) -> np.ndarray:
    """Return images (N, H, W) from (N, H, W), (N, H, W, 1), (N, 1, H, W), (N, H, W, 3) or (N, pixels)."""
    if images.dtype.kind not in "buif":
        _refuse(source, "images of numbers", f"values of type {images.dtype}")
    if images.ndim == 2:
        return square_images(images, source)
    if images.ndim == 3 and images.shape[1] and images.shape[2]:
        return images
    if images.ndim == 4 and images.shape[3] == 1:
        return images[..., 0]
    if images.ndim == 4 and images.shape[1] == 1:
        return images[:, 0]
    if images.ndim != 4 or images.shape[3] != 3:
        _refuse(source, "images of shape (N, H, W), (N, H, W, 1), (N, H, W, 3) or (N, pixels)", f"{images.shape}")
    return images.astype(np.float32) @ _GREY


def _label_names(labels: np.ndarray, class_names: np.ndarray | None, source: str) -> list[str]:
    """Return the class of each image as text, from names, numbers, or one-hot rows."""
    if labels.ndim == 2:
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "buifSU":
        _refuse(source, "labels of shape (N,)", f"{labels.dtype} of shape {labels.shape}")
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all() or (labels != np.rint(labels)).any():
            _refuse(source, "whole numbers or names as labels", "others")
        labels = labels.astype(np.int64)
    if class_names is not None and labels.dtype.kind in "ui":
        if not 0 <= labels.min() <= labels.max() < class_names.size:
            _refuse(source, f"labels below {class_names.size}", f"{labels.min()} to {labels.max()}")
        labels = class_names[labels]
    return [str(label) for label in labels.tolist()]


def _unreadable(path: Path, error: Exception) -> InputError:
    """Return the error for a file that NumPy cannot read."""
    reason = "Python objects" if "allow_pickle" in str(error) else f"a damaged one ({error or type(error).__name__})"
    return InputError(str(path), expected="a file of arrays", found=reason, advice="Write it with np.save or np.savez.")


def _refuse(source: str, expected: str, found: str) -> NoReturn:
    """Raise the one error for arrays that do not fit."""
    raise InputError(source, expected=expected, found=found, advice=ADVICE)
