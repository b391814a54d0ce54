"""Comparison of several configurations on the embedded digits."""

import csv
import dataclasses

import pytest

from backend import InputError
from tests.helpers.cluster import dask_cluster
from tests.helpers.project import copy_project, without_mnist
from tests.helpers.terminal import Recorded, Terminal
from tests.helpers.trial_records import trial
from training import compare
from training.compare import (
    ComparisonConfig,
    by_preset,
    candidates,
    draw_trials,
    mean_and_spread,
    ranked,
    run_trials,
    show_trials,
)

TWO = ("compact-128", "funnel-128-64")


@pytest.fixture
def config(tmp_path):
    return ComparisonConfig(TWO, (0, 1), epochs=2, output=tmp_path / "table.csv")


@pytest.fixture(scope="module")
def alone(digits, tmp_path_factory):
    """What every way to train in parallel must come to: the trials of one job after the other."""
    output = tmp_path_factory.mktemp("alone") / "table.csv"
    return run_trials(Recorded(), ComparisonConfig(TWO, (0, 1), epochs=2, jobs=1, output=output), digits)


def timeless(trials):
    return [dataclasses.replace(trial, seconds=0.0) for trial in trials]


# --- training -------------------------------------------------------------------------------------------------------


def test_every_preset_is_trained_from_every_seed_and_kept_on_disk(digits, config):
    trials = run_trials(Recorded(), config, digits)
    assert [(trial.preset, trial.seed) for trial in trials] == [
        ("compact-128", 0), ("compact-128", 1), ("funnel-128-64", 0), ("funnel-128-64", 1),
    ]  # fmt: skip
    with config.output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["test_accuracy"]) for row in rows] == [trial.test_accuracy for trial in trials]
    assert {trial.epochs for trial in trials} == {2}
    assert trials[0].train_loss != trials[1].train_loss


@pytest.mark.parametrize("engine", ["loky", "threading"])
def test_how_many_are_trained_at_once_changes_no_bit(digits, config, alone, engine):
    trials = run_trials(Recorded(), dataclasses.replace(config, jobs=2, parallel=engine), digits)
    assert timeless(trials) == timeless(alone)


def test_a_cluster_of_two_worker_processes_comes_to_the_same(digits, config, alone):
    with dask_cluster() as address:
        trials = run_trials(Recorded(), dataclasses.replace(config, parallel=f"dask://{address}"), digits)
    assert timeless(trials) == timeless(alone)


def test_a_wrong_configuration_is_refused_before_anything_is_trained(digits, config):
    for words in ("learning_rate=0.1 -1", "validation_fraction=0.1 2", "batch_size=0", "nothing=1"):
        with pytest.raises(InputError):
            run_trials(Recorded(), dataclasses.replace(config, grid=tuple(words.split())), digits)
    assert not config.output.exists()


def test_a_grid_is_trained_in_every_combination(digits, config):
    grid = ("hidden_sizes=16", "24,16", "learning_rate=0.01,0.02")
    trials = run_trials(Recorded(), dataclasses.replace(config, presets=("fast",), seeds=(5,), grid=grid), digits)
    assert [trial.name for trial in trials] == [
        f"fast hidden_sizes={sizes} learning_rate={rate}" for sizes in ("16", "24,16") for rate in ("0.01", "0.02")
    ]
    assert [trial.parameters for trial in trials] == [12730, 12730, 19410, 19410]
    assert len({trial.train_loss for trial in trials}) == 4


def test_a_training_that_diverges_is_reported_and_stops_no_other(digits, config):
    console = Recorded(width=120)
    grid = ("hidden_sizes=16", "learning_rate=1e30,0.01")
    trials = run_trials(console, dataclasses.replace(config, presets=("fast",), grid=grid), digits)
    assert [bool(trial.failure) for trial in trials] == [True, True, False, False]
    assert all(trial.test_accuracy is None for trial in trials[:2])
    show_trials(console, trials)
    assert console.err.count("learning_rate=1e+30") == 2


def test_all_are_validated_unless_that_is_declined(digits, config):
    assert {one.config.validation_fraction for one in candidates(config, digits)} == {0.1}
    declined = candidates(dataclasses.replace(config, validation_fraction=0.0), digits)
    assert [one.config.validation_fraction for one in declined] == [0.0, 0.0, 0.1, 0.1]
    asked = candidates(dataclasses.replace(config, presets=TWO[:1], grid=("validation_fraction=0,0.2",)), digits)
    assert {one.config.validation_fraction for one in asked} == {0.0, 0.2}


# --- going on -------------------------------------------------------------------------------------------------------


@pytest.fixture
def trained(monkeypatch):
    """Train one at a time, and note which; a seed of 9 is where the user presses Ctrl-C."""
    names, real = [], compare.run_trial

    def run_trial(candidate, dataset):
        if candidate.config.seed == 9:
            raise KeyboardInterrupt
        names.append((candidate.preset, candidate.config.seed, candidate.config.epochs))
        return real(candidate, dataset)

    monkeypatch.setattr(compare, "run_trial", run_trial)
    return names


