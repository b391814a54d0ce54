"""Several configurations, trained for real on the embedded digits and put into one table."""

import csv

import pytest

from initializers.data_loader import MNISTDataLoader
from tests.terminal import Recorded
from training.compare import ComparisonConfig, Trial, by_preset, mean_and_spread, run_trials, show_trials


@pytest.fixture(scope="module")
def digits():
    return MNISTDataLoader(data="embedded").load_data()


def trial(preset, seed, validation, test=0.9):
    return Trial(preset, "embedded digits", seed, 2, 100, validation, test, 0.1, 1.5)


def test_every_preset_is_trained_from_every_seed_and_kept_on_disk(digits, tmp_path):
    config = ComparisonConfig(("compact-128", "funnel-128-64"), (0, 1), epochs=2, output=tmp_path / "table.csv")
    trials = run_trials(Recorded(), config, digits)
    assert [(trial.preset, trial.seed) for trial in trials] == [
        ("compact-128", 0), ("compact-128", 1), ("funnel-128-64", 0), ("funnel-128-64", 1),
    ]  # fmt: skip
    with config.output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["test_accuracy"]) for row in rows] == [trial.test_accuracy for trial in trials]
    assert {trial.epochs for trial in trials} == {2}
    assert trials[0].test_accuracy != trials[1].test_accuracy or trials[0].train_loss != trials[1].train_loss


def test_an_interrupted_comparison_leaves_the_rows_that_are_done(digits, tmp_path, monkeypatch):
    config = ComparisonConfig(("compact-128",), (0, 1), epochs=1, output=tmp_path / "table.csv")
    from training import compare

    real = compare.run_trial

    def run_trial(console, preset, overrides, dataset):
        if overrides["seed"] == 1:
            raise KeyboardInterrupt
        return real(console, preset, overrides, dataset)

    monkeypatch.setattr(compare, "run_trial", run_trial)
    with pytest.raises(KeyboardInterrupt):
        run_trials(Recorded(), config, digits)
    assert len(config.output.read_text().splitlines()) == 2


def test_the_table_has_the_best_validation_accuracy_first():
    console = Recorded(width=100)
    show_trials(console, [trial("classic", 0, 0.5), trial("compact-128", 0, 0.7), trial("default", 0, None)])
    rows = [line for line in console.lines if "classic" in line or "compact" in line or "default" in line]
    assert [row.strip("▸ ").split()[0] for row in rows] == ["compact-128", "classic", "default"]


def test_the_title_names_the_data_set():
    console = Recorded(width=100)
    show_trials(console, [trial("classic", 0, 0.5)])
    assert "embedded digits" in console.out


def test_trials_are_grouped_in_the_order_of_their_presets():
    groups = by_preset([trial("b", 0, 0.1), trial("a", 0, 0.1), trial("b", 1, 0.1)])
    assert {name: len(group) for name, group in groups.items()} == {"b": 2, "a": 1}
    assert list(groups) == ["b", "a"]


def test_mean_and_spread():
    assert mean_and_spread([0.98, 0.99, 1.0]) == "99.00% ± 1.00"
