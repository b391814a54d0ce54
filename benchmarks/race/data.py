"""The images that every peer trains on."""

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.race.setting import IMAGES, INPUTS

if TYPE_CHECKING:
    from initializers.dataset import Dataset


def load(task: dict[str, Any]) -> "Dataset":
    """Return the data set named by a task's ``data``, in ``data_dir``; with ``rows``, so many training images.

    It is MNIST, or else the embedded digits, repeated until there are as many training images. With ``file``, the
    training images are rows of that file, mapped into memory.

    What it needs is imported here, after a peer's own library: our backend may choose kernels for a BLAS that is not
    loaded yet, and a peer should run with those that its users get.
    """
    from initializers.data_loader import MNISTDataLoader

    folder = Path(task["data_dir"]) if task["data_dir"] else None
    dataset = MNISTDataLoader(folder, data=task["data"]).load_data()
    dataset = dataset if task["data"] == "mnist" else repeated(dataset)
    if "rows" not in task:
        return dataset
    return mapped(dataset, Path(task["file"]), task["rows"]) if "file" in task else first(dataset, task["rows"])


def repeated(dataset: "Dataset") -> "Dataset":
    """Return a data set whose training images are repeated in turn until there are `IMAGES`."""
    import numpy as np

    rows = np.arange(IMAGES) % len(dataset.X_train)
    return dataclasses.replace(
        dataset, name=f"{dataset.name}, repeated", X_train=dataset.X_train[rows], y_train=dataset.y_train[rows]
    )


def first(dataset: "Dataset", rows: int) -> "Dataset":
    """Return a data set with only the first training images."""
    return dataclasses.replace(dataset, X_train=dataset.X_train[:rows], y_train=dataset.y_train[:rows])


def mapped(dataset: "Dataset", file: Path, rows: int) -> "Dataset":
    """Return a data set whose training images are the first rows of a file that `write_shifted` wrote."""
    import numpy as np

    X = np.memmap(file, dtype="uint8", mode="r", shape=(rows, INPUTS))
    return dataclasses.replace(dataset, X_train=X, y_train=np.resize(dataset.y_train, rows))


def write_shifted(dataset: "Dataset", file: Path, rows: int) -> None:
    """Write the training images again and again, each time shifted elsewhere by up to two pixels, `rows` in all.

    Raises
    ------
    InputError
        If the disk has no room for them.
    """
    import numpy as np

    check_room(file.parent, rows * INPUTS)
    pictures = dataset.X_train.reshape(-1, 28, 28)
    shifts = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    with file.open("wb") as stream:
        for number in range(-(-rows // len(pictures))):
            left = min(len(pictures), rows - number * len(pictures))
            np.roll(pictures[:left], shifts[number % len(shifts)], axis=(1, 2)).tofile(stream)


def check_room(folder: Path, needed: int) -> None:
    """Raise InputError if a disk has less room than the bytes needed."""
    from backend import InputError

    free = shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"folder {folder}", expected=f"room for {needed / 1e9:.1f} GB", found=f"{free / 1e9:.1f} GB",
            advice="Name a folder on another disk, or ask for fewer images.",
        )  # fmt: skip
