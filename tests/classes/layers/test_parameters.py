"""The parameter vector and its views."""

import numpy as np
import pytest

from classes.layers.parameters import ParameterVector

SHAPES = {"0.W": (3, 2), "0.b": (2,), "1.W": (2, 4), "1.b": (4,), "2.K": (2, 2, 1, 3)}


@pytest.fixture
def parameters():
    return ParameterVector(np, SHAPES, "float32")


def test_matrices_come_first_then_biases_each_in_the_layers_order(parameters):
    for number, name in enumerate(SHAPES):
        parameters.view(name)[...] = number
    assert parameters.values.tolist() == [0] * 6 + [2] * 8 + [4] * 12 + [1] * 2 + [3] * 4
    assert parameters.matrices == slice(0, 26)


@pytest.mark.parametrize("name", SHAPES)
def test_views_have_the_parameters_shape_and_share_storage(parameters, name):
    for view, vector in ((parameters.view(name), parameters.values), (parameters.gradient(name), parameters.grads)):
        assert view.shape == SHAPES[name]
        assert view.flags.c_contiguous
        view[...] = np.arange(view.size).reshape(view.shape) + 1
        assert vector.sum() == view.size * (view.size + 1) / 2


def test_values_and_gradients_are_zeros_of_the_right_size_and_type_and_apart(parameters):
    for vector in (parameters.values, parameters.grads):
        assert vector.shape == (parameters.size,) == (32,)
        assert vector.dtype == "float32"
        assert not vector.any()
    assert not np.shares_memory(parameters.values, parameters.grads)


@pytest.mark.parametrize(
    ("shapes", "matrices"), [({}, slice(0, 0)), ({"b": (2,)}, slice(0, 0)), ({"W": (2, 2)}, slice(0, 4))]
)
def test_with_biases_alone_nothing_decays(shapes, matrices):
    assert ParameterVector(np, shapes, "float64").matrices == matrices


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_parts_cover_the_vector_once(count):
    parameters = ParameterVector(np, {"W": (37, 11), "b": (11,)}, "float32")
    covered = np.zeros(parameters.size, dtype=int)
    for part in parameters.parts(count):
        covered[part] += 1
    assert (covered == 1).all()
    assert len(parameters.parts(count)) == count
    lengths = [part.stop - part.start for part in parameters.parts(count)]
    assert max(lengths) - min(lengths) <= 32
    assert all(part.start % 16 == 0 for part in parameters.parts(count))
