"""An error tells four things."""

from backend import InputError


def test_the_text_has_all_four_parts_in_order():
    error = InputError("the file a.pkl", expected="a model", found="a cake", advice="Bake a model.")
    assert str(error) == "the file a.pkl: expected a model, found a cake. Bake a model."


def test_it_is_a_value_error_so_that_libraries_catch_it_as_one():
    assert issubclass(InputError, ValueError)
