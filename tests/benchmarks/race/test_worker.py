"""The measured process: real peers on little data, and its timing."""

import dataclasses
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks.peers import PEERS
from benchmarks.race import data, jobs, memory, processes, worker
from benchmarks.race.jobs import setting_of
from benchmarks.race.processes import WorkerError, run_worker

TRAINERS = [name for name, entry in PEERS.items() if "training" in entry.parts]
PREDICTORS = [name for name, entry in PEERS.items() if "prediction" in entry.parts]
SMALL = dataclasses.replace(setting_of("compact-128"), hidden_sizes=(16, 8), dropout=(0.0, 0.0), batch_size=32)
TASK = {
    "kind": "train", "peer": "ours", "setting": dataclasses.asdict(SMALL), "data": "embedded", "data_dir": None,
    "epochs": 2, "target": None, "rows": 320,
}  # fmt: skip


@pytest.fixture
def task(digits, monkeypatch):
    """A task on little data, which is there already."""
    monkeypatch.setattr(worker, "load", lambda task: data.first(digits, task["rows"]))
    monkeypatch.setattr(worker, "WATCHED", 0.0)
    return TASK | {"started": time.monotonic()}


def skip_if_missing(peer):
    if not PEERS[peer].is_installed:
        pytest.skip(f"{PEERS[peer].title}: {PEERS[peer].package} is not installed")


@pytest.mark.parametrize("peer", TRAINERS)
def test_every_peer_trains_and_tells_the_same_about_it(task, peer):
    skip_if_missing(peer)
    result = worker.train(task | {"peer": peer})
    assert len(result["seconds"]) == 3
    assert min(result["seconds"]) > 0.0
    assert result["images"] == 320
    assert 0.0 <= result["accuracies"][-1] <= 1.0
    assert result["target_seconds"] is None
    assert result["pools"]


SMALL_IMAGES = "4C3-BN-MP2-6C3S2P-D0.1-16-BN"


@pytest.mark.parametrize("peer", [name for name, entry in PEERS.items() if "convolution" in entry.parts])
def test_every_peer_trains_networks_of_images(task, peer, monkeypatch):
    skip_if_missing(peer)
    monkeypatch.setitem(jobs.CONVOLUTIONS, "small", (SMALL_IMAGES, 32))
    setting = dataclasses.asdict(setting_of("small"))
    result = worker.train(task | {"peer": peer, "setting": setting, "rows": 320})
    assert len(result["seconds"]) == 3
    assert result["images"] == 320
    assert result["accuracies"][-1] > 0.1


@pytest.mark.parametrize("peer", TRAINERS)
def test_every_peer_learns_the_same_from_the_same_weights(digits, peer):
    skip_if_missing(peer)
    setting = dataclasses.replace(SMALL, hidden_sizes=(32, 16), batch_size=320, learning_rate=0.005)
    X, y = digits.X_train[:320], digits.y_train[:320]
    ours, theirs = (PEERS[name].load()(setting) for name in ("ours", peer))
    theirs.set_weights(ours.weights())
    for trained in (ours, theirs):  # an epoch is one batch, so that shuffling changes nothing
        trained.take(X, y)
        trained.run(15, lambda seconds: True)
        trained.get_ready_to_predict()
    expected, found = (trained.predict(trained.own_form(digits.X_test)) for trained in (ours, theirs))
    assert (expected == digits.y_test).mean() > 0.5
    assert (expected == found).mean() > 0.8  # where to add epsilon, and how much, is each library's own


@pytest.mark.parametrize("peer", [name for name in TRAINERS if PEERS[name].dropout])
def test_dropout_is_part_of_the_training_alone(digits, peer):
    skip_if_missing(peer)
    trained = PEERS[peer].load()(dataclasses.replace(SMALL, dropout=(0.5, 0.5)))
    trained.take(digits.X_train[:320], digits.y_train[:320])
    trained.run(1, lambda seconds: True)
    trained.get_ready_to_predict()
    X = trained.own_form(digits.X_test)
    np.testing.assert_array_equal(trained.predict(X), trained.predict(X))


@pytest.mark.parametrize("peer", PREDICTORS)
def test_every_peer_predicts_the_same_with_the_same_weights(task, peer, tmp_path):
    skip_if_missing(peer)
    task = task | {"weights": str(tmp_path / "weights.npz"), "peer": peer}
    assert worker.keep_weights(task) == {}
    result = worker.predict(task)
    assert result["differing"] == 0
    assert result["images"] == 359
    assert 0.0 < result["one_us"] <= result["one_p99_us"]


def test_the_default_preset_has_a_recipe_and_epochs_of_its_own(task):
    result = worker.train(task | {"peer": "ours-default", "target": 2.0, "longest": 3})
    assert len(result["seconds"]) == 2


