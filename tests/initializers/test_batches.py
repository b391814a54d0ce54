"""Batches contain every image once per epoch, in their own buffers, scaled as documented."""

import itertools

import numpy as np
import pytest

from backend import NumpyBackend
from backend.team import Team
from initializers.augmentation import Augmentation, Augmenter
from initializers.augmentation.mixing import LabelledAugmenter
from initializers.batches import INPUT_SCALINGS, Batches, InputScaling

PIXELS = np.arange(23 * 2, dtype="uint8").reshape(23, 2)
LABELS = np.arange(23)


def batches_of(X=PIXELS, y=LABELS, size=5, *, seed=0, shuffled=True, dtype="float32", scaling="unit", **options):
    generator = np.random.default_rng(seed) if shuffled else None
    common = {"backend": NumpyBackend(), "dtype": dtype, "scaling": INPUT_SCALINGS[scaling], **options}
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


def test_the_order_is_drawn_again_at_every_pass_from_the_seed():
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


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_come_with_their_images_in_a_column(shuffled, dtype):
    batches = batches_of(shuffled=shuffled, dtype=dtype, weights=(LABELS / 4.0).astype(dtype))
    for batch in itertools.chain(batches, batches):
        assert (batch.weights.shape, batch.weights.dtype) == ((batch.images, 1), dtype)
        np.testing.assert_array_equal(batch.weights[:, 0], batch.y / 4.0)
        assert batch.total == batch.y.sum() / 4.0
        assert type(batch.total) is float


def test_without_weights_a_batch_counts_its_images():
    assert [(batch.weights, batch.total) for batch in batches_of()] == [(None, 5.0)] * 4 + [(None, 3.0)]


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_several_batches_make_a_step_and_share_its_sum_of_weights(shuffled, weighted):
    weights = LABELS.astype("float64") if weighted else None
    batches = batches_of(size=4, shuffled=shuffled, accumulate=3, weights=weights)
    assert len(batches) == 2
    seen = [(batch.images, batch.last, batch.total, batch.y.copy()) for batch in batches]
    assert [part[:2] for part in seen] == [(4, False), (4, False), (4, True), (4, False), (4, False), (3, True)]
    for step, images in ((seen[:3], 12), (seen[3:], 11)):
        total = sum(part[3].sum() for part in step) if weighted else images
        assert {part[2] for part in step} == {float(total)}
    plain = batches_of(size=4, shuffled=shuffled)
    assert [part[3].tolist() for part in seen] == [batch.y.tolist() for batch in plain]


@pytest.mark.parametrize("size", [1, 2, 5, 23])
@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_team_shares_every_batch_without_overlap(size, accumulate):
    options = {"size": size, "accumulate": accumulate, "weights": LABELS.astype("float32")}
    whole = [(batch.y.tolist(), batch.images, batch.total, batch.last) for batch in batches_of(**options)]
    shares = []
    for rank in range(3):
        batches = batches_of(**options)
        batches.team = Team(3)
        batches.team.rank = rank
        shares.append([(batch.y.tolist(), batch.images, batch.total, batch.last) for batch in batches])
    for together, *parts in zip(whole, *shares, strict=True):
        assert list(itertools.chain.from_iterable(part[0] for part in parts)) == together[0]
        assert all(part[1:] == together[1:] for part in parts)


def test_a_pass_may_begin_at_a_step_and_in_an_order_of_before():
    batches = batches_of(size=4, accumulate=2, seed=3)
    one_pass(batches)
    state = batches.order_state()
    wanted = [batch.y.tolist() for batch in batches]
    other = batches_of(size=4, accumulate=2, seed=8)
    other.set_order_state(state)
    other.first_step = 1
    assert [batch.y.tolist() for batch in other] == wanted[2:]
    assert len([batch.y for batch in other]) == 6  # the next pass is whole again
    assert batches_of(shuffled=False).order_state() == {}


# --- augmented ------------------------------------------------------------------------------------------------------

SQUARES = np.random.default_rng(0).integers(256, size=(23, 16), dtype="uint8")
SHIFTED = Augmentation(shift=2.0, noise=0.1)


def augmented(seed=0, X=SQUARES, **options):
    augmenter = LabelledAugmenter(SHIFTED, X, LABELS, 23, 5, np.random.default_rng(seed))
    return batches_of(X, augmenter=augmenter, **options)


@pytest.mark.parametrize("shuffled", [True, False])
@pytest.mark.parametrize("scaling", INPUT_SCALINGS)
def test_images_are_augmented_first_and_scaled_then(scaling, shuffled):
    augmenter = Augmenter(SHIFTED, SQUARES, 5, np.random.default_rng(7))
    how = INPUT_SCALINGS[scaling]
    for batch in augmented(7, shuffled=shuffled, scaling=scaling):
        wanted = (augmenter.take(batch.y) / 255.0 - how.mean) / how.deviation
        np.testing.assert_allclose(batch.x, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shuffled", [True, False])
def test_augmented_images_keep_labels_and_weights_and_are_new_at_every_pass(shuffled):
    options = {"shuffled": shuffled, "weights": LABELS.astype("float32")}
    plain, batches = batches_of(SQUARES, **options), augmented(**options)
    for _ in range(2):
        for one, other in zip(plain, batches, strict=True):
            assert one.y.tolist() == other.y.tolist()
            assert one.weights.tolist() == other.weights.tolist()
            assert (one.x != other.x).any(axis=1).all()
    first, second = (one_pass(augmented(shuffled=False))[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    batches = augmented(shuffled=False)
    assert (one_pass(batches)[0] != one_pass(batches)[0]).any(axis=1).all()


def test_augmented_images_are_left_where_they_are(tmp_path):
    np.save(tmp_path / "pixels.npy", SQUARES)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    np.testing.assert_array_equal(one_pass(augmented(X=mapped))[0], one_pass(augmented())[0])
