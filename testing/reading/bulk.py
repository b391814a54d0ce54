"""Reading more pictures than anybody looks at: in shards, by several processes or machines, into a table that grows.

The table is written shard by shard, so that memory does not grow with the number of pictures, and a run that was killed
continues behind the last whole shard.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from backend.engines import completed
from backend.errors import InputError
from backend.files import append_text
from backend.optional import optional_module
from classes.neural_network import NeuralNetwork
from testing.inference.ensemble import Ensemble, load_predictor
from testing.reading.reader import Reading, read_picture

COLUMNS = ("path", "digits", "confidence", "sure", "refusal", "error")
SHARD = 200  # pictures that a process reads at a time, which takes some seconds
AHEAD = 32  # shards for each process that are listed before their results are awaited
FORMATS = (".csv", ".parquet")


class Job(NamedTuple):
    """What every shard needs.

    Attributes
    ----------
    models : tuple of str
        Absolute paths of the model files.
    views : int
        Rotated views of every digit.
    several : bool or None
        As for `read_picture`.
    """

    models: tuple[str, ...]
    views: int
    several: bool | None


class Table:
    """A CSV file of readings, to which whole shards are added.

    Parameters
    ----------
    path : Path
        The file. If it exists, its pictures are known already; an incomplete last line is removed.

    Raises
    ------
    InputError
        If it is another kind of table.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.known, self.errors = path, set[str](), 0
        if not path.exists():
            append_text(path, ",".join(COLUMNS) + "\n")
            return
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        header, *rows = csv.reader(io.StringIO(whole, newline="")) if whole else ([],)
        if tuple(header) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
            raise InputError(
                f"output {path}", expected=f"a table with the columns {','.join(COLUMNS)}", found="something else",
                advice="Name another file.",
            )  # fmt: skip
        self.known = {row[0] for row in rows}
        self.errors = sum(bool(row[-1]) for row in rows)
        if whole != text:
            append_text(path, "", keep=len(whole.encode()))

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add the rows of a shard, which are on disk when this returns."""
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows(rows)
        append_text(self.path, stream.getvalue())
        self.errors += sum(bool(row[-1]) for row in rows)


def read_many(
    pictures: Iterable[str], job: Job, table: Table, *, engine: str = "loky", jobs: int | None = None
) -> Iterator[int]:
    """Read the pictures that are not in a table yet, and yield the number of each shard's pictures once it is added.

    Parameters
    ----------
    pictures : iterable of str
        Paths, listed as they are needed.
    job : Job
        The models, and how to read.
    table : Table
        Grows by a row a picture, in any order.
    engine, jobs
        As for `backend.engines.completed`.

    Raises
    ------
    InputError
        If a model cannot be read, or there is no such engine.
    """
    missing = (path for path in pictures if path not in table.known)
    while shards := list(islice(iter(lambda: list(islice(missing, SHARD)), []), AHEAD)):
        for rows in completed(read_shard, shards, job, engine=engine, jobs=jobs):
            table.add(rows)
            yield len(rows)


def read_shard(paths: Sequence[str], job: Job) -> list[tuple[Any, ...]]:
    """Return a row for each picture, in the order of `COLUMNS`; errors are among them."""
    network = _network(job)
    return [row_of(read_picture(network, path, several=job.several), network.class_names) for path in paths]


def row_of(reading: Reading, names: Sequence[str]) -> tuple[Any, ...]:
    """Return a reading as a row of the table."""
    if reading.error:
        return reading.path, "", "", "", "", reading.error
    confidence = f"{reading.confidence:.4f}"
    return reading.path, reading.text(names), confidence, "yes" if reading.is_sure else "no", reading.refusal or "", ""


def write_parquet(table: Path, path: Path) -> Path:
    """Write a finished table as a Parquet file too.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    """
    arrow = optional_module("pyarrow.csv", "pyarrow", "Parquet")
    parquet = optional_module("pyarrow.parquet", "pyarrow", "Parquet")
    types = {"path": "string", "digits": "string", "refusal": "string", "error": "string"}
    options = arrow.ConvertOptions(column_types=types, true_values=["yes"], false_values=["no"])
    reader = arrow.open_csv(table, convert_options=options)
    with parquet.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    return path


@lru_cache(maxsize=1)
def _network(job: Job) -> NeuralNetwork | Ensemble:
    """Return the network, loaded once in each process."""
    return load_predictor([Path(model) for model in job.models], job.views, "cpu")
