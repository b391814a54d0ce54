"""Augmentation of training images."""

import math
import os
import pickle

import numpy as np
import pytest
from scipy import ndimage

from backend import InputError
from backend.array_backend import at_full_speed
from backend.team import Team, can_share
from classes import NeuralNetwork
from classes.training.options import TrainingOptions
from initializers.augmentation import AUGMENTATIONS, OF_LABELLED, Augmentation, Augmenter
from initializers.augmentation.warping import ROWS
from tests.helpers.gpu import gpu_backend
from tests.helpers.trainings import WORKERS, end_of

RNG = np.random.default_rng(4)
SMOOTH = ndimage.gaussian_filter(RNG.random((12, 28, 28)), (0, 1.5, 1.5)).astype("float32")
SMOOTH = (SMOOTH - SMOOTH.min()) / np.ptp(SMOOTH)
KINDS = {
    "rotation": 20.0, "scale": 0.2, "shear": 0.3, "shift": 2.5, "elastic_alpha": 30.0, "thickness": 0.7,
    "brightness": 0.5, "noise": 0.1, "cutout": 7.0,
}  # fmt: skip
EACH = pytest.mark.parametrize("kind", KINDS)
EVERYTHING = Augmentation(**KINDS)


class Fixed:
    """A generator whose uniform numbers, mapped to [-1, 1], are given, and whose normal ones are 0."""

    def __init__(self, *u):
        self.u = u

    def random(self, *, dtype, out):
        out[...] = (np.array(self.u + (0.0,) * (8 - len(self.u))) + 1.0) / 2.0
        return out

    def standard_normal(self, *, dtype, out):
        out[...] = 0.0
        return out


def augmented(images, generator=0, **strengths):
    """Return images (N, h, w) augmented, as new ones."""
    flat = images.reshape(len(images), -1)
    generator = np.random.default_rng(generator) if isinstance(generator, int) else generator
    augmenter = Augmenter(Augmentation(**strengths), flat, len(flat), generator)
    return augmenter.take(slice(0, len(flat))).reshape(images.shape).copy()


# --- what is done to an image ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_zero_strength_returns_the_very_images(dtype):
    images = (SMOOTH * 255).astype(dtype)
    found = augmented(images)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, images)


@pytest.mark.parametrize("degrees", [-33.0, -5.0, 10.0, 90.0])
def test_a_rotation_is_scipys(degrees):
    found = augmented(SMOOTH, Fixed(math.copysign(1.0, degrees)), rotation=abs(degrees))
    for image, turned in zip(SMOOTH, found, strict=True):
        wanted = ndimage.rotate(image.astype("float64"), degrees, reshape=False, order=1, mode="grid-constant")
        np.testing.assert_allclose(turned, wanted, atol=1e-4)


def test_a_positive_rotation_is_counter_clockwise_and_a_positive_shear_leans_to_the_right():
    image = np.zeros((1, 9, 9), "uint8")
    image[0, 4, 7] = 255
    assert np.unravel_index(augmented(image, Fixed(1.0), rotation=90.0)[0].argmax(), (9, 9)) == (1, 4)
    image = np.zeros((1, 9, 9), "uint8")
    image[0, [2, 6], 4] = 255
    sheared = augmented(image, Fixed(0, 0, 0, 1.0), shear=0.5)[0]
    assert sorted(map(tuple, np.argwhere(sheared))) == [(2, 5), (6, 3)]


@pytest.mark.parametrize(("down", "right"), [(1, 0), (-2, 3), (4, -4)])
def test_a_shift_by_whole_pixels_is_exact(down, right):
    images = (SMOOTH * 255).astype("uint8")
    found = augmented(images, Fixed(0, 0, 0, 0, down / 4, right / 4), shift=4.0)
    np.testing.assert_array_equal(found, ndimage.shift(images, (0, down, right), order=0))


def test_each_shear_and_scale_and_all_together_are_the_matrices_stated():
    def check(u):
        turn, tall, wide, lean, down, right = np.float64(u) * (math.radians(30), 0.4, 0.4, 0.5, 3.0, 3.0)
        R = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        H = np.array([[1.0, 0.0], [-lean, 1.0]])
        back = np.linalg.inv(R @ H @ np.diag([1.0 + tall, 1.0 + wide]))
        middle, t = np.array([13.5, 13.5]), np.array([down, right])
        found = augmented(SMOOTH, Fixed(*u), rotation=30.0, scale=0.4, shear=0.5, shift=3.0)
        for image, moved in zip(SMOOTH, found, strict=True):
            wanted = ndimage.affine_transform(
                image.astype("float64"), back, middle - back @ (middle + t), order=1, mode="grid-constant"
            )
            np.testing.assert_allclose(moved, wanted, atol=1e-4)

    for place in range(6):
        for sign in (-1.0, 0.5):
            check([sign * (place == k) for k in range(6)])
    for _ in range(5):
        check(RNG.uniform(-1, 1, 6))


