"""Event files for TensorBoard, written by tensorboardX."""

import itertools
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backend.optional import optional_module
from classes.training.records import EpochRecord, History
from classes.training.state import TrainingState
from training.trackers.tracker import Tracker, as_text, metrics_of


class TensorBoard(Tracker):
    """Write the metrics of each epoch to an event file, which ``tensorboard --logdir FOLDER`` shows.

    A resumed training run continues its curves in the same folder: epochs that the interrupted run wrote after its last
    checkpoint are replaced.

    Parameters
    ----------
    folder : str or Path
        Folder of this training run; TensorBoard shows each folder as a run. It is made when the first epoch ends.
    histograms : bool
        Whether to write the distributions of the weights after each epoch too.
    settings : mapping, optional
        What to show as the configuration of the run.

    Raises
    ------
    InputError
        If tensorboardX is not installed.
    """

    def __init__(
        self, folder: str | Path, *, histograms: bool = False, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.folder, self.histograms, self.settings = Path(folder), histograms, as_text(settings)
        self._library = optional_module("tensorboardX", "tensorboardX", "TensorBoard")
        self._writer: Any = None
        self._epoch = 0

    def begin(self, trainer: TrainingState) -> None:
        """Keep a reference to the layers; the file is opened once it is known which epoch is the first."""
        self._close()
        self._stack, self._epoch = trainer.stack, 0

    def record(self, record: EpochRecord) -> None:
        """Write the metrics of an epoch."""
        if self._writer is None:
            self._writer = self._opened(purge_step=record.epoch if record.epoch > 1 else None)
            if record.epoch == 1 and self.settings:
                self._writer.add_text("settings", _table(self.settings), 0)
        self._epoch = record.epoch
        for name, value in metrics_of(record).items():
            self._writer.add_scalar(name, value, record.epoch)
        if self.histograms:
            self._write_histograms(record.epoch)
        self._writer.flush()

    def end(self, history: History) -> None:
        """Close the file."""
        self._close()

    def abort(self, error: BaseException) -> None:
        """Close the file."""
        self._close()

    def record_result(self, metrics: Mapping[str, float], files: Iterable[Path] = ()) -> None:
        """Write metrics at the last epoch; files stay where they are."""
        writer = self._opened(purge_step=None)
        for name, value in metrics.items():
            writer.add_scalar(name, value, self._epoch)
        writer.close()

    @property
    def place(self) -> str:
        """The folder, and how to look at it."""
        return f"{self.folder} (tensorboard --logdir {self.folder.parent})"

    def state(self) -> dict[str, Any]:
        """Return the folder, so that a resumed training run writes to it."""
        return {"folder": str(self.folder)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue in the folder of the interrupted run."""
        self.folder = Path(state["folder"])

    def _opened(self, purge_step: int | None) -> Any:
        """Return a writer of a new event file, whose name no other writer of the same second has."""
        suffix = f".{uuid.uuid4().hex[:8]}"
        return self._library.SummaryWriter(str(self.folder), purge_step=purge_step, filename_suffix=suffix)

    def _write_histograms(self, epoch: int) -> None:
        """Write the distribution of each layer's parameters."""
        parameters, to_host = self._stack.parameters, self._stack.backend.to_host
        for name in parameters.shapes:
            self._writer.add_histogram(f"parameters/{name}", np.asarray(to_host(parameters.view(name))).ravel(), epoch)

    def _close(self) -> None:
        """Close the event file, if one is open."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def free_folder(parent: Path, name: str) -> Path:
    """Return a folder for a new run that does not exist yet: the name, or else the name with a number.

    Examples
    --------
    >>> free_folder(Path("no-such-folder"), "fast").name
    'fast'
    """
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(parent / each for each in itertools.chain([name], numbered) if not (parent / each).exists())


def _table(settings: Mapping[str, str]) -> str:
    """Return settings as a Markdown table."""
    rows = [f"| {name} | {value} |" for name, value in settings.items()]
    return "\n".join(["| setting | value |", "|---|---|", *rows])
