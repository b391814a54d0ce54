"""Figures of a search."""

import json

import pytest

from tests.helpers.trial_records import trial
from training.comparison.search_figures import draw_search, importance_bars, importances, parallel_coordinates
from training.comparison.space import parse_space

pytest.importorskip("optuna")
SPACE = parse_space(["learning_rate=0.001..0.1", "epochs=2..9", "hidden_sizes=8", "16,4"])


def trials(count=12):
    """Return trials whose accuracy follows the learning rate alone."""
    found = []
    for number in range(count):
        rate = 0.001 * 100 ** (number / (count - 1))
        settings = {"learning_rate": rate, "epochs": 2 + number % 8, "hidden_sizes": [[8], [16, 4]][number % 2]}
        found.append(trial("fast", number, 0.9 + 0.005 * number, settings=json.dumps(settings)))
    return found


def test_what_decides_is_the_most_important():
    shares = importances(trials(), SPACE)
    assert next(iter(shares)) == "learning_rate"
    assert set(shares) == set(SPACE)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_each_training_is_a_line_over_all_axes():
    (axes,) = parallel_coordinates(trials(), SPACE).axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == len(SPACE) + 1]
    assert len(lines) == 12
    labels = [text.get_text() for text in axes.texts]
    assert {"0.001", "0.1", "2", "9", "8", "16,4", "90.00 %"} <= set(labels)
    assert all(0.0 <= height <= 1.0 for line in lines for height in line.get_ydata())


def test_shares_are_bars():
    (axes,) = importance_bars({"learning_rate": 0.8, "epochs": 0.2}).axes
    assert [bar.get_width() for bar in axes.patches] == [80.0, 20.0]


def test_too_few_trainings_say_nothing(tmp_path):
    assert draw_search(trials()[:1], SPACE, tmp_path / "a.csv") == []
    assert [path.name for path in draw_search(trials()[:3], SPACE, tmp_path / "a.csv")] == ["a.coordinates.png"]
    assert len(draw_search(trials(), SPACE, tmp_path / "a.csv")) == 2
