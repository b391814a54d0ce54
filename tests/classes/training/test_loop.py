"""The training loop against a reference implementation, and its records."""

import numpy as np
import pytest

from backend import NumpyBackend
from classes.layers import Dense
from classes.layers.sequential import Sequential
from classes.losses import LOSSES
from classes.optimizers import OPTIMIZERS
from classes.schedules import LearningRate
from classes.training.loop import Trainer, _hits, clip_gradients, count_hits, evaluate
from classes.training.options import TrainingOptions
from classes.training.progress import DivergenceError, EpochProgress
from initializers.augmentation import Augmentation
from initializers.augmentation.mixing import LabelledAugmenter
from initializers.batches import INPUT_SCALINGS, Batches
from tests.helpers import reference

RNG = np.random.default_rng(21)
X, Y = RNG.standard_normal((10, 3)), RNG.integers(3, size=10)
X_VAL, Y_VAL = RNG.standard_normal((7, 3)), RNG.integers(3, size=7)


class Recorded(Batches):
    """Batches that keep a copy of each, so that the textbook twin can be given the same."""

    def __iter__(self):
        self.seen = getattr(self, "seen", [])
        for batch in super().__iter__():
            self.seen.append((batch.x.copy(), batch.y.copy()))
            self.targets = [*getattr(self, "targets", []), batch.targets]
            yield batch


def batches_of(X, Y, size, generator=None):
    common = {"backend": NumpyBackend(), "dtype": "float64", "scaling": INPUT_SCALINGS["unit"]}
    return Recorded(X, Y, size, generator=generator, **common)


def trainer(optimizer="sgd", *, epochs=2, rate=0.1, schedule="constant", smoothing=0.0, decay=0.0, **options):
    model = Sequential([Dense(5, "tanh"), Dense(3)], (3,), NumpyBackend(), "float64")
    model.initialize(np.random.default_rng(0))
    model.bind(10, None)
    loss = LOSSES["cross_entropy"](label_smoothing=smoothing)
    loss.bind(NumpyBackend(), 3, 10, "float64")
    rule = OPTIMIZERS[optimizer](weight_decay=decay)
    rule.bind(np, model.parameters)
    batches = batches_of(X, Y, 4, np.random.default_rng(1))
    options.setdefault("validation", batches_of(X_VAL, Y_VAL, 3))
    rates = LearningRate(rate, epochs * len(batches), schedule, warmup_steps=2 if schedule != "constant" else 0)
    validation = options.pop("validation")
    return Trainer(model, loss, rule, batches, validation, rates, TrainingOptions(epochs=epochs, **options))


def pairs_of(model):
    return [(model.parameters.view(f"{k}.W").copy(), model.parameters.view(f"{k}.b").copy()) for k in range(2)]


def logits(pairs, x):
    return reference.predict_logits(pairs, ["tanh", "identity"], x)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "options",
    [{}, {"smoothing": 0.1, "decay": 0.2, "schedule": "cosine"}, {"clip_norm": 0.05}],
    ids=["plain", "smoothed, decaying, scheduled", "clipped"],
)
def test_training_equals_textbook_steps_on_the_same_batches(optimizer, options):
    ours = trainer(optimizer, epochs=3, **options)
    pairs = pairs_of(ours.stack)
    records = list(ours.run())
    seen = ours.batches.seen
    expected, losses = reference.trained(
        pairs, ["tanh", "identity"], seen, optimizer, [ours.rate(step) for step in range(9)],
        decay=options.get("decay", 0.0), clip=options.get("clip_norm"), smoothing=options.get("smoothing", 0.0),
    )  # fmt: skip
    for found, wanted in zip(pairs_of(ours.stack), expected, strict=True):
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(found[1], wanted[1], rtol=1e-9, atol=1e-11)
    # The epoch's loss is the mean over its 10 images, the last batch of 2 counting for 2.
    means = [np.dot(losses[k : k + 3], [4, 4, 2]) / 10 for k in (0, 3, 6)]
    assert [record.train_loss for record in records] == pytest.approx(means, rel=1e-10)


