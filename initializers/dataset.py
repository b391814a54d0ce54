"""A data set: images and labels for training and testing, with a name and the names of the classes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from backend.errors import InputError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels for training and testing, and their origin.

    Parameters
    ----------
    name : str
        Name of the data set, shown with every result.
    X_train, X_test : ndarray
        Shapes (N, 784) and (M, 784), uint8, from 0 for the background to 255 for the brightest ink; may be read-only
        views of files.
    y_train, y_test : ndarray
        Shapes (N,) and (M,), uint8: indices into `class_names`.
    source : str
        Origin of the data: a folder, or the name of another project.
    fingerprint : str
        SHA-256 of the content, 64 hexadecimal digits.
    class_names : tuple of str
        Names of the classes.
    image_shape : tuple of int
        Height and width of an image in pixels.
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    source: str
    fingerprint: str
    class_names: tuple[str, ...] = tuple("0123456789")
    image_shape: tuple[int, int] = (28, 28)

    def with_class_names(self, class_names: Sequence[str]) -> Self:
        """Return the same images with their labels as indices into `class_names`, for a network with these classes.

        Parameters
        ----------
        class_names : sequence of str
            Names that include all of this data set's, in any order.

        Raises
        ------
        InputError
            If a class of this data set is missing among them.

        Examples
        --------
        >>> nothing = np.zeros((0, 784), np.uint8)
        >>> pets = Dataset("pets", nothing, np.array([0, 1]), nothing, np.array([1]), "", "", ("cat", "dog"))
        >>> pets.with_class_names(("bird", "dog", "cat")).y_train
        array([2, 1], dtype=uint8)
        """
        if tuple(class_names) == self.class_names:
            return self
        if missing := [name for name in self.class_names if name not in class_names]:
            raise InputError(
                f"classes of {self.name}",
                expected=f"some of {shown_names(class_names)}",
                found=shown_names(missing),
                advice="Use a model that was trained on these classes.",
            )
        numbers = np.array([list(class_names).index(name) for name in self.class_names], np.uint8)
        return replace(self, y_train=numbers[self.y_train], y_test=numbers[self.y_test], class_names=tuple(class_names))


def shown_names(names: Sequence[str], most: int = 12) -> str:
    """Return names separated by commas; of more than `most`, the first ones and the number of the others.

    Examples
    --------
    >>> shown_names("abcde", 3)
    'a, b, c and 2 others'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} others" if rest > 0 else "")
