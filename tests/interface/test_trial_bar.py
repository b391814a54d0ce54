"""Progress of several trainings."""

import pytest

from interface.trial_bar import TrialBar
from tests.helpers.live_displays import Clock, Redrawable
from tests.helpers.terminal import Recorded


@pytest.fixture(autouse=True)
def _unbounded(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)


def test_elsewhere_there_is_a_line_a_training():
    console = Recorded()
    with TrialBar(console, 5, done=2) as bar:
        bar.on_trial("classic, seed 1", 0.951, 12.34)
        bar.on_trial("wild, seed 1", None, 1.0)
    assert console.lines == [
        "3/5  classic, seed 1: validation accuracy 95.10%, 12.3 s",
        "4/5  wild, seed 1: no validation accuracy, 1.0 s",
    ]


def test_a_terminal_shows_how_many_are_done_the_best_and_the_time_left():
    console, clock = Redrawable(width=100), Clock()
    with TrialBar(console, 4, clock=clock) as bar:
        (before,) = console.drawn[-1]
        for name, accuracy in (("a", 0.9), ("b", 0.95), ("c", 0.93)):
            clock.now += 10
            bar.on_trial(name, accuracy, 20.0)
        (after,) = console.drawn[-1]
    assert "0 of 4" in before
    assert "best" not in before
    assert "left" not in before
    for shown in ("Trainings", "3 of 4", "best 95.00%: b", "0:10 left"):
        assert shown in after
    assert len(console.drawn) == 4


def test_a_narrow_terminal_keeps_the_count():
    console = Redrawable(width=40)
    with TrialBar(console, 4) as bar:
        bar.on_trial("a name that is rather too long for this", 0.9, 20.0)
    (line,) = console.drawn[-1]
    assert "1 of 4" in line
    assert len(line) < 40


def test_the_time_left_is_not_made_shorter_by_what_was_done_before():
    console, clock = Redrawable(width=100), Clock()
    with TrialBar(console, 10, done=8, clock=clock) as bar:
        clock.now += 60
        bar.on_trial("a", 0.9, 60.0)
    assert "1:00 left" in console.drawn[-1][0]