def test_elastic_fields_are_smooth_with_the_stated_strength_around_zero():
    how = Augmentation(elastic_alpha=34.0, elastic_sigma=4.0)
    augmenter = Augmenter(how, np.zeros((1, 784), "uint8"), 4000, np.random.default_rng(0))
    K = augmenter._warper.terms - 3
    normal = np.random.default_rng(1).standard_normal((4000, 2, K), dtype="float32")
    a = augmenter.coefficients(np.zeros((4000, 8), "float32"), normal)
    fields = a @ augmenter._warper._basis
    fields = (fields - fields.mean(axis=1, keepdims=True)).reshape(2, 4000, 28, 28)  # the plain map is in each
    assert how.elastic_rms == pytest.approx(1.384, abs=0.001)
    assert math.sqrt((fields**2).mean()) == pytest.approx(how.elastic_rms, rel=0.02)
    assert np.abs((a[:, :, 3:] @ augmenter._warper._basis[3:]).mean(axis=1)).max() < 5 * how.elastic_rms / math.sqrt(
        4000
    )
    neighbours = (fields[..., 1:] * fields[..., :-1]).mean() / (fields**2).mean()
    assert neighbours == pytest.approx(math.exp(-1 / 64), abs=0.005)
    assert abs((fields[0] * fields[1]).mean()) < 0.02 * how.elastic_rms**2  # rows and columns are independent


def test_strokes_grow_and_shrink_by_a_pixel_at_most():
    image = np.zeros((1, 9, 9), "uint8")
    image[0, 3:6, 4] = 200
    plus = ndimage.generate_binary_structure(2, 1)
    grown = augmented(image, Fixed(0, 0, 0, 0, 0, 0, 1.0), thickness=1.0)[0]
    np.testing.assert_array_equal(grown, ndimage.grey_dilation(image[0], footprint=plus))
    half = augmented(image, Fixed(0, 0, 0, 0, 0, 0, 0.5), thickness=1.0)[0]
    np.testing.assert_array_equal(half, (image[0] / 2.0 + grown / 2.0).astype("uint8"))
    assert not augmented(image, Fixed(0, 0, 0, 0, 0, 0, -1.0), thickness=1.0).any()


def test_ink_fades_towards_paper():
    assert augmented(SMOOTH, Fixed(0, 0, 0, 0, 0, 0, 0, 1.0), brightness=0.4) == pytest.approx(0.6 * SMOOTH, abs=1e-6)
    lowered = SMOOTH - 0.25  # paper is the lowest number
    found = augmented(lowered, Fixed(0, 0, 0, 0, 0, 0, 0, 1.0), brightness=0.4)
    assert found == pytest.approx(0.6 * (lowered + 0.25) - 0.25, abs=1e-6)


def test_noise_is_normal_and_stays_in_range():
    grey = np.full((64, 28, 28), 100, "uint8")
    found = augmented(grey, noise=0.1)
    assert found.mean() == pytest.approx(100, abs=0.5)
    assert found.std() == pytest.approx(25.5, rel=0.02)
    loud = augmented(grey, noise=2.0)
    assert (loud.min(), loud.max()) == (0, 255)
    assert abs((loud == 0).mean() - 0.42) < 0.02  # Phi(-100 / 510), not wrapped around


def test_a_square_is_cut_out_of_each_image_at_another_place():
    found = augmented(np.full((500, 28, 28), 255, "uint8"), cutout=8.0)
    holes = found == 0
    areas = holes.sum(axis=(1, 2))
    assert areas.max() <= 81
    assert 0.6 * 64 < areas.mean() < 64
    assert (holes.any(axis=0)).all()
    for hole in holes:
        assert hole.sum() == hole.any(axis=0).sum() * hole.any(axis=1).sum()


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_ink_stays_within_the_frame(name, mnist):
    before = mnist.X_train[:2000].reshape(-1, 28, 28)
    after = augmented(before, **vars(AUGMENTATIONS[name]))
    assert after.sum(dtype="int64") == pytest.approx(before.sum(dtype="int64"), rel=0.03)
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert after[:, border].sum() < 0.01 * after.sum()


