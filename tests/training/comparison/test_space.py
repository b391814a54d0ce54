"""The space of a search."""

import pytest

from backend.errors import InputError
from training.comparison.space import USUAL, Range, parse_space, suggested


class Lowest:
    """A trial that proposes the first or lowest of everything, and remembers what it was asked."""

    def __init__(self):
        self.asked = {}

    def suggest_float(self, name, low, high, *, log):
        self.asked[name] = (low, high, log)
        return low

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        self.asked[name] = choices
        return choices[0]


def test_ranges_and_values():
    space = parse_space(["learning-rate=0.001..0.1", "hidden_sizes=64", "32,16", "epochs=2..5", "clip_norm=none,1"])
    assert space["learning_rate"] == Range(0.001, 0.1, False)
    assert space["epochs"] == Range(2, 5, True)
    assert space["hidden_sizes"] == ((64,), (32, 16))
    assert space["clip_norm"] == (None, 1.0)


def test_far_ends_are_searched_on_a_logarithmic_scale():
    trial = Lowest()
    point = suggested(trial, parse_space(["learning_rate=0.001..0.1", "label_smoothing=0..0.1", "epochs=2..5"]))
    assert point == {"learning_rate": 0.001, "label_smoothing": 0.0, "epochs": 2}
    assert [log for *_, log in trial.asked.values()] == [True, False, False]


def test_values_come_back_as_they_were():
    trial = Lowest()
    assert suggested(trial, parse_space(["hidden_sizes=64,32", "16", "clip_norm=none,1"])) == {
        "hidden_sizes": (64, 32),
        "clip_norm": None,
    }
    assert trial.asked["hidden_sizes"] == ("64,32", "16")


def test_the_usual_space_can_be_read():
    assert set(parse_space(USUAL)) >= {"learning_rate", "hidden_sizes"}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("learning_rate=0.1..0.01", "the lower one first"),
        ("learning_rate=..0.1", "expected a value"),
        ("learning_rate=0.1..x", "expected a number"),
        ("activation=relu..tanh", "Only numbers have ranges"),
        ("dropout=0..0.5", "Only numbers have ranges"),
        ("seed=1..5", "Use --seeds"),
        ("learning_rat=1..2", "Did you mean learning_rate"),
    ],
)
def test_what_is_no_range_is_refused(word, message):
    with pytest.raises(InputError, match=message):
        parse_space([word])
