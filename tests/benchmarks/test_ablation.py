"""The ablation benchmark."""

import dataclasses

import pytest

from benchmarks.ablation import CONVOLUTIONAL, INGREDIENTS, AblationConfig, ingredients, main, run_all, table
from benchmarks.machine import describe_machine
from initializers.data_loader import MNISTDataLoader
from interface.console import Console
from training.comparison.trials import Trial


def trial(changes, seed, validation, test=0.99, failure=""):
    fields = {field.name: 0 for field in dataclasses.fields(Trial)} | {"preset": "accurate", "epochs": 3}
    found = {"changes": changes, "seed": seed, "val_accuracy": validation, "test_accuracy": test, "seconds": 7.0}
    return Trial(**fields | found | {"failure": failure})


def rows(trials):
    return table(trials, describe_machine()).splitlines()[2:]


def test_gains_are_reported_by_seed_in_points():
    lines = rows([trial("all", 0, 0.98), trial("less", 0, 0.97), trial("all", 1, 0.99), trial("less", 1, 0.97)])
    assert lines[0] == "| all | 98.50% ± 0.71 |  | 99.00% ± 0.00 | 7 s |"
    assert lines[1] == "| less | 97.00% ± 0.00 | -1.50 | 99.00% ± 0.00 | 7 s |"
    assert "over 3 epochs" in lines[3]
    assert "2 seeds" in lines[3]


def test_a_training_that_failed_has_no_gain():
    assert rows([trial("all", 0, 0.98), trial("worse", 0, None, None, "expected a finite number")])[1] == (
        "| worse | diverged | | | |"
    )


def test_beside_a_preset_that_failed_there_is_no_gain():
    lines = rows([trial("all", 0, None, None, "expected a finite number"), trial("less", 0, 0.97)])
    assert lines[:2] == ["| all | diverged | | | |", "| less | 97.00% |  | 99.00% | 7 s |"]


def test_every_row_is_a_training_of_its_own(monkeypatch):
    told, seen = [], []
    monkeypatch.setattr(
        "benchmarks.ablation.run_trial",
        lambda candidate, dataset: seen.append(candidate) or trial(candidate.changes, candidate.config.seed, 0.9),
    )

    class Console:
        say = staticmethod(told.append)

    digits = MNISTDataLoader(data="embedded").load_data()
    done = list(run_all(Console(), AblationConfig(seeds=(3, 4), workers=1), digits))
    assert [(one.changes, one.seed) for one in done] == [(name, seed) for seed in (3, 4) for name in INGREDIENTS]
    assert len({candidate.settings for candidate in seen}) == 2 * len(INGREDIENTS)
    assert {candidate.config.epochs for candidate in seen} == {12}
    assert told[0] == "seed 3, all of it: 90.00% of the validation images in 7 s"


def test_a_preset_without_validation_images_has_nothing_to_choose_by(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["ablation.py", "--preset", "compact-128"])
    with pytest.raises(SystemExit, match="2"):
        main(Console())
    assert "--preset: expected one of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("preset", "name"), [("accurate", name) for name in INGREDIENTS] + [("cnn", name) for name in CONVOLUTIONAL]
)
def test_a_row_says_what_it_changes(preset, name):
    from training.presets import preset_config

    changed = preset_config(preset, ingredients(preset)[name])
    assert (changed == preset_config(preset)) == (name == "all of it")