def test_an_interrupted_comparison_keeps_what_is_done_and_continues_from_there(digits, config, trained):
    console = Recorded()
    config = dataclasses.replace(config, presets=TWO[:1], seeds=(0, 9, 1), epochs=1, jobs=1)
    assert compare.compare(console, config, digits) == 130
    assert "1 trainings on embedded digits" in console.out
    assert "Interrupted" in console.err
    assert len(config.output.read_text().splitlines()) == 2
    assert compare.compare(Recorded(), dataclasses.replace(config, seeds=(0, 1)), digits) == 0
    assert trained == [("compact-128", 0, 1), ("compact-128", 1, 1)]


def test_what_differs_is_trained_and_what_is_fresh_is_trained_again(digits, config, trained):
    config = dataclasses.replace(config, presets=TWO[:1], seeds=(0,), epochs=1, jobs=1)
    first = run_trials(Recorded(), config, digits)
    assert run_trials(Recorded(), config, digits) == first
    run_trials(Recorded(), dataclasses.replace(config, epochs=2), digits)
    run_trials(Recorded(), config, dataclasses.replace(digits, fingerprint="other"))
    assert len(trained) == 3
    assert len(config.output.read_text().splitlines()) == 4
    run_trials(Recorded(), dataclasses.replace(config, fresh=True), digits)
    assert len(trained) == 4
    assert len(config.output.read_text().splitlines()) == 2


def test_the_same_settings_by_another_name_are_not_trained_twice(digits, config, trained):
    config = dataclasses.replace(config, presets=TWO[1:], seeds=(0,), epochs=1, jobs=1)
    (preset,) = run_trials(Recorded(), config, digits)
    (point,) = run_trials(Recorded(), dataclasses.replace(config, grid=("hidden_sizes=128,64",)), digits)
    assert len(trained) == 1
    assert point.name == "funnel-128-64 hidden_sizes=128,64"
    assert point.called_as(candidates(config, digits)[0]) == preset


def test_ctrl_c_ends_all_processes_and_shows_what_is_done(tmp_path):
    project = copy_project(tmp_path)
    flags = ("--data", "embedded", "--jobs", "2", "--grid", "hidden_sizes=16 17", "epochs=1,100000")
    terminal = Terminal(str(project / "training" / "compare.py"), *flags, **without_mnist(project), columns=100)
    terminal.wait_for("2 of 4")
    terminal.send("\x03")
    assert terminal.end() == 130
    assert "2 trainings on embedded digits" in terminal.text
    assert "Traceback" not in terminal.raw
    assert len((project / "model" / "comparison.csv").read_text().splitlines()) == 3


# --- showing --------------------------------------------------------------------------------------------------------


def test_the_table_has_the_best_validation_accuracy_first_whatever_the_test_says():
    console = Recorded(width=120)
    show_trials(console, [trial("classic", 0, 0.5, 0.99), trial("compact-128", 0, 0.7, 0.1), trial("fast", 0, None)])
    rows = [line for line in console.lines if "classic" in line or "compact" in line or "fast" in line]
    assert [row.strip("▸ ").split()[0] for row in rows] == ["compact-128", "classic", "fast"]
    for shown in ("70.00%", "10.00%", "100", "1.5", "400 B", "1.0 kB"):
        assert shown in rows[0]


def test_a_configuration_that_failed_once_cannot_win():
    groups = ranked([trial("a", 0, 0.9), trial("a", 1, None, None, failure="diverged"), trial("b", 0, 0.5)])
    assert [group[0].preset for group in groups] == ["b", "a"]


def test_the_title_names_the_data_set():
    console = Recorded(width=100)
    show_trials(console, [trial("classic", 0, 0.5)])
    assert "embedded digits" in console.out


def test_trials_are_grouped_in_the_order_of_their_presets():
    groups = by_preset([trial("b", 0, 0.1), trial("a", 0, 0.1), trial("b", 1, 0.1), trial("b", 0, 0.1, changes="x=1")])
    assert {name: len(group) for name, group in groups.items()} == {"b": 2, "a": 1, "b x=1": 1}
    assert list(groups) == ["b", "a", "b x=1"]


def test_the_figure_stands_beside_the_table_as_png_and_svg(tmp_path):
    drawn = draw_trials([trial("a", 0, 0.5), trial("a", 1, 0.6), trial("b", 0, None)], tmp_path / "table.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.png", "table.svg"]
    assert drawn == tmp_path / "table.png"
    assert draw_trials([trial("b", 0, None)], tmp_path / "none.png") is None


def test_mean_and_spread():
    assert mean_and_spread([0.98, 0.99, 1.0]) == "99.00% ± 1.00"
