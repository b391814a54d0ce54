"""Augmentation that changes targets: mixup, strokes and replaced images."""

import pickle

import numpy as np
import pytest

from backend import InputError, NumpyBackend
from backend.array_backend import at_full_speed
from classes import NeuralNetwork
from classes.losses import SoftmaxCrossEntropy
from initializers.augmentation import AUGMENTATIONS, Augmentation, Augmenter, mixing
from initializers.augmentation.mixing import NO_CLASS, LabelledAugmenter
from initializers.augmentation.pen_strokes import FORMS
from initializers.batches import INPUT_SCALINGS, Batches
from initializers.mnist.embedded import embedded_digits
from tests.helpers.gpu import assert_same, gpu_backend
from tests.helpers.trainings import WORKERS, end_of

RNG = np.random.default_rng(7)
X, Y = RNG.integers(256, size=(70, 9), dtype="uint8"), RNG.integers(4, size=70)
MIXED = Augmentation(mixup=0.5)
HANDWRITING = AUGMENTATIONS["handwriting"]
EVERYTHING = Augmentation(rotation=10.0, noise=0.1, cutout=5.0, mixup=0.3, strokes=0.6, non_digits=0.3)


@pytest.fixture(scope="module")
def digits():
    dataset = embedded_digits()
    return dataset.X_train[:70], dataset.y_train[:70].astype("int64")


def labelled(how, X=X, y=Y, classes=4, seed=0, capacity=70):
    return LabelledAugmenter(how, X, y, classes, capacity, np.random.default_rng(seed))


# --- mixtures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("rows", [slice(0, 70), slice(3, 5), np.arange(70)[::-1], np.array([9, 9, 2])], ids=str)
def test_every_image_is_mixed_with_another_as_its_target_is(dtype, rows):
    pixels = X.astype(dtype) if dtype == "uint8" else (X / 255.0).astype(dtype)
    one_class_each = np.arange(70)  # so that the targets tell who was mixed, and how
    images, labels, targets = labelled(MIXED, pixels, one_class_each, 70).take(rows)
    n = len(images)
    assert images.dtype == dtype
    assert labels.tolist() == one_class_each[rows].tolist()
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, rtol=1e-14)
    own = targets[np.arange(n), labels]
    assert (own >= 0.5).all()
    wanted = targets @ pixels
    np.testing.assert_allclose(images, wanted, atol={"uint8": 0.51, "float32": 1e-6, "float64": 1e-14}[dtype])
    others = targets.copy()
    others[np.arange(n), labels] = 0.0
    assert ((others > 0.0).sum(axis=1) <= 1).all()
    steps = (others.argmax(axis=1) - labels)[others.max(axis=1) > 0.0]
    assert n < 70 or len(set((steps % 70).tolist())) == 1  # all have partners equally far away, as none is twice


@pytest.mark.parametrize("strength", [0.1, 0.4, 1.0, 8.0])
def test_shares_are_drawn_from_the_beta_distribution_again_for_every_pair(strength):
    augmenter = labelled(Augmentation(mixup=strength), y=np.arange(70), classes=70)
    shares = [augmenter.take(slice(0, 70)).targets.max(axis=1) for _ in range(60)]
    shares = np.concatenate(shares)
    assert len(set(shares.tolist())) > 0.4 * len(shares)
    variance = 1.0 / (4.0 * (2.0 * strength + 1.0))  # of Beta(a, a), whose mean is 1/2
    assert ((shares - 0.5) ** 2).mean() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize("strength", [1e-300, 1e300])
def test_extreme_strengths_leave_images_alone_or_mix_them_evenly(strength):
    images, _, targets = labelled(Augmentation(mixup=strength), y=np.arange(70), classes=70).take(slice(0, 70))
    if strength < 1.0:
        np.testing.assert_array_equal(images, X)
    assert set(targets.max(axis=1)) == {1.0 if strength < 1.0 else 0.5}


@pytest.mark.parametrize("n", [0, 1])
def test_an_image_alone_stays_itself(n):
    images, labels, targets = labelled(MIXED).take(slice(5, 5 + n))
    np.testing.assert_array_equal(images, X[5 : 5 + n])
    np.testing.assert_array_equal(targets, np.eye(4)[Y[5 : 5 + n]])
    assert labels.tolist() == Y[5 : 5 + n].tolist()


def test_images_of_one_class_keep_its_target():
    targets = labelled(MIXED, y=np.full(70, 2)).take(slice(0, 70)).targets
    np.testing.assert_allclose(targets, np.eye(4)[np.full(70, 2)], atol=1e-15)


def test_forms_change_before_images_are_mixed(monkeypatch):
    how = Augmentation(shift=2.0, mixup=0.5)
    monkeypatch.setattr(Augmenter, "augment", lambda self, images: images.fill(100))
    assert (labelled(how).take(slice(0, 70)).images == 100).all()


