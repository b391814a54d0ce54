"""Searches with Optuna, on the embedded digits."""

import dataclasses
import json
import sys

import pytest

from backend import InputError
from tests.helpers.terminal import Recorded
from training.compare import ComparisonConfig, compare, run_trials
from training.comparison import search
from training.comparison.search import EARLY, Stopping, Task, finished_settings, open_study, run_search_trial, tasks
from training.comparison.space import parse_space
from training.comparison.trial_file import read_trials

optuna = pytest.importorskip("optuna")
SPACE = ("learning_rate=0.0001..0.1", "hidden_sizes=8", "16")


@pytest.fixture
def config(tmp_path):
    return ComparisonConfig(
        ("fast",), epochs=3, output=tmp_path / "table.csv", search=5, space=SPACE, jobs=1, stopping="none"
    )


def test_as_many_trainings_as_asked_for_are_in_the_table_and_in_the_study(digits, config, tmp_path):
    assert compare(Recorded(), config, digits) == 0
    trials = read_trials(config.output)
    assert len(trials) == 5
    rates = [json.loads(trial.settings)["learning_rate"] for trial in trials]
    assert len(set(rates)) > 1
    assert all(0.0001 <= rate <= 0.1 for rate in rates)
    assert {path.name for path in tmp_path.glob("*.png")} == {
        "table.png", "table.coordinates.png", "table.importance.png"
    }  # fmt: skip
    study = open_study(str(tmp_path / "table.study"), "fast on embedded digits")
    assert study.best_value == max(trial.val_accuracy for trial in trials)


def test_the_same_command_continues_and_more_trainings_are_added(digits, config):
    first = run_trials(Recorded(), config, digits)
    again = Recorded()
    assert run_trials(again, config, digits) == first
    assert "5 trainings are already in the study" in again.out
    more = run_trials(Recorded(), dataclasses.replace(config, search=6), digits)
    assert more[:5] == first
    assert len(more) == 6


def test_the_same_seed_proposes_the_same(digits, config, tmp_path):
    first = run_trials(Recorded(), config, digits)
    other = dataclasses.replace(config, output=tmp_path / "other.csv")
    assert [trial.settings for trial in run_trials(Recorded(), other, digits)] == [trial.settings for trial in first]


class Judge:
    """A trial of a study that finds every epoch from the second on hopeless."""

    def __init__(self):
        self.reports = []

    def report(self, value, step):
        self.reports.append((step, value))

    def should_prune(self):
        return self.reports[-1][0] >= 2


def test_a_hopeless_training_ends_and_says_so(digits, tmp_path, monkeypatch):
    task = Task(str(tmp_path / "s"), "one", "none", "fast", parse_space(SPACE), {"epochs": 4, "workers": 1}, 0)
    monkeypatch.setattr(Stopping, "__init__", lambda self, trial: vars(self).update(trial=Judge(), is_hopeless=False))
    trial = run_search_trial(task, digits)
    assert trial.failure == f"{EARLY} 2: others were better"
    assert len(trial.val_losses) == 2
    (kept,) = open_study(task.storage, task.study).trials
    assert kept.state.name == "PRUNED"
    assert finished_settings(open_study(task.storage, task.study)) == [trial.settings]


@pytest.mark.parametrize("stopping", search.STOPPING)
def test_every_rule_can_be_chosen(tmp_path, stopping):
    assert open_study(str(tmp_path / "s"), "one", stopping).pruner is not None


def test_a_training_that_fails_is_no_result(digits, tmp_path, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(search, "run_trial", fail)
    task = Task(str(tmp_path / "s"), "one", "none", "fast", parse_space(SPACE), {"epochs": 1, "workers": 1}, 0)
    with pytest.raises(KeyboardInterrupt):
        run_search_trial(task, digits)
    assert [trial.state.name for trial in open_study(task.storage, task.study).trials] == ["FAIL"]


def test_no_two_tasks_have_the_same_seed(tmp_path):
    task = Task(str(tmp_path / "s"), "one", "none", "fast", {}, {}, 3)
    study = open_study(task.storage, task.study)
    assert len({each.seed for each in tasks(study, 50, task)}) == 50


def test_without_optuna_the_error_says_what_to_install(digits, config, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"--search: .*pip install optuna"):
        run_trials(Recorded(), config, digits)


def test_a_killed_search_loses_only_what_was_under_way(digits, config):
    run_trials(Recorded(), dataclasses.replace(config, search=2), digits)
    open_study(str(config.output.with_suffix(".study")), "fast on embedded digits").ask()  # nobody will tell its result
    assert len(run_trials(Recorded(), config, digits)) == 5
    assert len(read_trials(config.output)) == 5


def test_several_processes_share_a_study(digits, config):
    trials = run_trials(Recorded(), dataclasses.replace(config, jobs=2, search=4), digits)
    assert len({trial.settings for trial in trials}) == 4


def test_trainings_of_another_machine_count_but_are_in_its_own_file(digits, config, tmp_path):
    study = str(tmp_path / "shared.study")
    run_trials(Recorded(), dataclasses.replace(config, search=3, study=study, output=tmp_path / "there.csv"), digits)
    here = dataclasses.replace(config, study=study)
    assert compare(Recorded(), here, digits) == 0
    assert len(read_trials(config.output)) == 2


@pytest.mark.parametrize("change", [{"grid": ("epochs=1", "2")}, {"seeds": (0, 1)}, {"presets": ("fast", "classic")}])
def test_what_a_search_does_not_do_is_refused(digits, config, change):
    with pytest.raises(InputError, match="--search: expected one preset and one seed"):
        run_trials(Recorded(), dataclasses.replace(config, **change), digits)
