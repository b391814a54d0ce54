"""CSV tables with a label column: a row an image, a column a pixel; or a row a picture file."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from backend.errors import InputError
from initializers.own_data.arrays import Labelled, joined, square_images
from initializers.own_data.examples import Examples

if TYPE_CHECKING:
    import pandas as pd

LABEL_COLUMNS = ("label", "class", "target", "y", "digit")
PATH_COLUMNS = ("path", "file", "filename", "image")
ADVICE = (
    "The first line names the columns, one of them label; the others are pixels from 0 to 255, or one is path. "
    "Without such a line, the first column is the label."
)


def read_tables(train: Path, test: Path | None = None) -> Examples:
    """Return the images of one table, or of one for training and one for the test.

    Parameters
    ----------
    train, test : Path
        CSV files, also packed (``.csv.gz``). The label column is the one that is named as in `LABEL_COLUMNS`, or the
        first one if there is no line of names. All other columns are pixels of square images, row by row.

    Raises
    ------
    InputError
        If a file is no such table, or the tables differ in their numbers of columns.
    """
    return joined(_images_and_labels(train), _images_and_labels(test) if test else None, str(train.parent))


def listed_pictures(path: Path) -> list[tuple[Path, str]] | None:
    """Return the picture files that a table lists with their labels; None if it lists none.

    Raises
    ------
    InputError
        If it is no table.
    """
    table = _table(path, rows=1)
    column = _column(table, PATH_COLUMNS)
    if column is None or _column(table, LABEL_COLUMNS) is None:
        return None
    table = _table(path)
    labels = _labels(table, path)
    return [(path.parent / str(name), label) for name, label in zip(table[column], labels, strict=True)]


def _images_and_labels(path: Path) -> Labelled:
    """Return images (N, S, S) and labels of a table."""
    table = _table(path)
    labels = _labels(table, path)
    pixels = table.drop(columns=[_label_column(table, path)])
    if bad := [str(name) for name, dtype in pixels.dtypes.items() if dtype.kind not in "buif"]:
        _refuse(path, "numbers in all columns but that of the labels", f"text in the column {bad[0]!r}")
    values = pixels.to_numpy()
    if values.dtype.kind == "f" and np.isnan(values).any():
        row = int(np.isnan(values).any(axis=1).argmax())
        _refuse(path, "a number in every cell", f"an empty one in row {row + 1}")
    return square_images(values, str(path)), labels


def _table(path: Path, rows: int | None = None) -> "pd.DataFrame":
    """Return a file's table; columns are numbered if the first line holds only numbers."""
    import pandas as pd

    try:
        first = pd.read_csv(path, header=None, nrows=1, dtype=str, encoding="utf-8-sig")
        header = None if all(_is_number(cell) for cell in first.iloc[0]) else 0
        table = pd.read_csv(path, header=header, nrows=rows, encoding="utf-8-sig", low_memory=False)
    except (ValueError, OSError, EOFError) as error:  # pandas' own are ValueErrors
        _refuse(path, "a table of lines parted by commas", f"something else ({error})")
    if table.empty and rows is None:
        _refuse(path, "rows of images", "none")
    return table


def _is_number(cell: object) -> bool:
    """Return whether a cell's text is a number."""
    try:
        float(str(cell))
    except ValueError:
        return False
    return True


def _column(table: "pd.DataFrame", names: Iterable[str]) -> object:
    """Return the column with one of the names, in any case; None without one."""
    known = {str(column).strip().lower(): column for column in table.columns}
    return next((known[name] for name in names if name in known), None)


def _label_column(table: "pd.DataFrame", path: Path) -> object:
    """Return the name of the label column."""
    first: object = table.columns[0]
    column = 0 if first == 0 else _column(table, LABEL_COLUMNS)  # numbered if there is no line of names
    if column is None:
        names = ", ".join(map(str, table.columns[:4]))
        _refuse(path, f"a column named {', '.join(LABEL_COLUMNS[:-1])} or {LABEL_COLUMNS[-1]}", f"{names} ...")
    return column


def _labels(table: "pd.DataFrame", path: Path) -> list[str]:
    """Return the label of each row as text."""
    column = table[_label_column(table, path)]
    if column.isna().any():
        _refuse(path, "a label in every row", f"none in row {int(column.isna().to_numpy().argmax()) + 1}")
    if column.dtype.kind == "f" and (column == column.round()).all():
        column = column.astype(np.int64)
    return [str(label).strip() for label in column]


def _refuse(path: Path, expected: str, found: str) -> NoReturn:
    """Raise the one error for a table."""
    raise InputError(str(path), expected=expected, found=found, advice=ADVICE)
