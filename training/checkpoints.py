"""Checkpoints on disk, from which an interrupted training resumes bitwise identically.

They are in a folder next to the model file, ``model/fast.checkpoints`` for ``model/fast.pkl``, each a file of
its own, named by the epochs that are done and the steps of the next one: ``00003-0000017.checkpoint``.
"""

import dataclasses
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend import InputError
from backend.blas import blas_kernels
from backend.versions import library_versions
from classes.files.packing import bad_file, read_packed, write_packed
from classes.training.checkpoint import workers_of
from classes.training.records import History
from initializers.dataset import Dataset
from interface.flags import Option, options
from training.config import TrainingConfig

FORMAT = "neural_network_digit checkpoint"
VERSION = 1
KEPT = 2  # checkpoints: the last one, and the one before it in case the last is damaged
WHOLE = re.compile(r"(\d+)-(\d+)\.checkpoint")
OWN = re.compile(r"\.?\d+-\d+(-\w+)?\.checkpoint")  # hidden files are left by a write that was killed
FIELD_TYPES: dict[str, type] = {
    "preset": str, "config": dict, "dataset": str, "fingerprint": str, "seconds": float, "state": dict,
    "versions": dict,
}  # fmt: skip
FREE = (
    "data",
    "data_dir",
    "mirrors",
    "output",
    "export",
    "save_data",
    "tensorboard",
    "mlflow",
    "checkpoint_every",
    "resume",
)  # flags that bend no training

Warn = Callable[[str], None]


@dataclass(frozen=True)
class Checkpoint:
    """A training, interrupted.

    Attributes
    ----------
    path : Path
        Its file.
    preset : str
        Where the configuration came from.
    config : TrainingConfig
        As the training began.
    dataset, fingerprint : str
        Name of the data set, and SHA-256 over its content.
    seconds : float
        That the training took so far.
    state : dict
        For `TrainingOptions.resume`.
    versions : dict of str to str
        Versions of Python, NumPy and its BLAS that computed it; empty in checkpoints of earlier releases.
    history : History
        The epochs that are done.
    """

    path: Path
    preset: str
    config: TrainingConfig
    dataset: str
    fingerprint: str
    seconds: float
    state: dict[str, Any]
    versions: dict[str, str]
    history: History

    @property
    def changed_versions(self) -> str:
        """Versions that differ from today's, as ``numpy 2.3.0 -> 2.4.6``; empty if none does or none is known."""
        now = versions_of_arithmetic()
        changed = {name: then for name, then in self.versions.items() if then != now.get(name)}
        return ", ".join(f"{name} {then} -> {now.get(name, 'none')}" for name, then in changed.items())

    @property
    def place(self) -> str:
        """Where the training stood, for people."""
        finished, step = position_of(self.state)
        within = f", and {step} steps of epoch {finished + 1}" if step else ""
        return f"{finished} of {self.config.epochs} epochs are done{within}"

    def config_under(self, preset: str | None, overrides: Mapping[str, Any]) -> TrainingConfig:
        """Return the configuration to go on with: the training's own, but for where things lie.

        Parameters
        ----------
        preset : str or None
            Configuration of the requested training.
        overrides : mapping
            Fields of `TrainingConfig` that the user has set explicitly.

        Raises
        ------
        InputError
            If a setting differs from that of the interrupted training.
        """
        if preset is not None and preset != self.preset:
            raise _contradiction("--preset", self.preset, preset)
        for option in options(TrainingConfig):
            if option.name in overrides and option.name not in FREE:
                self._check(option, overrides[option.name])
        places = {name: overrides[name] for name in FREE if name in overrides}
        return dataclasses.replace(self.config, **{"output": None} | places)

    def _check(self, option: Option, given: Any) -> None:
        """Refuse another value than the training's own; of the workers, those that it found itself will do too."""
        own = getattr(self.config, option.name)
        if option.name == "workers" and own is None:
            own = workers_of(self.state)
        if given != own:
            raise _contradiction(option.flag, option.show(own), option.show(given))

    def check_data(self, dataset: Dataset) -> None:
        """Refuse other data than those that the training began with."""
        if dataset.fingerprint != self.fingerprint:
            raise _contradiction(
                "data", f"{self.dataset} ({self.fingerprint[:12]})", f"{dataset.name} ({dataset.fingerprint[:12]})"
            )


def _contradiction(what: str, own: str, given: str) -> InputError:
    """Return the error about something that is not as the training began with."""
    return InputError(
        f"--resume with other {what}" if what == "data" else f"{what} together with --resume",
        expected=f"{own}, with which the training began",
        found=given,
        advice="Leave it as it was to go on, or start a new training without --resume and with another --output.",
    )


def versions_of_arithmetic() -> dict[str, str]:
    """Return the versions that affect the rounding of a training run: Python, NumPy, and the BLAS kernels."""
    return library_versions() | {"BLAS": blas_kernels()}