# --- no digits, strokes ---------------------------------------------------------------------------------------------


def given_back(images, labels, generator):
    """Stand in for `non_digits`: what it was given, upside down; it must be ink on paper."""
    assert images.dtype == "float32"
    assert images.min() >= 0.0
    assert images.max() > 200.0
    return 255.0 - images


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_some_images_give_way_to_such_of_no_class(monkeypatch, digits, kind):
    pixels, y = digits
    if kind != "uint8":
        pixels = (pixels / 255.0 - 0.5).astype(kind)
    monkeypatch.setattr("initializers.augmentation.non_digits.non_digits", given_back)
    augmenter, counts = labelled(Augmentation(non_digits=0.3), pixels, y, 10), []
    for _ in range(20):
        images, labels, targets = augmenter.take(slice(0, 70))
        replaced = labels == NO_CLASS
        counts.append(replaced.sum())
        np.testing.assert_array_equal(labels[~replaced], y[~replaced])
        np.testing.assert_array_equal(images[~replaced], pixels[~replaced])
        wanted = pixels.min() + pixels.max() - pixels[replaced]
        np.testing.assert_allclose(images[replaced], wanted, atol=2e-7)
        np.testing.assert_array_equal(targets[~replaced], np.eye(10)[y[~replaced]])
        np.testing.assert_allclose(targets[replaced], 0.1)
    assert np.mean(counts) == pytest.approx(21, abs=3)
    assert len(set(counts)) > 3


def test_what_shows_no_digit_is_what_its_module_makes(digits):
    X, y = digits
    images, labels, _ = labelled(Augmentation(non_digits=0.5), X, y, 10).take(slice(0, 70))
    replaced = labels == NO_CLASS
    assert replaced.sum() > 20
    assert (images[replaced] != X[replaced]).any(axis=1).all()
    assert images[replaced].any(axis=1).all()


def test_bytes_of_what_shows_no_digit_are_rounded(monkeypatch, digits):
    monkeypatch.setattr(
        "initializers.augmentation.non_digits.non_digits", lambda images, *_: np.full_like(images, 99.6)
    )
    images, labels, _ = labelled(Augmentation(non_digits=0.5), *digits, 10).take(slice(0, 70))
    assert (images[labels == NO_CLASS] == 100).all()


@pytest.mark.parametrize("kind", ["uint8", "float64"])
def test_strokes_are_added_to_the_digits_that_have_such(digits, kind):
    pixels, y = digits
    pixels = pixels if kind == "uint8" else pixels / 255.0
    images, labels, targets = labelled(Augmentation(strokes=1.0), pixels, y, 10).take(slice(0, 70))
    assert targets is None
    np.testing.assert_array_equal(labels, y)
    changed = (images != pixels).any(axis=1)
    assert changed.any()
    assert set(y[changed]) <= set(FORMS)
    assert (images.min(), images.max()) == (pixels.min(), pixels.max())


def test_strokes_come_first_and_are_bent_too(monkeypatch, digits):
    seen = []
    monkeypatch.setattr(mixing, "add_strokes", lambda images, *_, **__: seen.append(images.copy()))
    monkeypatch.setattr(
        "initializers.augmentation.non_digits.non_digits", lambda images, *_: seen.append(images.copy()) or images
    )
    monkeypatch.setattr(Augmenter, "augment", lambda self, images: seen.append(images.copy()))
    labelled(HANDWRITING, *digits, 10).take(slice(0, 70))
    assert len(seen) == 3
    np.testing.assert_array_equal(seen[0], seen[2])
    np.testing.assert_array_equal(seen[0], digits[0])


def test_data_without_any_contrast_stay_finite(digits):
    images = labelled(EVERYTHING, np.full((70, 784), 0.5), digits[1], 10).take(slice(0, 70)).images
    assert np.isfinite(images).all()


@pytest.mark.parametrize(
    ("how", "pixels", "classes"), [("strokes", 784, 4), ("non_digits", 784, 9), ("strokes", 64, 10)]
)
def test_strokes_and_what_is_no_digit_are_for_digits(how, pixels, classes):
    with pytest.raises(
        InputError, match=rf"augment: expected 10 digits of 784 pixels, found {classes} classes of {pixels}"
    ):
        labelled(Augmentation(**{how: 0.1}), np.zeros((3, pixels), "uint8"), np.zeros(3), classes)


# --- batches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [MIXED, HANDWRITING, EVERYTHING], ids=["mixup", "handwriting", "everything"])
def test_same_seed_same_bits_other_seed_others(how, digits):
    runs = []
    for seed in (1, 1, 2):
        augmenter = labelled(how, *digits, 10, seed=seed)
        batches = [augmenter.take(slice(k, k + 20)) for k in (0, 40)]
        runs.append([part.tobytes() for batch in batches for part in (batch.images, batch.targets)])
    assert runs[0] == runs[1]
    assert not set(runs[0]) & set(runs[2])


