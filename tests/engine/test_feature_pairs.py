"""Pairs of training features together, each against an equivalent computation."""

import itertools

import numpy as np
import pytest

from backend.team import can_share
from classes.callbacks import (
    BestWeights,
    EarlyStopping,
    ExponentialMovingAverage,
    ReduceLROnPlateau,
    TerminateOnNaN,
)  # fmt: skip
from classes.training import fitting
from initializers.augmentation import Augmentation
from initializers.augmentation.mixing import Augmented, LabelledAugmenter
from initializers.splits import stratified_split
from tests.helpers.gpu import assert_same, gpu_backend
from tests.helpers.tiny import COUNTS, X_VAL, Y_VAL, X, Y, assert_close, assert_same_bits, tiny, trained, values
from tests.helpers.trainings import WORKERS, Explode, cut

WRONG = (Y_VAL + 1) % 3

# Options of a training, and of a network, whose outcome does not depend on how a step's work is divided.
OPTIONS = {
    "sample weights": {"sample_weight": COUNTS},
    "class weights": {"class_weight": {0: 0.5, 2: 3.0}},
    "balanced": {"class_weight": "balanced"},
    "one-hot": {"y_train": np.eye(3)[Y]},
    "in order": {"shuffle": False},
    "clipping": {"clip_norm": 0.05},
    "cosine": {"schedule": "cosine", "warmup_epochs": 1},
    "later epochs": {"initial_epoch": 1},
    "validation split": {"validation_split": 0.25},
    "targets": {"augment": Augmentation(mixup=1.0)},
    "moving average": {"callbacks": [lambda: ExponentialMovingAverage(0.7)]},
    "early stopping": {"callbacks": [lambda: EarlyStopping("train_loss", patience=2, min_delta=10.0)]},
    "plateau": {"callbacks": [lambda: ReduceLROnPlateau("train_loss", 0.5, patience=1, min_delta=10.0)]},
    "best weights": {"keep_best": True},
}
PAIRS = pytest.mark.parametrize(
    ("one", "other"), list(itertools.combinations(OPTIONS, 2)), ids=lambda value: value.replace(" ", "_")
)


@pytest.fixture(autouse=True)
def mixed_alike(monkeypatch):
    """Mix every target with the next class's: who is mixed with whom depends on how the work is divided."""

    def take(self, rows):
        images, labels, _ = plain(self, rows)
        targets = 0.7 * self._targets[labels] + 0.3 * self._targets[(labels + 1) % 3]
        return Augmented(images, labels, targets)

    plain = LabelledAugmenter.take
    monkeypatch.setattr(LabelledAugmenter, "_mix", lambda *_: None)
    monkeypatch.setattr(LabelledAugmenter, "take", take)


def run(one, other, net=None, **options):
    """Train with two of the options, and others."""
    chosen = {"y_train": Y, "epochs": 4, "batch_size": 12, "verbose": False}
    callbacks = []
    for part in (OPTIONS[one], OPTIONS[other]):
        callbacks += [make() for make in part.get("callbacks", ())]
        chosen |= {name: value for name, value in part.items() if name != "callbacks"}
    if "validation split" not in (one, other):
        chosen["validation_data"] = (X_VAL, Y_VAL)
    net = net or tiny(optimizer="adam", learning_rate=0.01, weight_decay=0.05, label_smoothing=0.1)
    net.train(X, **chosen | options, callbacks=callbacks)
    return net


def assert_alike(net, other):
    assert_close(net, other)
    for name in ("epoch", "train_accuracy", "val_accuracy", "learning_rate"):
        assert net.history.column(name) == other.history.column(name)
    assert net.history.chosen_epoch == other.history.chosen_epoch


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "one-hot"])
def test_every_option_makes_a_difference(name):
    """Else the pairs below would prove nothing."""
    plain, net = run("one-hot", "one-hot"), run(name, name)
    figures = [(each.history.column("val_loss"), values(each).tolist()) for each in (plain, net)]
    assert figures[0] != figures[1] or (name == "best weights" and net.history.chosen_epoch)
    assert len(net.history) == {"early stopping": 3, "later epochs": 3}.get(name, 4)


