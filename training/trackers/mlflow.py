"""Runs of MLflow: parameters, metrics of each epoch, and the model as an artifact."""

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.optional import optional_module
from classes.training.records import EpochRecord, History
from classes.training.state import TrainingState
from training.trackers.tracker import Tracker, as_text, metrics_of

EXPERIMENT = "neural_network_digit"
_LONGEST = 6000  # characters of a parameter that MLflow stores
_CONNECT = 5.0  # seconds to wait for a server before the training
# MLflow's own limits make a training wait for minutes if the server is down; these do for seconds.
_LIMITS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


class MLflow(Tracker):
    """Record a training run with MLflow.

    A resumed training run continues the same run of MLflow; of two values of an epoch, MLflow shows the later one. The
    run is FINISHED when the training ends, KILLED after Ctrl-C, and FAILED after another error.

    Parameters
    ----------
    uri : str or None
        Tracking server or database, such as ``http://127.0.0.1:5000`` or ``sqlite:///mlflow.db``. None takes the
        environment variable MLFLOW_TRACKING_URI, or else MLflow's default.
    experiment : str or None
        Name of the experiment, which is created if needed. None takes the environment variable
        MLFLOW_EXPERIMENT_NAME, or else "neural_network_digit".
    run_name : str or None
        Name of the run; None lets MLflow choose one.
    settings : mapping, optional
        Parameters of the run.

    Attributes
    ----------
    run_id : str or None
        Identifier of the run, from its first epoch on.

    Raises
    ------
    InputError
        If MLflow is not installed, or the server or database cannot be used.
    """

    def __init__(
        self, uri: str | None = None, *, experiment: str | None = None, run_name: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        library = optional_module("mlflow", "mlflow", "MLflow")
        self.uri, self.run_name, self.settings = uri, run_name, as_text(settings)
        self.run_id: str | None = None
        self._entities = library.entities
        self.failures = (OSError, library.exceptions.MlflowException)
        self._step = 0
        for name, value in _LIMITS.items():
            os.environ.setdefault(name, value)
        _check_reachable(uri or library.get_tracking_uri())
        try:
            self._client = library.MlflowClient(tracking_uri=uri)
            self._experiment = self._experiment_id(experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT)
        except self.failures as error:
            raise _unusable(uri, error) from error

    def begin(self, trainer: TrainingState) -> None:
        """Begin without a run; a resumed training run gets its own back."""
        self.run_id, self._step = None, 0

    def record(self, record: EpochRecord) -> None:
        """Record the metrics of an epoch."""
        if self.run_id is None:
            self.run_id = self._new_run()
        self._step = record.epoch
        self._log(metrics_of(record))

    def end(self, history: History) -> None:
        """Mark the run as finished."""
        self._terminate("FINISHED")

    def abort(self, error: BaseException) -> None:
        """Mark the run as killed or failed."""
        self._terminate("FAILED" if isinstance(error, Exception) else "KILLED")

    def record_result(self, metrics: Mapping[str, float], files: Iterable[Path] = ()) -> None:
        """Record metrics, and copy files to the run's artifacts."""
        if self.run_id is None:
            self.run_id = self._new_run()
        self._log(metrics)
        for file in files:
            self._client.log_artifact(self.run_id, str(file))

    @property
    def place(self) -> str:
        """The run and its server."""
        return f"run {self.run_id} of MLflow ({self.uri or 'MLFLOW_TRACKING_URI'})"

    def state(self) -> dict[str, Any]:
        """Return the run, so that a resumed training run continues it."""
        return {"run_id": self.run_id}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue the run of the interrupted training run, if the server knows it."""
        if state["run_id"] is None:
            return
        try:
            self._client.update_run(state["run_id"], status="RUNNING")
        except self.failures as error:
            raise _unusable(self.uri, error) from error
        self.run_id = state["run_id"]

    def _experiment_id(self, name: str) -> str:
        """Return the experiment of a name, made if there is none."""
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))

    def _new_run(self) -> str:
        """Return the identifier of a new run with the settings as its parameters."""
        run = self._client.create_run(self._experiment, run_name=self.run_name)
        parameters = [self._entities.Param(name, value[:_LONGEST]) for name, value in self.settings.items()]
        self._client.log_batch(run.info.run_id, params=parameters)
        return str(run.info.run_id)

    def _log(self, metrics: Mapping[str, float]) -> None:
        """Record metrics at the present step in one request."""
        now = int(1000 * time.time())
        found = [self._entities.Metric(name, value, now, self._step) for name, value in metrics.items()]
        self._client.log_batch(self.run_id, metrics=found)

    def _terminate(self, status: str) -> None:
        """Set the status of the run, if there is one."""
        if self.run_id is None:
            return
        try:
            self._client.set_terminated(self.run_id, status)
        except self.failures as error:
            self.notify(f"MLflow has no record of the end of run {self.run_id}: {error}")


def _check_reachable(uri: str) -> None:
    """Refuse the address of a server that does not answer."""
    import requests

    if not uri.startswith(("http://", "https://")):
        return
    try:
        requests.get(uri, timeout=_CONNECT)
    except requests.RequestException as error:
        raise _unusable(uri, OSError("none that answers")) from error


def _unusable(uri: str | None, error: Exception) -> InputError:
    """Return the error for a server or database that does not do its part."""
    return InputError(
        f"mlflow {uri or 'default'}",
        expected="a tracking server or database that can be used",
        found=str(error).strip().partition("\n")[0].rstrip("."),
        advice="Check the address; sqlite:///mlflow.db needs no server.",
    )
