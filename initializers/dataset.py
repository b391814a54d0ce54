"""A data set: images and labels for training and testing, with a name and the names of the classes."""

from dataclasses import dataclass

import numpy as np


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
