"""Initial weights have the mean, variance and limits of the papers."""

import numpy as np
import pytest

from initializers.weights import INITIALIZERS
from tests.helpers import reference

EVERY = pytest.mark.parametrize("name", INITIALIZERS)
SHAPES = pytest.mark.parametrize("shape", [(300, 500), (600, 200)])


@EVERY
@SHAPES
def test_mean_and_variance(name, shape):
    W = INITIALIZERS[name](np.random.default_rng(0), shape)
    variance = reference.INITIALIZERS[name][1](*shape)
    assert (W.shape, W.dtype) == (shape, "float64")
    # Standard errors: of the mean sqrt(var / N), of the variance at most var sqrt(2 / N); five of each.
    assert abs(W.mean()) < 5.0 * np.sqrt(variance / W.size)
    assert abs(W.var() / variance - 1.0) < 5.0 * np.sqrt(2.0 / W.size)


@EVERY
@SHAPES
def test_uniform_weights_fill_their_interval_and_normal_ones_have_tails(name, shape):
    W = INITIALIZERS[name](np.random.default_rng(0), shape)
    uniform, variance = reference.INITIALIZERS[name][0], reference.INITIALIZERS[name][1](*shape)
    limit = np.sqrt(3.0 * variance)
    if uniform:
        assert np.abs(W).max() <= limit
        assert np.abs(W).max() > 0.999 * limit
        assert abs((np.abs(W) < limit / 2).mean() - 0.5) < 0.01
    else:
        # Of a normal distribution, 8.326 % lie beyond sqrt(3) standard deviations.
        assert abs((np.abs(W) > limit).mean() - 0.08326) < 0.005


@EVERY
def test_the_same_generator_draws_the_same_weights_and_another_seed_others(name):
    first, again, other = (INITIALIZERS[name](np.random.default_rng(seed), (5, 4)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_he_keeps_a_relu_network_alive_where_xavier_lets_it_fade():
    sizes = {}
    for name in ("he_normal", "xavier_normal"):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((50, 200))
        for _ in range(20):
            x = np.maximum(x @ INITIALIZERS[name](rng, (200, 200)), 0.0)
        sizes[name] = np.sqrt((x**2).mean())
    assert 0.3 < sizes["he_normal"] < 3.0
    assert sizes["xavier_normal"] < 0.01
