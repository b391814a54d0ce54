"""Gradient accumulation equals one large batch."""

import numpy as np
import pytest

from backend.team import can_share
from classes import OPTIMIZERS
from classes.training.loop import clip_gradients, count_hits
from tests.helpers.tiny import COUNTS, X_VAL, Y_VAL, X, Y, assert_close, assert_same_bits, tiny, trained, values

SMALL, LARGE = {"batch_size": 4, "accumulate": 3}, {"batch_size": 12}  # 26 images: steps over 12, 12 and 2


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "options",
    [{}, {"sample_weight": COUNTS}, {"clip_norm": 0.05}, {"schedule": "cosine", "warmup_epochs": 1, "shuffle": False}],
    ids=lambda options: next(iter(options), "plain"),
)
def test_several_batches_make_the_step_of_one_large_batch(optimizer, options):
    nets = [tiny(optimizer=optimizer, weight_decay=0.05, label_smoothing=0.1) for _ in range(2)]
    for net, sizes in zip(nets, (SMALL, LARGE), strict=True):
        trained(X, Y, X_VAL, Y_VAL, net=net, epochs=3, **sizes, **options)
    assert_close(*nets)
    for name in ("train_accuracy", "val_accuracy", "learning_rate"):
        assert nets[0].history.column(name) == nets[1].history.column(name)
    assert nets[0].optimizer.steps == nets[1].optimizer.steps == 9


def test_dropout_draws_for_the_small_batches_what_it_draws_for_the_large_one():
    nets = [tiny(dropout=0.4) for _ in range(2)]
    for net, sizes in zip(nets, (SMALL, LARGE), strict=True):
        trained(net=net, **sizes)
    assert_close(*nets)


def test_more_batches_than_there_are_make_one_step():
    assert_close(trained(batch_size=4, accumulate=1000), trained())
    assert_close(trained(batch_size=1000, accumulate=3), trained())


def by_hand(net, *, epochs, batch_size, accumulate, rate, clip=None, weights=None):
    """Train in order, adding up the gradients of every batch of a step, the first to the last."""
    model, loss, step = net.stack, net.loss, batch_size * accumulate
    net._bind(batch_size)
    for first in [start for _ in range(epochs) for start in range(0, len(X), step)]:
        last = min(first + step, len(X))
        total = float(last - first) if weights is None else float(weights[first:last].sum())
        gradient = None
        for start in range(first, last, batch_size):
            part = slice(start, min(start + batch_size, last))
            loss.forward(model.forward(X[part], training=True), Y[part])
            dz = loss.backward()
            if weights is not None:
                dz *= weights[part, None]
            dz *= 1.0 / total
            model.backward(dz)
            gradient = model.parameters.grads.copy() if gradient is None else gradient + model.parameters.grads
        model.parameters.grads[...] = gradient
        if clip is not None:
            clip_gradients(np, model.parameters.grads, clip, gradient @ gradient)
        net.optimizer.step(rate)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [{}, {"clip_norm": 0.05}, {"sample_weight": COUNTS}], ids=str)
def test_the_sum_is_bit_for_bit_what_adding_by_hand_gives(dtype, options, monkeypatch):
    net, twin = (tiny(dtype=dtype, optimizer="adam") for _ in range(2))
    monkeypatch.setattr("tests.engine.test_accumulation.X", X.astype(dtype))
    weights = COUNTS.astype(dtype) if "sample_weight" in options else None
    by_hand(twin, epochs=2, **SMALL, rate=twin.learning_rate, clip=options.get("clip_norm"), weights=weights)
    trained(net=net, shuffle=False, **SMALL, **options)
    assert_same_bits(net, twin)


def test_a_step_is_reported_once_with_all_its_images():
    seen = []
    net = tiny()
    before = values(net)
    hits = int(count_hits(net.predict_proba(X[:12]), Y[:12]))

    def look(progress):
        seen.append((progress.step, progress.steps, progress.images, progress.images_total))
        if progress.step == 1:
            assert progress.accuracy() == hits / 12
            assert progress.mean_loss() == pytest.approx(tiny().evaluate(X[:12], Y[:12])[0], rel=1e-12)
            assert not np.array_equal(values(net), before)

    trained(net=net, epochs=1, shuffle=False, on_step=look, **SMALL)
    assert seen == [(1, 3, 12, 26), (2, 3, 24, 26), (3, 3, 26, 26)]


@pytest.mark.skipif(not can_share(), reason="processes cannot share memory on this system")
@pytest.mark.parametrize(
    "options", [{}, {"sample_weight": COUNTS, "clip_norm": 0.05}], ids=["plain", "weighted and clipped"]
)
def test_several_processes_add_up_what_one_adds_up(options):
    alone, large = trained(**SMALL, **options), trained(**LARGE, **options)
    for workers in (2, 3):
        shared = trained(workers=workers, **SMALL, **options)
        assert_close(shared, alone)
        assert_close(shared, large)
    assert_same_bits(trained(workers=2, **SMALL, **options), trained(workers=2, **SMALL, **options))