def textbook_step(pairs, x, targets, weights, smoothing):
    """Return the loss and the gradients for targets, which both are linear in, image by image and class by class."""
    total, sums = 0.0, [(np.zeros_like(W), np.zeros_like(b)) for W, b in pairs]
    for i, c in np.ndindex(targets.shape):
        share, one = targets[i, c] * weights[i] / weights.sum(), (x[i : i + 1], np.array([c]))
        loss, gradients = reference.loss_and_gradients(pairs, ["tanh", "identity"], *one, smoothing)
        total += share * loss
        sums = [(W + share * dW, b + share * db) for (W, b), (dW, db) in zip(sums, gradients, strict=True)]
    return total, sums


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_training_on_mixed_targets_equals_textbook_steps(smoothing, weighted):
    ours, how = trainer("adam", epochs=2, smoothing=smoothing), Augmentation(mixup=0.8)
    weights = np.linspace(0.5, 3.0, 10) if weighted else np.ones(10)
    ours.batches.augmenter = LabelledAugmenter(how, X, Y, 3, 4, np.random.default_rng(2))
    ours.batches.weights = weights if weighted else None
    generator = np.random.default_rng(1)  # as the batches draw their order
    rows = np.concatenate([generator.permutation(10) for _ in range(2)])
    pairs, descent, losses = pairs_of(ours.stack), reference.Descent("adam"), []
    records = list(ours.run())
    for step, ((x, y), targets) in enumerate(zip(ours.batches.seen, ours.batches.targets, strict=True)):
        first = 10 * (step // 3) + 4 * (step % 3)
        own = weights[rows[first : first + len(y)]]
        np.testing.assert_array_equal(y, Y[rows[first : first + len(y)]])
        loss, gradients = textbook_step(pairs, x, targets, own, smoothing)
        losses.append(loss * own.sum())
        pairs = descent.step(pairs, gradients, ours.rate(step))
    for found, wanted in zip(pairs_of(ours.stack), pairs, strict=True):
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(found[1], wanted[1], rtol=1e-9, atol=1e-11)
    means = [sum(losses[k : k + 3]) / weights.sum() for k in (0, 3)]
    assert [record.train_loss for record in records] == pytest.approx(means, rel=1e-10)


def test_records_tell_what_happened():
    ours = trainer(epochs=3, rate=0.3, schedule="cosine")
    pairs = pairs_of(ours.stack)
    rights = []
    for number, record in enumerate(ours.run(), start=1):
        assert (record.epoch, record.epochs) == (number, 3)
        after = pairs_of(ours.stack)
        assert record.val_loss == pytest.approx(reference.cross_entropy(logits(after, X_VAL), Y_VAL)[0], rel=1e-10)
        assert record.val_accuracy == np.mean(logits(after, X_VAL).argmax(axis=1) == Y_VAL)
        assert record.learning_rate == ours.rate(3 * number - 1)
        assert record.seconds > 0.0
        assert record.images_per_second == pytest.approx(10 / record.seconds)
        rights.append(record.train_accuracy)
    # Right answers are counted before each batch's own update.
    descent, expected = reference.Descent("sgd"), []
    for step, (x, y) in enumerate(ours.batches.seen):
        expected.append(int((logits(pairs, x).argmax(axis=1) == y).sum()))
        gradients = reference.loss_and_gradients(pairs, ["tanh", "identity"], x, y)[1]
        pairs = descent.step(pairs, gradients, ours.rate(step))
    assert rights == [sum(expected[k : k + 3]) / 10 for k in (0, 3, 6)]


def test_without_validation_data_there_are_no_validation_figures():
    (record,) = trainer(epochs=1, validation=None).run()
    assert (record.val_loss, record.val_accuracy) == (None, None)


def test_on_step_sees_every_step_with_running_figures():
    seen = []

    def watch(progress):
        seen.append((progress.epoch, progress.epochs, progress.step, progress.steps, progress.images))
        assert progress.images_total == 10
        assert progress.seconds > 0.0
        losses.append(progress.mean_loss())
        rates.append(progress.learning_rate)
        accuracies.append(progress.accuracy())

    losses, rates, accuracies = [], [], []
    ours = trainer(epochs=2, schedule="cosine", on_step=watch)
    records = list(ours.run())
    assert seen == [(e, 2, s, 3, i) for e in (1, 2) for s, i in ((1, 4), (2, 8), (3, 10))]
    assert rates == [ours.rate(step) for step in range(6)]
    assert [losses[2], losses[5]] == [record.train_loss for record in records]
    assert [accuracies[2], accuracies[5]] == [record.train_accuracy for record in records]


def test_progress_weighs_batches_by_their_images_and_is_0_before_the_first():
    progress = EpochProgress(NumpyBackend(), epoch=1, epochs=1, steps=3, images_total=10)
    assert (progress.mean_loss(), progress.accuracy(), progress.learning_rate) == (0.0, 0.0, 0.0)
    assert (progress.step, progress.images) == (0, 0)
    for loss, hits, images, rate in ((6.0, 3, 4, 0.1), (2.0, 1, 2, 0.2)):
        progress.add(np.array([loss, hits]), images)
        progress.complete(images, rate)
    assert (progress.mean_loss(), progress.accuracy()) == (8.0 / 6.0, 4.0 / 6.0)
    assert (progress.step, progress.images, progress.learning_rate) == (2, 6, 0.2)
    progress.check_finite()  # two finite losses, and a third that has not come yet


def test_progress_with_a_single_image():
    progress = EpochProgress(NumpyBackend(), epoch=1, epochs=1, steps=1, images_total=1)
    progress.add(np.array([3.0, 1]), 1)
    progress.complete(1, 0.1)
    assert (progress.mean_loss(), progress.accuracy()) == (3.0, 1.0)


def test_progress_counts_seconds_from_its_start(monkeypatch):
    progress = EpochProgress(NumpyBackend(), epoch=1, epochs=1, steps=1, images_total=1, started=100.0)
    monkeypatch.setattr("time.perf_counter", lambda: 103.5)
    assert progress.seconds == 3.5


def test_layers_know_whether_they_are_training():
    ours, told = trainer(epochs=1), []
    forward = ours.stack.layers[0].forward
    ours.stack.layers[0].forward = lambda x, *, training: told.append(training) or forward(x, training=training)
    list(ours.run())
    assert told == [True] * 3 + [False] * 3  # three batches of training data, three of validation data


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_the_first_loss_that_is_not_finite_is_named_by_epoch_and_batch(bad):
    progress = EpochProgress(NumpyBackend(), epoch=4, epochs=9, steps=3, images_total=3)
    for loss in (1.0, bad, float("nan")):
        progress.add(np.array([loss, 0]), 1)
        progress.complete(1, 0.25)
    with pytest.raises(DivergenceError, match=rf"epoch 4, batch 2: expected a finite number, found {bad}.*0\.25"):
        progress.check_finite()


def test_divergence_gives_back_the_weights_from_before_the_epoch():
    ours = trainer(epochs=3)
    run = ours.run()
    next(run)
    before = ours.stack.parameters.values.copy()
    ours.batches.X = np.full_like(X, np.nan)
    with pytest.raises(DivergenceError, match="epoch 2, batch 1"):
        next(run)
    np.testing.assert_array_equal(ours.stack.parameters.values, before)


def test_evaluation_is_the_mean_over_all_images_with_a_short_last_batch():
    ours = trainer()
    loss, accuracy = evaluate(ours.stack, ours.loss, batches_of(X_VAL, Y_VAL, 3))
    z = logits(pairs_of(ours.stack), X_VAL)
    assert loss == pytest.approx(reference.cross_entropy(z, Y_VAL)[0], rel=1e-12)
    assert accuracy == np.mean(z.argmax(axis=1) == Y_VAL)
    assert type(loss) is type(accuracy) is float


def test_hits_are_rows_that_are_largest_at_their_label():
    z = np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 5.0]])
    assert count_hits(z, np.array([1, 1, 1])) == 2


