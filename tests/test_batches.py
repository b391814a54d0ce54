"""Batches cover every image once a pass, in buffers of their own, scaled as documented."""

import numpy as np
import pytest

from backend import NumpyBackend
from initializers.batches import INPUT_SCALINGS, Batches, InputScaling

PIXELS = np.arange(23 * 2, dtype="uint8").reshape(23, 2)
LABELS = np.arange(23)


def batches_of(X=PIXELS, y=LABELS, size=5, *, seed=0, shuffled=True, dtype="float32", scaling="unit"):
    generator = np.random.default_rng(seed) if shuffled else None
    common = {"backend": NumpyBackend(), "dtype": dtype, "scaling": INPUT_SCALINGS[scaling]}
    return Batches(X, y, size, generator=generator, **common)


def one_pass(batches):
    parts = [(batch.x.copy(), batch.y.copy()) for batch in batches]
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize(
    ("size", "lengths"), [(5, [5, 5, 5, 5, 3]), (23, [23]), (100, [23]), (1, [1] * 23), (22, [22, 1])]
)
def test_sizes_and_number_of_batches(size, lengths, shuffled):
    batches = batches_of(size=size, shuffled=shuffled)
    assert [len(batch.x) for batch in batches] == [len(batch.y) for batch in batches] == lengths
    assert len(batches) == len(lengths)
    assert batches.images == 23
    assert batches.batch_size == min(size, 23)


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("size", [5, 7, 23])
def test_every_image_comes_exactly_once_a_pass_with_its_own_label(size, shuffled):
    batches = batches_of(size=size, shuffled=shuffled)
    for _ in range(3):
        x, y = one_pass(batches)
        assert sorted(y) == LABELS.tolist()
        np.testing.assert_allclose(x, PIXELS[y] / 255.0, rtol=1e-6)


def test_in_order_means_in_order():
    assert one_pass(batches_of(shuffled=False))[1].tolist() == LABELS.tolist()


def test_the_order_is_drawn_anew_at_every_pass_from_the_seed():
    batches, again, other = batches_of(seed=1), batches_of(seed=1), batches_of(seed=2)
    orders = [one_pass(batches)[1].tolist() for _ in range(3)]
    assert len({tuple(order) for order in orders}) == 3
    assert orders == [one_pass(again)[1].tolist() for _ in range(3)]
    assert orders[0] != one_pass(other)[1].tolist()


def test_samples_are_shuffled_not_batches():
    y = one_pass(batches_of(size=5))[1]
    assert not any(set(y[k : k + 5]) == set(range(j, j + 5)) for k in range(0, 20, 5) for j in range(0, 20, 5))


@pytest.mark.parametrize("shuffled", [True, False])
def test_buffers_are_used_again_and_the_images_left_alone(shuffled):
    X = PIXELS.copy()
    X.setflags(write=False)
    batches = batches_of(X, shuffled=shuffled)
    addresses = {batch.x.__array_interface__["data"][0] for _ in range(2) for batch in batches}
    assert len(addresses) == 1
    assert not any(np.shares_memory(batch.x, X) for batch in batches)


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("scaling", "mean", "deviation"), [("unit", 0.0, 1.0), ("standard", 0.1307, 0.3081)])
def test_pixels_are_scaled_as_documented(scaling, mean, deviation, dtype, shuffled):
    X = np.array([[0, 255], [51, 102]], dtype="uint8")
    x, y = one_pass(batches_of(X, np.array([0, 1]), 2, scaling=scaling, dtype=dtype, shuffled=shuffled))
    assert x.dtype == dtype
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(x, (X[y] / 255.0 - mean) / deviation, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("scaling", INPUT_SCALINGS)
def test_floats_are_taken_as_they_are(scaling, shuffled):
    X = np.array([[0.5, 200.0], [-3.0, 1.0]])
    x, y = one_pass(batches_of(X, np.array([0, 1]), 2, scaling=scaling, shuffled=shuffled))
    np.testing.assert_array_equal(x, X[y])


def test_standard_scaling_centres_mnist(mnist):
    x = one_pass(batches_of(mnist.X_train[:20000], mnist.y_train[:20000], 20000, scaling="standard", shuffled=False))[0]
    assert abs(x.mean()) < 0.01
    assert abs(x.std() - 1.0) < 0.01


def test_a_scaling_is_one_product_and_one_sum():
    scaling = InputScaling(mean=0.5, deviation=0.25)
    assert (scaling.factor, scaling.offset) == (4.0 / 255.0, -2.0)


def test_memory_maps_are_read_where_they_lie(tmp_path):
    np.save(tmp_path / "pixels.npy", PIXELS)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    np.testing.assert_array_equal(one_pass(batches_of(mapped))[1], one_pass(batches_of())[1])
    assert np.shares_memory(batches_of(mapped).X, mapped)