@PAIRS
def test_accumulated_batches_do_what_large_ones_do(one, other):
    assert_alike(run(one, other, batch_size=4, accumulate=3), run(one, other))


@pytest.mark.skipif(not can_share(), reason="processes cannot share memory on this system")
@PAIRS
def test_two_processes_do_what_one_does(one, other):
    assert_alike(run(one, other, workers=2), run(one, other))


@PAIRS
def test_what_refuses_all_that_cupy_refuses_gives_the_same_bits(one, other):
    nets = [run(one, other, net=tiny(device=device, optimizer="adam")) for device in ("cpu", gpu_backend())]
    assert_same(values(nets[1]).get(), values(nets[0]))
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"):
        assert_same(*(np.array(net.history.column(name), dtype=float) for net in reversed(nets)))


@pytest.mark.parametrize("one", ["clipping", "cosine", "later epochs", "in order"])
@pytest.mark.parametrize("other", ["moving average", "early stopping", "plateau", "best weights", "sample weights"])
def test_streams_do_what_arrays_in_their_order_do(one, other):
    arrays = run(one, other, batch_size=5, shuffle=False)
    options = OPTIONS[one] | OPTIONS[other]
    options["callbacks"] = [make() for make in options.get("callbacks", ())]
    weights = [COUNTS] if options.pop("sample_weight", None) is not None else []
    net = tiny(optimizer="adam", learning_rate=0.01, weight_decay=0.05, label_smoothing=0.1)
    trained(cut(X, Y, *weights), net=net, epochs=4, validation_data=(X_VAL, Y_VAL), **options)
    assert_same_bits(net, arrays)
    assert net.history.column("val_loss") == arrays.history.column("val_loss")
    assert net.history.chosen_epoch == arrays.history.chosen_epoch


# --- pairs whose outcome can be said ahead --------------------------------------------------------------------------


@pytest.mark.parametrize("restored_by", [{"callbacks": [EarlyStopping(patience=2)]}, {"keep_best": True}], ids=" ".join)
def test_partial_fits_continue_from_restored_weights(restored_by):
    net = trained(X, Y, X_VAL, WRONG, epochs=12, **restored_by)
    best, epochs = net.history.chosen_epoch, len(net.history)
    twin = tiny()
    twin.stack.parameters.values[...] = values(trained(epochs=best))
    record = net.partial_fit(X, Y, batch_size=26)
    assert record.epoch == epochs + 1 == net.history.last.epoch
    assert net.history.chosen_epoch is None  # the weights are those of the last epoch now
    twin.partial_fit(X, Y, batch_size=26)
    np.testing.assert_allclose(values(net), values(twin), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    "keeper", [lambda: EarlyStopping(patience=2), BestWeights], ids=["early stopping", "keep_best"]
)
@pytest.mark.parametrize("place", [0, 1])
def test_the_best_weights_of_a_moving_average_are_averaged_ones(workers, keeper, place):
    net, shown = tiny(learning_rate=0.5), []
    callbacks = [ExponentialMovingAverage(0.6), lambda record: shown.append(values(net))]
    callbacks.insert(2 * place, keeper())
    history = trained(
        X, Y, X_VAL, WRONG, net=net, epochs=20, batch_size=9, workers=workers, callbacks=callbacks
    ).history
    assert history.chosen_epoch < len(history)
    np.testing.assert_array_equal(values(net), shown[history.chosen_epoch - 1])
    best = history.records[history.chosen_epoch - 1]
    assert net.evaluate(X_VAL, WRONG) == (best.val_loss, best.val_accuracy)
    trained(X, Y, X_VAL, WRONG, net=net, callbacks=[ExponentialMovingAverage(0.6)])
    assert np.isfinite(values(net)).all()


def test_the_moving_average_is_over_steps_not_batches():
    net, average = tiny(), [values(tiny())]

    def look(progress):
        a = min(0.9, 1.0 - 1.0 / len(average))
        average.append(average[-1] * a + values(net) * (1.0 - a))

    trained(net=net, batch_size=4, accumulate=3, callbacks=[ExponentialMovingAverage(0.9)], on_step=look)
    assert len(average) == 1 + 2 * 3
    np.testing.assert_array_equal(values(net), average[-1])