def test_the_data_are_left_alone(digits):
    X, y = (part.copy() for part in digits)
    X.setflags(write=False)
    y.setflags(write=False)
    labelled(EVERYTHING, X, y, 10).take(slice(0, 70))
    labelled(EVERYTHING, X, y, 10).take(np.arange(70))


def test_mixing_takes_hardly_any_new_memory(peak_of):
    images = RNG.integers(256, size=(300, 784), dtype="uint8")
    augmenter = labelled(MIXED, images, RNG.integers(10, size=300), 10, capacity=128)
    rows = RNG.permutation(300)[:128]
    augmenter.take(rows)
    with at_full_speed():  # as in a training
        assert peak_of(lambda: augmenter.take(rows)) < 64 * 1024


def test_on_a_device_the_batches_and_their_losses_have_the_bits_of_the_host(digits):
    found = []
    for backend in (NumpyBackend(), gpu_backend()):
        augmenter = labelled(EVERYTHING, *digits, 10, seed=3)
        common = {"backend": backend, "dtype": "float32", "scaling": INPUT_SCALINGS["standard"]}
        batches = Batches(*digits, 20, generator=np.random.default_rng(0), augmenter=augmenter, **common)
        loss = SoftmaxCrossEntropy(0.1)
        loss.bind(backend, 10, 20, "float32")
        parts = []
        for batch in batches:
            losses = loss.forward(batch.x[:, 300:310].copy(), batch.targets)
            arrays = batch.x, batch.y, batch.targets, losses, loss.backward()
            parts += [backend.to_host(array).copy() for array in arrays]
        found.append(parts)
    assert len(found[0]) == 20
    for host, device in zip(*found, strict=True):
        assert_same(device, host)


# --- in a training --------------------------------------------------------------------------------------------------


def trained(X, y, seed=3, **options):
    """Return a network after a training, and the states that it handed out."""
    states = []
    net = NeuralNetwork(784, (9,), 10, optimizer="adamw", dropout=0.3, label_smoothing=0.1, seed=seed)
    options = {"epochs": 2, "batch_size": 20, "augment": EVERYTHING, "schedule": "one_cycle"} | options
    options |= {"validation_data": (X[:30], y[:30]), "on_checkpoint": states.append, "verbose": False}
    net.train(X, y, **options)
    return net, states


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    "options",
    [{}, {"accumulate": 2, "batch_size": 10}, {"augment": "handwriting", "shuffle": False},
     {"sample_weight": RNG.random(70), "class_weight": "balanced"}],
    ids=lambda options: "-".join(options),
)  # fmt: skip
def test_from_every_state_a_training_continues_to_the_same_bits(workers, options, digits):
    uninterrupted = end_of(trained(*digits, workers=workers, **options)[0])
    watched, states = trained(*digits, workers=workers, checkpoint_every="1steps", **options)
    assert end_of(watched) == uninterrupted
    assert len(states) == 8
    for state in states[::3]:
        state = pickle.loads(pickle.dumps(state))
        assert end_of(trained(*digits, workers=workers, resume=state, **options)[0]) == uninterrupted


@pytest.mark.parametrize("workers", WORKERS)
def test_it_makes_a_difference_that_the_seed_decides(workers, digits):
    variants = ({}, {}, {"seed": 4}, {"augment": "elastic"}, {"augment": MIXED}, {"augment": Augmentation(strokes=1.0)})
    ends = [end_of(trained(*digits, workers=workers, **options)[0])[0] for options in variants]
    assert ends[0] == ends[1]
    assert len(set(ends)) == 5


def test_one_strength_more_is_another_training_but_none_is_the_old_one(digits):
    _, states = trained(*digits, checkpoint_every="1", augment="elastic")
    text = states[0]["plan"]["augment"]
    assert text == str(AUGMENTATIONS["elastic"]).replace(", mixup=0.0, strokes=0.0, non_digits=0.0", "")
    with pytest.raises(InputError, match="the checkpoint's augment"):
        trained(*digits, resume=states[0], augment=Augmentation(**vars(AUGMENTATIONS["elastic"]) | {"mixup": 0.1}))


def test_a_loss_that_takes_no_targets_is_distinguished(digits):
    class Hard(SoftmaxCrossEntropy):
        takes_targets = False

    net = NeuralNetwork(784, (5,), 10, loss=Hard())
    for how in ("handwriting", MIXED):
        with pytest.raises(InputError, match="augment: expected a loss that takes targets, found Hard"):
            net.train(*digits, augment=how, verbose=False)
    net.train(*digits, augment=Augmentation(strokes=0.5), epochs=1, verbose=False)


def test_no_stream_is_mixed():
    with pytest.raises(InputError, match="augment: expected none with a stream of batches"):
        NeuralNetwork(9, (5,), 4).train([(X, Y)], augment=MIXED, verbose=False)