def position_of(state: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many epochs are done in a training's state, and how many steps of the next one."""
    return int(state["finished"]), int(state["progress"].get("step", 0))


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the contents of a checkpoint file, without executing code from it.

    Raises
    ------
    InputError
        If it is torn, spoilt, something else, or from another version of this program.
    """
    name = f"checkpoint {path}"
    contents = {"versions": {}} | read_packed(path, "checkpoint", FORMAT, VERSION, needs_checksum=True)
    for field, wanted in FIELD_TYPES.items():
        if type(contents.get(field)) is not wanted:
            raise bad_file(name, f"{field} as {wanted.__name__}", type(contents.get(field)).__name__)
    fields = {field: contents[field] for field in FIELD_TYPES}
    try:
        position_of(fields["state"])
        workers_of(fields["state"])
        history = History.from_dict(fields["state"]["history"])
        config = TrainingConfig.from_dict(fields["config"])
    except (TypeError, KeyError, AttributeError, ValueError) as failure:
        raise bad_file(name, "the state of a training", f"{type(failure).__name__}: {failure}") from failure
    return Checkpoint(path, **fields | {"config": config}, history=history)


class CheckpointFolder:
    """The checkpoints of one model file.

    Parameters
    ----------
    model : Path
        The model file.

    Examples
    --------
    >>> CheckpointFolder(Path("model/fast.pkl")).path.as_posix()
    'model/fast.checkpoints'
    """

    def __init__(self, model: Path) -> None:
        self.path = model.with_suffix(".checkpoints")

    def files(self) -> list[Path]:
        """Return all checkpoints, the latest last; they may be damaged."""
        found = {path: WHOLE.fullmatch(path.name) for path in self._own()}
        places = {path: (int(match[1]), int(match[2])) for path, match in found.items() if match}
        return sorted(places, key=places.__getitem__)

    def newest(self, warn: Warn) -> Checkpoint | None:
        """Return the last undamaged checkpoint, or None if there are none at all.

        Parameters
        ----------
        warn : callable
            Called with a message for every damaged checkpoint.

        Raises
        ------
        InputError
            If all checkpoints are damaged.
        """
        files = self.files()
        for path in reversed(files):
            try:
                return read_checkpoint(path)
            except InputError as error:
                warn(f"{error.wrong}: expected {error.expected}, found {error.found}. It is passed over.")
        if files:
            raise InputError(
                f"folder {self.path}",
                expected="an undamaged checkpoint",
                found=f"{len(files)} that cannot be used",
                advice="Remove the folder to start again.",
            )
        return None

    def refuse_if_taken(self) -> None:
        """Refuse to mix a new training's checkpoints with those of another."""
        if files := self.files():
            raise InputError(
                f"folder {self.path}",
                expected="no checkpoints of an unfinished training",
                found=files[-1].name,
                advice="Add --resume to continue from there, or remove the folder to start again.",
            )

    def tidy(self, kept: Iterable[Path] = ()) -> None:
        """Remove all other checkpoints and files left by killed writes; other files are not touched."""
        for path in set(self._own()) - set(kept):
            if path.is_file():
                path.unlink()

    def remove(self) -> None:
        """Remove all checkpoints, and the folder if nothing else is in it."""
        self.tidy()
        with suppress(OSError):
            self.path.rmdir()

    def _own(self) -> list[Path]:
        """Return all files that checkpoints are, or were to become."""
        return [path for path in self.path.glob("*") if OWN.fullmatch(path.name)]


class CheckpointWriter:
    """Writes every checkpoint of a training and keeps the last two: for `TrainingOptions.on_checkpoint`.

    Parameters
    ----------
    folder : CheckpointFolder
        Where to.
    warn : callable
        Called with a message if writing fails; the training continues.
    config, preset, dataset : TrainingConfig, str, Dataset
        What is trained.
    resumed : Checkpoint or None
        The checkpoint that the training resumes from, if any.
    """

    def __init__(
        self, folder: CheckpointFolder, warn: Warn, config: TrainingConfig, preset: str, dataset: Dataset,
        resumed: Checkpoint | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.warn = folder, warn
        self.about = {
            "preset": preset, "config": config.to_dict(), "dataset": dataset.name, "fingerprint": dataset.fingerprint,
            "versions": versions_of_arithmetic(),
        }  # fmt: skip
        self._kept = [] if resumed is None else [resumed.path]
        self._before = 0.0 if resumed is None else resumed.seconds
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those before a resumption too."""
        return self._before + time.perf_counter() - self._started

    def __call__(self, state: dict[str, Any]) -> None:
        """Write a checkpoint; once it is in place, remove all but the last two."""
        finished, step = position_of(state)
        path = self.folder.path / f"{finished:05}-{step:07}.checkpoint"
        contents = {"format": FORMAT, "version": VERSION, **self.about, "seconds": self.seconds, "state": state}
        try:
            write_packed(path, contents, "checkpoint")
            self._kept = [*self._kept, path][-KEPT:]
            self.folder.tidy(self._kept)
        except OSError as error:
            self.warn(f"The checkpoint {path} could not be written: {error.strerror or error}. The training continues.")
