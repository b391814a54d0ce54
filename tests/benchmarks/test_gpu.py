"""The script for a GPU, on the strict substitute for CuPy."""

import json
import sys
from types import SimpleNamespace

import pytest

from backend import CupyBackend, InputError
from benchmarks import gpu
from benchmarks.on_gpu import GpuRun, agreement, operations, presets, profile, race
from benchmarks.peers import GPU_PEERS
from tests.helpers.gpu import strict_cupy
from tests.helpers.terminal import Recorded
from training.presets import PRESETS


@pytest.fixture
def run(digits):
    return GpuRun(CupyBackend(strict_cupy), digits, 1, Recorded())


def test_trainings_agree(run, monkeypatch):
    monkeypatch.setattr(agreement, "STEPS", 3)
    result = agreement.measure(run)
    assert "failed" not in result
    assert set(result["float64 after 50 steps"].values()) == {0.0}


def test_trainings_that_do_not_agree_are_named(run, monkeypatch):
    monkeypatch.setattr(agreement, "difference", lambda run, options: 1e-3 * (options.get("optimizer") == "sgd"))
    assert agreement.measure(run)["failed"] == "apart: sgd"


def test_costs_of_operations_are_positive_and_what_cannot_be_recorded_says_why(run, monkeypatch):
    monkeypatch.setattr(operations, "REPETITIONS", 2)
    found = operations.measure(run)["operations"]
    assert all(0 < each["us"]["host"] <= each["us"]["total"] for each in found.values())
    refused = {name for name, each in found.items() if not isinstance(each["in a graph"], float)}
    assert refused == {"order to the device"}
    assert found["order to the device"]["in a graph"] == "RuntimeError: cannot be recorded"


def test_presets_below_their_target_are_named(run, monkeypatch):
    monkeypatch.setitem(gpu.sys.modules, "cupy", strict_cupy)
    monkeypatch.setattr(presets, "USUAL", ("compact-128",))
    below = SimpleNamespace(test_accuracy=PRESETS["compact-128"].target - 0.01, seconds=1.0)
    monkeypatch.setattr(presets, "run_trial", lambda candidate, dataset: below)
    assert presets.measure(run)["failed"] == "below target: compact-128"


def test_the_profile_has_host_and_device_time(run, monkeypatch):
    monkeypatch.setattr(profile, "NETWORKS", ("classic",))
    found = profile.measure(run)["networks"]["classic"]
    assert found["host_us"] > 0
    assert found["step_us"] > 0


def test_a_peer_that_fails_is_skipped_with_its_reason(run, monkeypatch):
    monkeypatch.setattr(race, "NETWORKS", ("classic",))
    monkeypatch.setattr(race, "WARM_UP", 1)
    monkeypatch.setitem(GPU_PEERS, "torch-gpu", GPU_PEERS["ours-gpu"].__class__("absent", "absent:Absent", "absent"))
    for name in ("torch-graph", "jax-gpu"):
        monkeypatch.delitem(GPU_PEERS, name)
    monkeypatch.setattr("benchmarks.peers.ours.OursOnGpu.make_network", lambda self: small_network())
    result = race.measure(run)
    assert len(result["seconds"]["classic"]["ours-gpu"]) == 1
    assert result["ratio to ours"]["classic"] == {"ours-gpu": 1.0}
    assert "torch-gpu, classic: ModuleNotFoundError" in result["skipped"][0]


def small_network():
    from classes import NeuralNetwork

    return NeuralNetwork(784, (4,), 10, device=CupyBackend(strict_cupy))


def test_results_are_written_after_every_part_and_a_failed_part_does_not_end_the_run(tmp_path, monkeypatch, digits):
    path, seen = tmp_path / "gpu.json", []

    def part(name, run):
        seen.append(json.loads(path.read_text()) if path.exists() else {})
        return {"failed": "broken"} if name == "race" else {"value": 1}

    monkeypatch.setattr(gpu, "choose_backend", lambda name: CupyBackend(strict_cupy))
    monkeypatch.setattr(gpu, "load_dataset", lambda *_: digits)
    monkeypatch.setattr(gpu, "_result_of", part)
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--output", str(path)])
    assert gpu.main(Recorded()) == 1
    assert [len(each.keys() & set(gpu.PARTS)) for each in seen] == [0, 1, 2, 3, 4, 5]
    assert json.loads(path.read_text())["profile"] == {"value": 1}


def test_an_exception_in_a_part_is_a_result(run, monkeypatch):
    monkeypatch.setattr(agreement, "difference", lambda *_: 1 / 0)
    assert gpu._result_of("agreement", run)["failed"] == "ZeroDivisionError: division by zero"


def test_without_a_gpu_the_script_says_so(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    monkeypatch.setitem(sys.modules, "cupy", None)
    from backend import select

    select._cupy.cache_clear()
    with pytest.raises(InputError, match="device gpu"):
        gpu.main(Recorded())
    select._cupy.cache_clear()
