"""Trials on disk: a CSV file with one line per trial, from which an interrupted comparison continues."""

import csv
import io
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.files import write_text
from training.comparison.trials import Candidate, Trial

_HINTS = typing.get_type_hints(Trial)
_READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    float | None: lambda text: float(text) if text else None,
    tuple[float, ...]: lambda text: tuple(map(float, text.split())),
}
_COLUMNS = [column.name for column in fields(Trial)]


def trials_csv(trials: Iterable[Trial]) -> str:
    """Return a header line and a line a trial; what is None stays empty, the numbers of a curve have spaces between."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_text(getattr(trial, name)) for name in _COLUMNS] for trial in trials)
    return stream.getvalue()


def read_trials(path: Path) -> list[Trial]:
    """Return the trials of a file exactly as they were written; none if there is no such file.

    Raises
    ------
    InputError
        If the file is not one that a `TrialBook` has written.
    """
    if not path.exists():
        return []
    try:
        header, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
        if header != _COLUMNS:
            raise ValueError("other columns")
        return [_trial(row) for row in rows]
    except (ValueError, csv.Error) as error:
        raise InputError(
            f"comparison file {path}",
            expected="a table of trials that this version has written",
            found="something else",
            advice="Move it away or choose another --output; --fresh overwrites it.",
        ) from error


class TrialBook:
    """All trials in a file; one that is added is on disk at once.

    Parameters
    ----------
    path : Path
        The file, which need not exist.
    fresh : bool
        Begin with none, and overwrite the file when the first is added.

    Raises
    ------
    InputError
        If there is another kind of file.
    """

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self.path = path
        self._trials = {} if fresh else {_key(trial): trial for trial in read_trials(path)}

    def find(self, candidate: Candidate, fingerprint: str) -> Trial | None:
        """Return the trial of the same settings on the same data, under the candidate's name; None if there is none."""
        found = self._trials.get((candidate.settings, fingerprint))
        return found and found.called_as(candidate)

    def trial(self, settings: str, fingerprint: str) -> Trial | None:
        """Return the trial of these settings on these data, if there is one."""
        return self._trials.get((settings, fingerprint))

    def add(self, trial: Trial) -> None:
        """Add a trial, and write all of them in a fixed order."""
        self._trials[_key(trial)] = trial
        write_text(self.path, trials_csv(sorted(self._trials.values(), key=_place)))


def _key(trial: Trial) -> tuple[str, str]:
    """Return the key of a trial."""
    return trial.settings, trial.fingerprint


def _place(trial: Trial) -> tuple[str, str, str, int, str]:
    """Return the sort key of the file."""
    return trial.dataset, trial.preset, trial.changes, trial.seed, trial.settings


def _trial(row: list[str]) -> Trial:
    """Return the trial of a line."""
    cells = zip(_COLUMNS, row, strict=True)
    return Trial(**{name: _READERS[_HINTS[name]](text) for name, text in cells})


def _text(value: Any) -> str:
    """Return a cell; floats have all their digits."""
    if value is None:
        return ""
    return " ".join(map(repr, value)) if isinstance(value, tuple) else str(value)
