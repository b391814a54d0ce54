"""The jobs of a speed comparison."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers import OURS, PEERS, Entry
from benchmarks.race import jobs as plan
from benchmarks.race.jobs import NETWORKS, PARTS, SpeedConfig, chosen_peers, in_turn, setting_of
from benchmarks.race.setting import Setting
from benchmarks.race.worker import KINDS
from training.presets import PRESETS

EVERYBODY = tuple(PEERS)


def jobs(config=None, able=EVERYBODY):
    return plan.plan(config or SpeedConfig(), able, "mnist", Path("weights.npz"))


def peers_of(jobs, **wanted):
    return [job["peer"] for job in jobs if all(job.get(key) == value for key, value in wanted.items())]


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_are_those_of_the_presets_and_the_recipe_is_plain_adam(network):
    setting, config = setting_of(network), PRESETS[network].config
    assert setting.sizes == (784, *config.hidden_sizes, 10)
    assert setting.batch_size == config.batch_size
    assert len(setting.dropout) == len(setting.hidden_sizes)
    assert (setting.optimizer, setting.learning_rate) == ("adam", 0.001)
    assert (setting.mean, setting.deviation) in ((0.0, 1.0), (0.1307, 0.3081))


def test_products_of_a_step_counted_by_hand():
    setting = replace(setting_of("compact-128"), hidden_sizes=(5,), dropout=(0.0,))
    forward = 2 * (784 * 5 + 5 * 10)
    assert setting.flops_per_image == forward + forward + 2 * 5 * 10  # X W, dW, and dX of the second layer alone


def test_every_round_begins_with_another_peer():
    order = [in_turn(["a", "b", "c"], number) for number in range(4)]
    assert order == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]
    assert in_turn([], 3) == []


def test_within_a_round_everybody_has_one_turn_with_the_same_setting():
    able = [name for name in PEERS if "training" in PEERS[name].parts]
    for number in range(3):
        turn = [job for job in jobs() if job["part"] == "training" and job["network"] == "classic"]
        turn = [job for job in turn if job["round"] == number]
        assert sorted(peers_of(turn, kind="train")) == sorted(able)
        assert peers_of(turn, kind="limit") == ["limit"]
        settings = [Setting(**job["setting"]) for job in turn if job["kind"] == "train"]
        assert set(settings) == {setting_of("classic", seed=number)}


def test_who_has_no_dropout_is_left_out_of_networks_with_it():
    assert "sklearn" not in peers_of(jobs(), network="dropout-512")
    assert "sklearn" in peers_of(jobs(), network="classic")


def test_parts_take_those_who_take_part():
    everything = jobs()
    assert set(peers_of(everything, part="optimizers")) == {OURS, "torch"}
    assert {"onnxruntime", "numpy"} <= set(peers_of(everything, part="prediction"))
    assert not {"onnxruntime", "numpy"} & set(peers_of(everything, part="training"))
    assert "ours-default" in peers_of(everything, part="target")
    assert all((job["target"] is not None) == (job["part"] == "target") for job in everything)
    assert peers_of(everything, kind="weights") == [OURS]


def test_flags_choose():
    chosen = jobs(SpeedConfig(only=("compact-128",), parts=("training",), rounds=1), (OURS, "torch"))
    assert [(job["peer"], job["network"]) for job in chosen] == [
        ("limit", "compact-128"),
        (OURS, "compact-128"),
        ("torch", "compact-128"),
    ]
    assert {part for part in PARTS if peers_of(jobs(), part=part)} == set(PARTS)


def test_tasks_survive_the_way_to_another_process_and_are_known_there():
    for job in jobs(SpeedConfig(data_dir=Path("somewhere"))):
        assert json.loads(json.dumps(job)) == json.loads(json.dumps(job | {"data_dir": "somewhere"}))
        assert job["kind"] in KINDS


def test_missing_peers_are_skipped_by_name(monkeypatch):
    missing = Entry("A library", "nowhere:Nothing", "no_such_package_as_this")
    monkeypatch.setitem(peers.PEERS, "missing", missing)
    installed, sentences = chosen_peers(SpeedConfig(peers=("missing", "numpy")))
    assert installed == [OURS, "numpy"]
    assert sentences == ["A library: no_such_package_as_this is not installed"]


def test_nothing_is_imported_by_knowing_the_peers():
    assert not PEERS["torch"].place.startswith("torch")  # a module here must not stand in the way of a library
    for entry in PEERS.values():
        module, name = entry.place.split(":")
        source = Path(peers.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        assert f"class {name}(" in source
