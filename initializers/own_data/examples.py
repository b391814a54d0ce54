"""Labelled images of any size and range of values, as they become a `Dataset` of 28 x 28 pixels."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from backend.errors import InputError
from initializers.dataset import Dataset, shown_names
from initializers.geometry import FRAME
from initializers.splits import stratified_split

TEST_FRACTION = 0.2  # of the images, where no part of them is for the test
MOST_CLASSES = 256  # labels are stored as uint8
WHITES = (1, 16, 255, 65535)  # usual values of white: shares, scikit-learn's and UCI's digits, 8 bits, 16 bits
_SPLIT_SEED = 0  # fixed, so that a later evaluation has the same test images as the training

Notify = Callable[[str], None]


class Examples(NamedTuple):
    """Labelled images, in any order.

    Attributes
    ----------
    images : ndarray of shape (N, H, W)
        Grey values of any real type.
    labels : list of N str
        Name of the class of each image.
    is_test : ndarray of shape (N,), bool, or None
        Which images are for the test; None if they are not divided.
    class_names : tuple of str or None
        The classes in the order of the data, if the data state one.
    """

    images: np.ndarray
    labels: list[str]
    is_test: np.ndarray | None = None
    class_names: tuple[str, ...] | None = None


def dataset_of(examples: Examples, *, name: str, source: str) -> Dataset:
    """Return a data set: images (N, 784) in uint8, numbered classes, and a part for the test.

    Classes are in the order that the data state; otherwise in numerical order if all names are numbers, else in
    alphabetical order. Without a part for the test, a stratified fifth of the images is held out, always the same one.

    Parameters
    ----------
    examples : Examples
        Images of shape (N, 28, 28), uint8, bright on dark (see `mnist_frames`), and their labels.
    name : str
        Shown with every result.
    source : str
        Where they are from.

    Raises
    ------
    InputError
        If there are fewer than two classes or too many, a class has no image to train with, or one has too few.
    """
    names = _class_names(examples, source)
    numbers = {label: number for number, label in enumerate(names)}
    y = np.array([numbers[label] for label in examples.labels], np.uint8)
    X = examples.images.reshape(len(y), -1)
    train, test = _parts(examples, y, names, source)
    digest = hashlib.sha256(np.ascontiguousarray(X).data)
    digest.update(y.tobytes() + "\n".join(names).encode())
    return Dataset(
        name=name,
        X_train=X[train],
        y_train=y[train],
        X_test=X[test],
        y_test=y[test],
        source=source,
        fingerprint=digest.hexdigest(),
        class_names=names,
    )


def mnist_frames(images: np.ndarray, source: str, notify: Notify) -> np.ndarray:
    """Return images in MNIST's form: 28 x 28 pixels, bright on a dark background, from 0 to 255.

    The largest value of all decides which of `WHITES` is white. If most pixels along the borders are bright, all
    images are inverted. Images of other sizes are scaled to fit, and centred on the background.

    Parameters
    ----------
    images : ndarray of shape (N, H, W)
        Grey values of any real type, not negative.
    source : str
        Where they are from, for messages.
    notify : callable
        Told if images are inverted.

    Returns
    -------
    ndarray of shape (N, 28, 28), uint8

    Raises
    ------
    InputError
        If a value is negative, not finite, or above all of `WHITES`.

    Examples
    --------
    >>> mnist_frames(np.eye(14)[None], "an array", print)[0, 0, :4]
    array([255, 255,   0,   0], dtype=uint8)
    """
    low, high = float(np.min(images)), float(np.max(images))
    white = next((white for white in WHITES if high <= white), None)
    if not low >= 0 or white is None:  # also NaN
        raise InputError(
            source,
            expected="pixels from 0 to 1, 16, 255 or 65,535",
            found=f"values from {low:g} to {high:g}",
            advice="Scale the values to one of these ranges.",
        )
    grey = images if images.dtype == np.uint8 and white == 255 else _as_bytes(images, white)
    if is_light(grey):
        notify(f"{source}: the images are dark on a light background; they are inverted, since MNIST's are not.")
        grey = 255 - grey
    return grey if grey.shape[1:] == (FRAME, FRAME) else np.stack([_fitted(image) for image in grey])


def _as_bytes(images: np.ndarray, white: int) -> np.ndarray:
    """Return images as uint8, in blocks of rows that need little memory."""
    grey = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), 1024):
        block = images[start : start + 1024].astype(np.float32)
        grey[start : start + 1024] = np.rint(block * np.float32(255 / white))
    return grey


def is_light(grey: np.ndarray) -> bool:
    """Return whether most of the outermost pixels of images (N, H, W) in uint8 are light."""
    edges = grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]
    return bool(np.median(np.concatenate([edge.ravel() for edge in edges])) > 127)


def _fitted(image: np.ndarray) -> np.ndarray:
    """Return one image scaled to 28 pixels on its longer side and centred."""
    from PIL import Image

    scale = FRAME / max(image.shape)
    height, width = (max(1, round(side * scale)) for side in image.shape)
    method = Image.Resampling.NEAREST if scale >= 1 and scale.is_integer() else Image.Resampling.LANCZOS
    frame = np.zeros((FRAME, FRAME), np.uint8)
    top, left = (FRAME - height) // 2, (FRAME - width) // 2
    frame[top : top + height, left : left + width] = np.asarray(Image.fromarray(image).resize((width, height), method))
    return frame


def usual_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the different labels: in numerical order if all are numbers, else in alphabetical order.

    Examples
    --------
    >>> usual_order(["10", "9", "10"]), usual_order(["b", "A"])
    (('9', '10'), ('A', 'b'))
    """
    found = sorted(set(labels))
    return tuple(sorted(found, key=float if all(map(str.isdecimal, found)) else str.casefold))


def _class_names(examples: Examples, source: str) -> tuple[str, ...]:
    """Return the classes in order."""
    names = examples.class_names or usual_order(examples.labels)
    if not 2 <= len(names) <= MOST_CLASSES:
        raise InputError(
            source,
            expected=f"2 to {MOST_CLASSES} classes",
            found=f"{len(names):,} ({shown_names(names, 5)})",
            advice="Check where the labels are: docs/howto/data.md describes the forms of data.",
        )
    return tuple(names)


def _parts(examples: Examples, y: np.ndarray, names: Sequence[str], source: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the images for training and for the test."""
    if examples.is_test is None:
        return stratified_split(y, TEST_FRACTION, _SPLIT_SEED)
    train, test = np.flatnonzero(~examples.is_test), np.flatnonzero(examples.is_test)
    learned = set(y[train])
    if missing := [name for number, name in enumerate(names) if number not in learned]:
        raise InputError(
            source,
            expected="images to train with for every class of the test",
            found=f"none of {shown_names(missing)}",
            advice="Add some, or leave these classes out of the test.",
        )
    return train, test
