"""A data set as every other part sees it: four arrays, and what to call them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, for training and for the test, and where they came from.

    Parameters
    ----------
    name : str
        What people call it; stands beside every result.
    X_train, X_test : ndarray
        Shapes (N, 784) and (M, 784), uint8, 0 for paper and 255 for the brightest ink; may be read-only views
        of files.
    y_train, y_test : ndarray
        Shapes (N,) and (M,), uint8, index into `class_names`.
    source : str
        Where it came from, for people: a folder, or another project's name.
    fingerprint : str
        SHA-256 over the content, 64 hexadecimal digits: two data sets with the same one are the same.
    class_names : tuple of str
        What the classes are called.
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
