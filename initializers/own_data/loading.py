"""Finding out in which form data are, and loading them."""

import dataclasses
from pathlib import Path

from backend.errors import InputError
from initializers.dataset import Dataset
from initializers.own_data.arrays import read_archive, read_array_files, read_idx_files
from initializers.own_data.examples import Examples, Notify, dataset_of, mnist_frames
from initializers.own_data.mapped import mapped_dataset
from initializers.own_data.pictures import Progress, folder_pictures, read_pictures
from initializers.own_data.tables import listed_pictures, read_tables

TABLES = (".csv", ".csv.gz")
FORMS = "a folder of pictures by class, a CSV file, an .npz file, or a folder of these"


def load_own_data(path: str | Path, *, notify: Notify, progress: Progress | None = None) -> Dataset:
    """Return the data set in a file or a folder.

    Parameters
    ----------
    path : str or Path
        A folder with a subfolder of pictures for each class, or with ``train`` and ``test`` of this kind; a CSV file
        with a label column, or a folder of one or two; an .npz file, or a folder of .npy or IDX files.
    notify : callable
        Takes warnings, one text each.
    progress : callable or None
        Called as ``progress(name, done, total)`` with numbers of bytes while pictures are read.

    Returns
    -------
    Dataset
        Named as the file or folder. Images have 28 x 28 pixels and are bright on dark; the classes have the names
        that are found there.

    Raises
    ------
    InputError
        If there are no data in one of these forms; says what was found, and what is expected.
    """
    place = Path(path).expanduser()
    source = f"data {place}"
    if not place.exists():
        raise InputError(source, expected=FORMS, found="nothing of that name", advice="Check the path.")
    if (mapped := _mapped(place)) is not None:
        return mapped
    examples = _pictures(place, source, notify, progress or (lambda name, done, total: None))
    if examples is None:
        examples = _numbers(place, source)
        examples = examples._replace(images=mnist_frames(examples.images, source, notify))
    dataset = dataset_of(examples, name=_name(place), source=source)
    return dataclasses.replace(dataset, source=str(place))


def _mapped(place: Path) -> Dataset | None:
    """Return the data if they are arrays that can stay in their files, else None."""
    try:
        return mapped_dataset(place, _name(place)) if place.is_dir() else None
    except (OSError, ValueError):
        return None  # the usual way says what is wrong


def _pictures(place: Path, source: str, notify: Notify, progress: Progress) -> Examples | None:
    """Return the data if they are picture files, else None."""
    table = place if _is_table(place) else next(iter(_tables(place)), None)
    if table is not None:
        listed = listed_pictures(table)
        return None if listed is None else read_pictures(listed, None, source, notify, progress)
    if not place.is_dir() or list(place.glob("*.np[yz]")) or _idx_files(place):
        return None
    return read_pictures(*folder_pictures(place), source, notify, progress)


def _numbers(place: Path, source: str) -> Examples:
    """Return the data of tables and arrays."""
    if _is_table(place):
        return read_tables(place)
    if place.is_file() and place.suffix == ".npz":
        return read_archive(place)
    if place.is_dir() and (tables := _tables(place)):
        return read_tables(*_train_and_test(tables, source))
    if place.is_dir():
        if idx := _idx_files(place):
            return read_idx_files(idx)
        arrays = sorted(place.glob("*.npy"))
        return read_array_files(arrays) if arrays else read_archive(min(place.glob("*.npz")))
    advice = "Name the folder of the .npy files." if place.suffix == ".npy" else "docs/howto/data.md explains them."
    raise InputError(
        source, expected=FORMS, found=f"a file of another kind ({place.suffix or 'no suffix'})", advice=advice
    )


def _train_and_test(tables: list[Path], source: str) -> list[Path]:
    """Return the one table of a folder, or the two for training and for the test, by their names."""
    if len(tables) == 1:
        return tables
    parts = [[path for path in tables if part in path.name.lower()] for part in ("train", "test")]
    if [len(paths) for paths in parts] != [1, 1]:
        raise InputError(
            source,
            expected="one CSV file, or two with train and test in their names",
            found=", ".join(path.name for path in tables),
            advice="Rename them, or name one file.",
        )
    return [paths[0] for paths in parts]


def _idx_files(place: Path) -> list[Path]:
    """Return the files in MNIST's format in a folder, packed or not; of both, the unpacked one."""
    found = {path.name.removesuffix(".gz"): path for path in sorted(place.glob("*idx[0-9]-*"), reverse=True)}
    return sorted(found.values())


def _tables(place: Path) -> list[Path]:
    """Return the CSV files in a folder."""
    return sorted(filter(_is_table, place.iterdir())) if place.is_dir() else []


def _is_table(path: Path) -> bool:
    """Return whether a path is that of a CSV file."""
    return path.name.lower().endswith(TABLES) and path.is_file()


def _name(place: Path) -> str:
    """Return the name of the data set: that of the folder, or of the file without its suffix."""
    whole = place.resolve()
    return whole.name if whole.is_dir() else whole.name.split(".")[0]
