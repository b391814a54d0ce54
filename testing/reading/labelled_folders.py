"""Folders of labelled pictures: labels.csv gives the digits of each picture, to compare predictions with.

A label of one digit asks for one digit; of several, for the picture's digits in reading order, rows parted by "/"; any
other, for a refusal or doubt.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, NoReturn

from backend.errors import InputError
from testing.metrics.evaluation import Predictor
from testing.reading.reader import Reading, is_number, read_picture

LABELS = "labels.csv"
COLUMNS = ("path", "label")
LARGEST_FILE = 50_000_000  # bytes of labels.csv: about a million pictures
_NAMED = 3  # number of errors of one kind that a message names


class Labelled(NamedTuple):
    """A line of labels.csv.

    Attributes
    ----------
    name : str
        The picture's path, as seen from the folder.
    label : str
        What it shows.
    """

    name: str
    label: str


def has_labels(folder: str | Path) -> bool:
    """Return whether there is a labels.csv in a folder, False if that cannot be determined."""
    try:
        return (Path(folder) / LABELS).is_file()
    except OSError:  # a name too long, for example
        return False


def read_labels(folder: str | Path) -> list[Labelled]:
    """Return the contents of labels.csv after validating them.

    The columns may be in any order; columns other than path and label are ignored.

    Parameters
    ----------
    folder : str or Path
        The folder of labels.csv; the pictures are in it or in its subfolders.

    Raises
    ------
    InputError
        If the file is missing, is no table with these two columns, names nothing, or names a picture that is twice in
        it, outside of the folder, or missing.
    """
    path = Path(folder) / LABELS
    rows: list[Labelled] = []
    lines: dict[str, int] = {}
    for line, row in _rows(path, _text(path)):
        labelled = _checked(path, line, row)
        if labelled.name in lines:
            _refuse(path, "every picture once", f"{row['path']!r} in lines {lines[labelled.name]} and {line}")
        lines[labelled.name] = line
        rows.append(labelled)
    if not rows:
        _refuse(path, "a line for every picture", "none")
    _check_files(path, [row.name for row in rows])
    return rows


def read_folder(network: Predictor, folder: str | Path) -> list[Reading]:
    """Read every picture in labels.csv according to its label; errors are reported and do not stop the others.

    Parameters
    ----------
    network : Predictor
        A trained one.
    folder : str or Path
        Holds labels.csv.

    Raises
    ------
    InputError
        If labels.csv is not valid, see `read_labels`.
    """
    return [read_labelled(network, folder, row) for row in read_labels(folder)]


def read_labelled(network: Predictor, folder: str | Path, row: Labelled, *, explain: bool = False) -> Reading:
    """Read one picture according to its label; `explain` keeps the intermediate pictures."""
    several = is_number(row.label) and len(row.label) > 1
    reading = read_picture(network, Path(folder) / row.name, several=several, explain=explain)
    return replace(reading, label=row.label, folder=Path(row.name).parent.as_posix())


def by_folder(readings: Iterable[Reading]) -> list[tuple[str, int, int]]:
    """Return for every folder how many pictures with a label it has, and how many were read right.

    Parameters
    ----------
    readings : iterable of Reading
        Those without a label are left out.

    Returns
    -------
    list of (str, int, int)
        Folder, as seen from the one that holds labels.csv, pictures and how many are right; in order of appearance.

    Examples
    --------
    >>> by_folder([Reading("a/x.png", label="blank", folder="a"), Reading("y.png", label="7")])
    [('a', 1, 1), ('.', 1, 0)]
    """
    right: dict[str, list[bool]] = {}
    for reading in readings:
        if reading.label is not None:
            right.setdefault(reading.folder, []).append(reading.is_right)
    return [(folder, len(each), sum(each)) for folder, each in right.items()]


def table_rows(readings: Sequence[Reading]) -> list[tuple[str, int, int, str]]:
    """Return table rows of folder, pictures, correct and accuracy in per cent; several folders have a row of totals.

    Examples
    --------
    >>> table_rows([Reading("a/x.png", label="blank", folder="a"), Reading("y.png", label="7")])
    [('a', 1, 1, '100.0%'), ('.', 1, 0, '0.0%'), ('all', 2, 1, '50.0%')]
    """
    folders = by_folder(readings)
    if len(folders) > 1:
        folders.append(("all", sum(count for _, count, _ in folders), sum(right for *_, right in folders)))
    return [(folder, count, right, f"{right / count:.1%}") for folder, count, right in folders]


def _text(path: Path) -> str:
    """Return the file's text, without the mark that some programs put at its beginning."""
    try:
        if not path.is_file():
            _refuse(path, "a file", "something else" if path.exists() else "nothing of that name")
        length = path.stat().st_size
        if length > LARGEST_FILE:
            _refuse(path, f"a file of at most {LARGEST_FILE:,} bytes", f"{length:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        _refuse(path, "text in UTF-8", "another encoding")
    except OSError as error:
        _refuse(path, "a file that can be read", str(error.strerror))


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the table's lines by the names of their columns, each with its number in the file."""
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    try:
        names = list(reader.fieldnames or ())
        if any(names.count(name) != 1 for name in COLUMNS):
            _refuse(path, f"columns {' and '.join(COLUMNS)}, parted by commas", ",".join(names) or "an empty file")
        yield from ((reader.line_num, row) for row in reader)
    except csv.Error as error:
        _refuse(path, "a table of lines parted by commas", f"{error} in line {reader.reader.line_num}")


def _checked(path: Path, line: int, row: dict[str, str]) -> Labelled:
    """Return a line's picture and label; refuse empty values and paths outside of the folder."""
    name, label = ((row[column] or "").strip() for column in COLUMNS)
    if not name or not label:
        _refuse(path, "a path and a label in every line", f"line {line} without {'a label' if name else 'a path'}")
    inside = Path(os.path.normpath(name))
    if inside.anchor or inside.parts[:1] in ((), ("..",)):
        _refuse(path, "paths inside of its folder", f"{name!r} in line {line}")
    return Labelled(inside.as_posix(), label)


def _check_files(path: Path, names: Sequence[str]) -> None:
    """Refuse a list of pictures of which some are not there."""
    missing = [name for name in names if not os.path.lexists(path.parent / name)]
    if missing:
        named = ", ".join(missing[:_NAMED]) + (" and others" if len(missing) > _NAMED else "")
        _refuse(path, "pictures that are there", f"{len(missing)} that are not ({named})")


def _refuse(path: Path, expected: str, found: str) -> NoReturn:
    """Raise the one error about labels.csv."""
    advice = f"Begin it with the line {','.join(COLUMNS)} and name each picture by its path from the file's folder."
    raise InputError(f"labels {path}", expected=expected, found=found, advice=advice)