# --- randomness -----------------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_same_seed_same_bits_other_seed_others(kind, dtype):
    images = (SMOOTH * 255).astype(dtype)
    options = {kind: KINDS[kind]}
    found = [augmented(images, seed, **options) for seed in (1, 1, 2)]
    assert found[0].dtype == dtype
    np.testing.assert_array_equal(found[0], found[1])
    assert all((one != other).any() for one, other in zip(found[0], found[2], strict=True))


@EACH
def test_every_image_is_changed_in_its_own_way_and_again_each_time(kind):
    images = np.repeat(SMOOTH[:1], 6, axis=0).reshape(6, 784)
    augmenter = Augmenter(Augmentation(**{kind: KINDS[kind]}), images, 6, np.random.default_rng(0))
    seen = {augmenter.take(slice(0, 6))[k].tobytes() for _ in range(2) for k in range(6)}
    assert len(seen) == 12


def test_an_image_does_not_depend_on_the_others_of_its_batch():
    n = 2 * ROWS + 7
    u = RNG.uniform(-1, 1, (n, 8)).astype("float32")
    X = np.resize(SMOOTH.reshape(12, 784), (n, 784))
    how = Augmentation(rotation=20.0, scale=0.2, shift=2.0, elastic_alpha=30.0, thickness=0.5, brightness=0.3)
    augmenter = Augmenter(how, X, n, np.random.default_rng(0))
    normal = RNG.standard_normal((n, 2, augmenter._warper.terms - 3)).astype("float32")

    def draw(rows):
        class Given:
            random = staticmethod(lambda *, dtype, out: np.copyto(out, (u[rows] + 1) / 2) or out)
            standard_normal = staticmethod(lambda *, dtype, out: np.copyto(out, normal[rows]) or out)

        augmenter.generator = Given
        return augmenter.take(rows).copy()

    whole = draw(np.arange(n))
    for rows in (np.array([5]), np.array([70, 2, 33]), np.arange(n)[::-1]):
        np.testing.assert_allclose(draw(rows), whole[rows], atol=1e-4)


def test_the_images_themselves_are_left_alone():
    X = np.tile(np.arange(36, dtype="uint8"), (5, 1))
    X.setflags(write=False)
    augmenter = Augmenter(EVERYTHING, X, 5, np.random.default_rng(0))
    assert not np.shares_memory(augmenter.take(slice(1, 3)), X)
    assert augmenter.take(np.array([4])).shape == (1, 36)
    assert augmenter.take(slice(2, 2)).shape == (0, 36)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_warm_batch_takes_hardly_any_new_memory(name, peak_of):
    X = RNG.integers(256, size=(300, 784), dtype="uint8")
    augmenter = Augmenter(AUGMENTATIONS[name], X, 128, np.random.default_rng(0))
    rows = RNG.permutation(300)[:128]
    augmenter.take(rows)
    with at_full_speed():  # as in a training
        assert peak_of(lambda: augmenter.take(rows)) < 48 * 1024


# --- what can be asked for ------------------------------------------------------------------------------------------


def test_the_registry_goes_from_nothing_to_much():
    assert [name for name, how in AUGMENTATIONS.items() if how.changes_nothing] == ["none"]
    assert Augmentation(elastic_sigma=7.0).changes_nothing
    assert AUGMENTATIONS["affine"].elastic_rms == 0.0
    assert 0.5 < AUGMENTATIONS["elastic"].elastic_rms < AUGMENTATIONS["strong"].elastic_rms < 1.5
    assert [name for name, how in AUGMENTATIONS.items() if how.needs_digits or how.changes_targets] == ["handwriting"]


@pytest.mark.parametrize("kind", OF_LABELLED)
def test_what_takes_labels_leaves_forms_alone(kind):
    how = Augmentation(**{kind: 0.3})
    assert not how.changes_nothing
    assert not how.changes_forms
    X = np.arange(35, dtype="uint8").reshape(5, 7)  # so images need not be square
    np.testing.assert_array_equal(Augmenter(how, X, 5, None).take(np.arange(5)), X)


@pytest.mark.parametrize("kind", [*KINDS, "elastic_sigma", *OF_LABELLED])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf, "1", None, True])
def test_strengths_that_are_none_are_refused(kind, value):
    with pytest.raises(InputError, match=f"^{kind}: expected"):
        Augmentation(**{kind: value})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("scale", 0.95), ("thickness", 1.1), ("brightness", 2), ("elastic_sigma", 0.5), ("strokes", 1.01),
     ("non_digits", 0.6)],
)  # fmt: skip
def test_strengths_that_would_leave_nothing_are_refused(kind, value):
    with pytest.raises(InputError, match=f"^{kind}: expected"):
        Augmentation(**{kind: value})


