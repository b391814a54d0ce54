"""The four parts of an InputError."""

import pickle

import pytest

from backend import InputError
from backend.team import TeamError
from classes import DivergenceError


def test_the_text_has_all_four_parts_in_order():
    error = InputError("the file a.pkl", expected="a model", found="a cake", advice="Bake a model.")
    assert str(error) == "the file a.pkl: expected a model, found a cake. Bake a model."


def test_it_is_a_value_error_so_that_libraries_catch_it_as_one():
    assert issubclass(InputError, ValueError)


@pytest.mark.parametrize("kind", [InputError, DivergenceError, TeamError])
def test_it_crosses_from_one_process_to_another_whole(kind):
    error = kind("a", expected="b", found="c", advice="D.")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.wrong, again.advice) == (str(error), "a", "D.")