@pytest.mark.parametrize(
    ("y", "hits"),
    [([1, 1, 2, 0], 2), ([1, -1, 2, 0], 8 / 3), ([0, -1, -1, 0], 0), ([1, -1, 2, -1], 4), ([-1, -1, -1, -1], 0)],
)
def test_rows_of_no_class_count_as_the_others_do(y, hits):
    z = np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0], [0.0, 5.0, 9.0], [0.0, 1.0, 0.0]])  # largest at 1, 0, 2, 1
    assert _hits(np, z, np.array(y), has_targets=True) == pytest.approx(hits)


@pytest.mark.parametrize("norm", [0.5, 4.999])
def test_clipping_shortens_long_gradients_without_turning_them(norm):
    g = np.array([3.0, 0.0, -4.0])
    clip_gradients(np, g, norm, g @ g)
    np.testing.assert_allclose(g, np.array([0.6, 0.0, -0.8]) * norm, rtol=1e-15)


def test_clipping_a_part_goes_by_the_norm_of_the_whole():
    g = np.array([3.0, 0.0])
    clip_gradients(np, g, 1.0, np.float64(25.0))
    np.testing.assert_allclose(g, [0.6, 0.0], rtol=1e-15)


@pytest.mark.parametrize("norm", [5.0, 5.001, 1e6])
def test_clipping_leaves_short_gradients_alone(norm):
    g = np.array([3.0, 0.0, -4.0])
    clip_gradients(np, g, norm, g @ g)
    assert g.tolist() == [3.0, 0.0, -4.0]


def test_clipping_a_gradient_of_0_gives_0():
    g = np.zeros(3)
    clip_gradients(np, g, 1.0, g @ g)
    assert not g.any()