class Scripted:
    """A peer that is right about as many of ten images as it is told, epoch by epoch."""

    images_per_epoch = 10

    def __init__(self, *right):
        self.right = list(right)

    def own_form(self, X):
        return X

    def get_ready_to_predict(self):
        pass

    def predict(self, X):
        right = self.right.pop(0)
        return np.arange(10) >= right


@pytest.mark.parametrize(("target", "epochs"), [(0.5, 1), (0.9, 3)])
def test_training_continues_to_the_target_and_notes_when_it_was_reached(target, epochs):
    task = {"target": target, "started": time.monotonic(), "epochs": 1}
    watch = worker.EpochWatch(Scripted(6, 8, 9, 10), np.zeros((10, 1)), np.zeros(10), task)
    assert [watch.after_epoch(0.1) for _ in range(epochs)] == [True] * (epochs - 1) + [False]
    assert watch.result()["target_seconds"] > 0.0
    assert watch.accuracies == [0.6, 0.8, 0.9][:epochs]


def test_without_a_target_there_is_one_epoch_more_than_is_timed():
    watch = worker.EpochWatch(Scripted(), np.zeros((10, 1)), np.zeros(10), {"target": None, "epochs": 2})
    assert [watch.after_epoch(0.1) for _ in range(3)] == [True, True, False]
    assert watch.wall == pytest.approx(0.2)
    assert watch.accuracies == []


def test_a_fresh_process_measures_and_answers():
    result = run_worker(TASK)
    assert len(result["seconds"]) == 3
    assert result["images"] == 320
    assert result["dataset"] == "embedded digits, repeated"
    assert result["import_seconds"] > 0.0


def test_a_process_begins_with_the_users_own_environment(monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # set later than the harness was imported, so unknown to it
    monkeypatch.setattr(processes, "ENVIRONMENT", processes.ENVIRONMENT | {"OPENBLAS_NUM_THREADS": "2"})
    blas = [pool for pool in run_worker(TASK | {"rows": 32})["pools"] if pool.startswith("openblas")]
    if not blas:
        pytest.skip("this NumPy has another BLAS")
    assert blas[0].endswith(" 2")


def test_a_process_that_fails_says_why():
    with pytest.raises(WorkerError, match="KeyError: 'nobody'"):
        run_worker(TASK | {"peer": "nobody"})


def test_images_are_repeated_or_shifted_until_there_are_enough(digits, tmp_path):
    many = data.repeated(digits)
    assert many.X_train.shape == (60_000, 784)
    assert many.name == "embedded digits, repeated"
    n = len(digits.X_train)
    np.testing.assert_array_equal(many.X_train[n + 5], digits.X_train[5])
    file = tmp_path / "images"
    data.write_shifted(digits, file, n + 7)
    mapped = data.mapped(digits, file, n + 7)
    assert file.stat().st_size == (n + 7) * 784
    first, second = mapped.X_train[6].reshape(28, 28), mapped.X_train[n + 6].reshape(28, 28)
    np.testing.assert_array_equal(first, np.roll(digits.X_train[6].reshape(28, 28), (-2, -2), (0, 1)))
    np.testing.assert_array_equal(second, np.roll(first, 1, axis=1))
    assert mapped.y_train[n + 6] == digits.y_train[6]


def test_a_full_disk_is_reported_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="room for 1000000"):
        data.check_room(tmp_path, 10**15)


def test_memory_is_read_from_the_systems_own_record():
    assert memory.field("RssAnon", "RssAnon:\t    1000 kB\nRssFile:\t 5 kB\n") == pytest.approx(1.024)
    assert memory.field("VmHWM", "Name:\tpython\n") is None
    if memory.STATUS.exists():
        with memory.most_private(every=0.001) as most:
            held = np.ones(4_000_000)
            time.sleep(0.05)
        assert most[-1] > held.nbytes / 1e6
        assert memory.peak() >= memory.field("VmRSS")


@pytest.mark.skipif(not memory.STATUS.exists(), reason="this system does not tell")
def test_memory_of_helpers_counts():
    before = memory.of_helpers("VmRSS")
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1) as helper:
        helper.stdout.readline()
        assert 5 < memory.of_helpers("VmRSS") - before < 50
        helper.communicate(b"\n")
    assert memory.of_helpers("VmRSS") == before


@pytest.mark.skipif(not memory.STATUS.exists(), reason="this system does not tell")
def test_time_of_helpers_counts():
    program = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True); input()"
    before = memory.processor_seconds()
    with subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1) as helper:
        helper.stdout.readline()
        assert memory.processor_seconds() - before >= 0.29
        helper.communicate(b"\n")
