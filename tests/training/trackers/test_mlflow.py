"""MLflow, against a stand-in that knows only the methods that are used; and the real one, where it is installed."""

import importlib.util
import sys
import types

import pytest

from backend import InputError
from tests.helpers.samples.mirror_server import mirror, refusing_url
from tests.helpers.small import small_dataset, small_network
from training.trackers import MLflow
from training.trackers.mlflow import EXPERIMENT

DATA = small_dataset()
REAL = pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="mlflow is not installed")


class MlflowError(Exception):
    """The stand-in's error."""


class Server:
    """What the clients of one test share."""

    def __init__(self):
        self.experiments, self.runs, self.is_down = {}, {}, False


class Client:
    """A client of the stand-in; arguments are those of MLflow 3."""

    server = Server()

    def __init__(self, tracking_uri=None):
        self.uri = tracking_uri

    def get_experiment_by_name(self, name):
        number = self.server.experiments.get(name)
        return None if number is None else types.SimpleNamespace(experiment_id=number)

    def create_experiment(self, name):
        return self.server.experiments.setdefault(name, str(len(self.server.experiments) + 1))

    def create_run(self, experiment_id, start_time=None, tags=None, run_name=None):
        number = f"run{len(self.server.runs)}"
        run = {"experiment": experiment_id, "name": run_name, "status": "RUNNING", "metrics": [], "params": {}}
        self.server.runs[number] = run | {"files": []}
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id=number))

    def log_batch(self, run_id, metrics=(), params=(), tags=()):
        if self.server.is_down:
            raise MlflowError("the server is down\nand more")
        self.server.runs[run_id]["metrics"] += [(m.key, m.step, m.value) for m in metrics]
        self.server.runs[run_id]["params"] |= {p.key: p.value for p in params}

    def log_artifact(self, run_id, local_path, artifact_path=None):
        self.server.runs[run_id]["files"].append(local_path)

    def update_run(self, run_id, status=None, name=None):
        if run_id not in self.server.runs:
            raise MlflowError(f"no run {run_id}")
        self.server.runs[run_id]["status"] = status

    def set_terminated(self, run_id, status=None, end_time=None):
        self.server.runs[run_id]["status"] = status


class Metric:
    def __init__(self, key, value, timestamp, step):
        self.key, self.value, self.step = key, float(value), step


class Param:
    def __init__(self, key, value):
        self.key, self.value = key, str(value)


@pytest.fixture
def server(monkeypatch):
    """Put the stand-in in place of MLflow; return what its clients share."""
    monkeypatch.setattr(Client, "server", Server())
    module = types.ModuleType("mlflow")
    module.MlflowClient = Client
    module.entities = types.SimpleNamespace(Metric=Metric, Param=Param)
    module.exceptions = types.SimpleNamespace(MlflowException=MlflowError)
    module.get_tracking_uri = lambda: "sqlite:///mlflow.db"
    monkeypatch.setitem(sys.modules, "mlflow", module)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return Client.server


def train(tracker, **more):
    network = small_network(DATA, epochs=0)
    options = {"epochs": 3, "batch_size": 20, "callbacks": [tracker], "workers": 1} | more
    return list(network.train_epochs(DATA.X_train, DATA.y_train, DATA.X_test, DATA.y_test, **options))


def test_a_training_is_a_run_with_parameters_and_metrics(server, tmp_path):
    tracker = MLflow(run_name="fast", settings={"epochs": 3, "hidden_sizes": [8]})
    assert server.runs == {}
    records = train(tracker)
    tracker.record_result({"accuracy/test": 0.5}, [tmp_path / "model.pkl"])
    (run,) = server.runs.values()
    assert (run["name"], run["status"], run["experiment"]) == ("fast", "FINISHED", server.experiments[EXPERIMENT])
    assert run["params"] == {"epochs": "3", "hidden_sizes": "8"}
    losses = [(step, value) for name, step, value in run["metrics"] if name == "loss/train"]
    assert losses == [(record.epoch, record.train_loss) for record in records]
    assert ("accuracy/test", 3, 0.5) in run["metrics"]
    assert run["files"] == [str(tmp_path / "model.pkl")]
    assert tracker.run_id in tracker.place


def test_the_experiment_is_used_again_and_may_be_named(server, monkeypatch):
    train(MLflow())
    train(MLflow())
    assert list(server.experiments) == [EXPERIMENT]
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "mine")
    MLflow()
    MLflow(experiment="yours")
    assert list(server.experiments) == [EXPERIMENT, "mine", "yours"]


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt, "KILLED"), (ZeroDivisionError, "FAILED")])
def test_an_interrupted_training_is_no_finished_run(server, error, status):
    def fail(progress):
        if progress.epoch == 2:
            raise error

    with pytest.raises(error):
        train(MLflow(), on_step=fail)
    assert [run["status"] for run in server.runs.values()] == [status]


def test_a_resumed_training_continues_its_run(server):
    states = []
    train(MLflow(), on_checkpoint=states.append, checkpoint_every=1)
    train(MLflow(), resume=states[0])
    (run,) = server.runs.values()
    assert run["status"] == "FINISHED"
    assert [step for name, step, _ in run["metrics"] if name == "loss/train"] == [1, 2, 3, 2, 3]


def test_a_run_that_the_server_does_not_know_is_refused(server):
    states = []
    train(MLflow(), on_checkpoint=states.append, checkpoint_every=1)
    server.runs.clear()
    with pytest.raises(InputError, match="no run run0"):
        train(MLflow(), resume=states[0])


def test_a_server_that_goes_down_does_not_end_the_training(server):
    tracker, told = MLflow(), []
    tracker.notify = told.append

    def unplug(progress):
        server.is_down = progress.epoch == 2

    assert len(train(tracker, on_step=unplug)) == 3
    assert told == ["MLflow has no record of epoch 2: the server is down"]


def test_a_server_that_does_not_answer_is_refused_at_once(server):
    with pytest.raises(InputError, match=r"mlflow http://127.*found none that answers.*sqlite:///mlflow\.db"):
        MLflow(refusing_url())
    with mirror({}) as answering:
        MLflow(answering.url)


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(InputError, match=r"MLflow: .*pip install mlflow"):
        MLflow()


@REAL
@pytest.mark.filterwarnings("default")  # of SQLAlchemy about MLflow
def test_the_real_one_takes_all_of_it(tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    (tmp_path / "model.pkl").write_bytes(b"model")
    states = []
    tracker = MLflow(uri, settings={"epochs": 3})
    train(tracker, on_checkpoint=states.append, checkpoint_every=1)
    tracker.record_result({"accuracy/test": 0.5}, [tmp_path / "model.pkl"])
    train(resumed := MLflow(uri), resume=states[1])
    assert resumed.run_id == tracker.run_id
    client = mlflow.MlflowClient(uri)
    run = client.get_run(tracker.run_id)
    assert (run.info.status, run.data.params) == ("FINISHED", {"epochs": "3"})
    assert run.data.metrics["accuracy/test"] == 0.5
    assert [m.step for m in client.get_metric_history(tracker.run_id, "loss/train")] == [1, 2, 3, 3]
    assert [file.path for file in client.list_artifacts(tracker.run_id)] == ["model.pkl"]