def test_a_plan_takes_names_and_augmentations_of_ones_own():
    assert TrainingOptions().augmentation is TrainingOptions(augment=Augmentation()).augmentation is None
    assert TrainingOptions(augment="affine").augmentation is AUGMENTATIONS["affine"]
    assert TrainingOptions(augment=EVERYTHING).augmentation is EVERYTHING
    for wrong in ("magic", None, 3, {"shift": 1}):
        with pytest.raises(InputError, match="augment: expected one of affine, elastic, handwriting, none, strong"):
            TrainingOptions(augment=wrong)


# --- in a training --------------------------------------------------------------------------------------------------

X, Y = RNG.integers(256, size=(101, 36), dtype="uint8"), RNG.integers(4, size=101)


def trained(images=X, seed=3, device="cpu", dropout=0.3, **options):
    """Return a network after a training, and the states that it handed out."""
    states = []
    net = NeuralNetwork(
        images.shape[1], (20, 10), 4, optimizer="adamw", dropout=dropout, seed=seed, device=device
    )  # fmt: skip
    options = {"epochs": 3, "batch_size": 20, "augment": EVERYTHING, "schedule": "one_cycle"} | options
    options |= {"validation_data": (images[:30], Y[:30]), "on_checkpoint": states.append, "verbose": False}
    net.train(images, Y, **options)
    return net, states


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    "options",
    [{"every": "1steps"}, {"every": "1"}, {"every": "2steps", "accumulate": 2, "batch_size": 10},
     {"every": "2steps", "shuffle": False}, {"every": "4steps", "dropout": 0.0, "images": X / 255.0}],
    ids=lambda options: "-".join(options),
)  # fmt: skip
def test_from_every_state_a_training_continues_to_the_same_bits(workers, options):
    options = dict(options)
    every = options.pop("every")
    uninterrupted = end_of(trained(workers=workers, **options)[0])
    watched, states = trained(workers=workers, checkpoint_every=every, **options)
    assert end_of(watched) == uninterrupted
    assert len(states) >= 3
    for state in states:
        state = pickle.loads(pickle.dumps(state))
        assert end_of(trained(workers=workers, resume=state, **options)[0]) == uninterrupted


@pytest.mark.parametrize("workers", WORKERS)
def test_it_makes_a_difference_that_the_seed_decides(workers):
    ends = [end_of(trained(workers=workers, **options)[0])[0] for options in ({}, {}, {"seed": 4}, {"augment": "none"})]
    assert ends[0] == ends[1]
    assert len(set(ends)) == 3


def test_none_is_as_good_as_leaving_it_out():
    net = NeuralNetwork(36, (20, 10), 4, optimizer="adamw", dropout=0.3, seed=3)
    net.train(X, Y, epochs=3, batch_size=20, schedule="one_cycle", verbose=False)
    for none in ("none", Augmentation()):
        assert end_of(trained(augment=none)[0])[0] == net.stack.parameters.values.tobytes()


def test_only_training_images_are_changed():
    net, _ = trained(augment=Augmentation(noise=1.0))
    assert (net.history.last.val_loss, net.history.last.val_accuracy) == net.evaluate(X[:30], Y[:30])
    np.testing.assert_array_equal(net.predict_proba(X), net.predict_proba(X))


@pytest.mark.skipif(not can_share(), reason="processes cannot share memory here")
def test_each_process_of_a_team_draws_its_own(monkeypatch):
    caller, drawn = os.getpid(), Team(2).zeros(np, (2, 8), "float64")

    def noted(self, u, g, plain=Augmenter.coefficients):
        if len(u):  # the last batch is shorter than the team
            drawn[int(os.getpid() != caller)] = u[0]
        return plain(self, u, g)

    monkeypatch.setattr(Augmenter, "coefficients", noted)
    trained(workers=2)
    assert drawn.all()
    assert not (drawn[0] == drawn[1]).any()


def test_on_a_gpu_the_images_are_changed_on_the_host():
    device = gpu_backend()
    ends = [end_of(trained(device=device, dropout=0.0, **options)[0])[0] for options in ({}, {}, {"augment": "none"})]
    assert ends[0] == ends[1] != ends[2]


def test_data_that_cannot_be_bent_are_refused():
    with pytest.raises(InputError, match="augment: expected square images, found 35 pixels"):
        trained(X[:, :35])
    with pytest.raises(InputError, match="augment: expected none with a stream of batches"):
        NeuralNetwork(36, (5,), 4).train([(X, Y)], augment="affine", verbose=False)


def test_another_augmentation_is_refused_on_resuming():
    _, states = trained(checkpoint_every="1")
    with pytest.raises(InputError, match="the checkpoint's augment"):
        trained(resume=states[0], augment="none")