def test_of_two_that_restore_the_last_decides():
    options = {"epochs": 25, "batch_size": 7}
    net, shown = tiny(learning_rate=0.5), []
    callbacks = [EarlyStopping("train_loss", patience=25), lambda record: shown.append(values(net))]
    history = trained(X, Y, X_VAL, WRONG, net=net, callbacks=callbacks, keep_best=True, **options).history
    scores = list(zip(history.column("val_accuracy"), [-v for v in history.column("val_loss")], strict=True))
    by_accuracy, by_loss = scores.index(max(scores)), int(np.argmin(history.column("train_loss")))
    assert by_accuracy != by_loss
    assert history.chosen_epoch == by_accuracy + 1
    np.testing.assert_array_equal(values(net), shown[by_accuracy])


@pytest.mark.parametrize(
    "keeper", [lambda: EarlyStopping(patience=9), BestWeights], ids=["early stopping", "keep_best"]
)
@pytest.mark.parametrize("workers", WORKERS)
def test_a_forgiven_divergence_ends_with_the_best_weights_too(keeper, workers):
    net, shown = tiny(activation="relu", learning_rate=0.5), []
    callbacks = [Explode(5), TerminateOnNaN(), keeper(), lambda record: shown.append(values(net))]
    history = trained(X, Y, X_VAL, WRONG, net=net, epochs=9, batch_size=5, workers=workers, callbacks=callbacks).history
    assert len(history) == 5
    np.testing.assert_array_equal(values(net), shown[history.chosen_epoch - 1])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "step"])
def test_a_lowered_rate_is_a_factor_on_the_schedules(schedule):
    options = {"epochs": 5, "batch_size": 9, "schedule": schedule}
    plain = trained(**options).history.column("learning_rate")
    lower = ReduceLROnPlateau("train_loss", factor=0.5, patience=2, min_delta=10.0)
    found = trained(callbacks=[lower], **options).history.column("learning_rate")
    assert found == pytest.approx([rate * factor for rate, factor in zip(plain, (1, 1, 1, 0.5, 0.5), strict=True)])
    later = trained(callbacks=[lower], initial_epoch=3, **options).history.column("learning_rate")
    assert later == plain[3:]


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}, {"class_weight": {1: 0.0}}], ids=str)
def test_weights_follow_their_images_into_what_a_split_keeps(options):
    kept, held_out = stratified_split(Y, 0.3, fitting.SPLIT_SEED)
    split = trained(validation_split=0.3, sample_weight=COUNTS, batch_size=5, **options)
    by_hand = trained(X[kept], Y[kept], X[held_out], Y[held_out], sample_weight=COUNTS[kept], batch_size=5, **options)
    assert_same_bits(split, by_hand)
    assert split.history.column("val_loss") == by_hand.history.column("val_loss")  # validation counts all alike


def test_balanced_classes_count_alike_whatever_their_images_weigh():
    weighted = trained(sample_weight=COUNTS, class_weight="balanced")
    assert_close(weighted, trained(np.repeat(X, COUNTS, axis=0), np.repeat(Y, COUNTS), class_weight="balanced"))
    sums = np.bincount(Y, COUNTS)
    assert_close(weighted, trained(sample_weight=COUNTS / sums[Y]))


def test_weights_outside_the_part_that_is_kept_do_not_count():
    kept, _ = stratified_split(Y, 0.3, fitting.SPLIT_SEED)
    heavy = np.full(26, 1e3)
    heavy[kept] = COUNTS[kept]
    assert_same_bits(
        trained(validation_split=0.3, sample_weight=heavy), trained(validation_split=0.3, sample_weight=COUNTS)
    )


def test_a_training_continues_after_an_early_stop_with_its_own_numbers():
    stopping = EarlyStopping("train_loss", patience=1, min_delta=10.0)
    net = trained(epochs=9, schedule="cosine", callbacks=[stopping])
    done = len(net.history)
    history = trained(net=net, epochs=9, schedule="cosine", initial_epoch=done).history
    assert history.column("epoch") == list(range(done + 1, 10))
    assert (
        history.column("learning_rate") == trained(epochs=9, schedule="cosine").history.column("learning_rate")[done:]
    )
