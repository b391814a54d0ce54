"""A search for good configurations: Optuna proposes them, hopeless trainings end early, several machines may take part.

Every training is a trial of one study, which is kept in a file or a database. Whoever opens the study adds trials to
it: the same command after a crash, a second terminal, or another machine that sees the file.
"""

import dataclasses
import socket
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from backend.optional import optional_module
from classes.training.records import EpochRecord
from classes.training.state import Callback
from initializers.dataset import Dataset
from training.comparison.grid import point_name
from training.comparison.space import Space, suggested
from training.comparison.trials import Candidate, Trial, run_trial
from training.workflow import suited_config

WARM_UP = 5  # trials that are never ended early, with which others are compared
EARLY = "ended after epoch"  # beginning of the failure of a trial that was ended
SETTINGS = "settings"  # attribute of a trial in the study: `Candidate.settings`

STOPPING: dict[str, Callable[[Any], Any]] = {
    "median": lambda pruners: pruners.MedianPruner(n_startup_trials=WARM_UP, n_warmup_steps=1),
    "halving": lambda pruners: pruners.SuccessiveHalvingPruner(),
    "none": lambda pruners: pruners.NopPruner(),
}
"""When to end a training: if it is worse than the median of the others at this epoch, if it is not in the best quarter
of those that came as far (successive halving), or never."""


class Task(NamedTuple):
    """One trial to run.

    Attributes
    ----------
    storage, study : str
        Where the study is, and its name.
    stopping : str
        A key of `STOPPING`.
    preset : str
        What is changed.
    space : Space
        The fields that the search changes.
    fixed : dict
        Other fields that differ from the preset.
    seed : int
        Of the proposal, another one for each task; that of the training is among `fixed`.
    """

    storage: str
    study: str
    stopping: str
    preset: str
    space: Space
    fixed: dict[str, Any]
    seed: int


class Stopping(Callback):
    """Report the validation accuracy of each epoch to the study, and end the training if it is hopeless.

    Parameters
    ----------
    trial : optuna.Trial
        Of the study.

    Attributes
    ----------
    is_hopeless : bool
        Whether the training was ended.
    """

    def __init__(self, trial: Any) -> None:
        self.trial, self.is_hopeless = trial, False

    def __call__(self, record: EpochRecord) -> bool:
        """Report an epoch; return whether to end the training, unless it was the last one anyway."""
        if record.val_accuracy is not None:
            self.trial.report(record.val_accuracy, record.epoch)
            self.is_hopeless = record.epoch < record.epochs and self.trial.should_prune()
        return self.is_hopeless


def open_study(storage: str, name: str, stopping: str = "none", seed: int = 0) -> Any:
    """Return the study, made if there is none.

    Parameters
    ----------
    storage : str
        Path of a journal file, on a disk that all machines see; or the URL of a database, such as
        ``postgresql://host/name``.
    name : str
        Name of the study in it.
    stopping : str
        A key of `STOPPING`.
    seed : int
        Of the proposals.

    Raises
    ------
    InputError
        If Optuna is not installed.
    OSError
        If the file cannot be written.
    """
    optuna = optional_module("optuna", "optuna", "--search")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(
        storage=_storage(storage),
        study_name=name,
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=seed, constant_liar=True, n_startup_trials=2 * WARM_UP),
        pruner=STOPPING[stopping](optuna.pruners),
    )


def run_search_trial(task: Task, dataset: Dataset) -> Trial:
    """Ask the study for a configuration, train it, tell the study the validation accuracy, and return the trial."""
    optuna = optional_module("optuna", "optuna", "--search")
    study = open_study(task.storage, task.study, task.stopping, task.seed)
    trial = study.ask()
    candidate = candidate_of(task, suggested(trial, task.space), dataset)
    trial.set_user_attr(SETTINGS, candidate.settings)
    stopping = Stopping(trial)
    states = optuna.trial.TrialState
    try:
        found = run_trial(candidate, dataset, [stopping])
    except BaseException:
        study.tell(trial, state=states.FAIL)
        raise
    if stopping.is_hopeless:
        study.tell(trial, state=states.PRUNED)
        return dataclasses.replace(found, failure=f"{EARLY} {len(found.val_losses)}: others were better")
    if found.val_accuracy is None:
        study.tell(trial, state=states.FAIL)
    else:
        study.tell(trial, found.val_accuracy)
    return found


def tasks(study: Any, count: int, task: Task) -> list[Task]:
    """Return `count` tasks like the given one, each with a seed that no other task of any machine is likely to have."""
    host = zlib.crc32(socket.gethostname().encode()) % 2**16
    taken = len(study.get_trials(deepcopy=False))
    seeds = (2**20 * task.seed + 2**8 * host + taken + number for number in range(count))
    return [task._replace(seed=seed % 2**32) for seed in seeds]


def candidate_of(task: Task, point: Mapping[str, Any], dataset: Dataset) -> Candidate:
    """Return the configuration of a point of the space."""
    config = suited_config(task.preset, task.fixed | dict(point), dataset)
    return Candidate(task.preset, point_name(point), config)


def finished_settings(study: Any) -> list[str]:
    """Return `Candidate.settings` of every trial that came to its end, early or not, in their order."""
    trials = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ("COMPLETE", "PRUNED", "FAIL")]
    return [trial.user_attrs[SETTINGS] for trial in trials if SETTINGS in trial.user_attrs]


def _storage(storage: str) -> Any:
    """Return Optuna's storage: a database by its URL, else a journal file."""
    if "://" in storage:
        return storage
    journal = optional_module("optuna.storages.journal", "optuna", "--search")
    storages = optional_module("optuna.storages", "optuna", "--search")
    Path(storage).parent.mkdir(parents=True, exist_ok=True)
    return storages.JournalStorage(journal.JournalFileBackend(storage))
