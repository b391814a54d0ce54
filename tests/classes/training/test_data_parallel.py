"""Data parallelism: several processes train like one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend import CupyBackend, InputError, NumpyBackend, array_backend
from backend.team import TeamError
from classes import OPTIMIZERS, Dense, DivergenceError, Dropout, NeuralNetwork
from classes.training import data_parallel as module
from classes.training.data_parallel import chosen_workers
from initializers.batches import INPUT_SCALINGS, Batches
from tests.engine.test_determinism import fingerprint
from tests.helpers.gpu import strict_cupy
from tests.helpers.trainings import SHARED

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [SHARED, pytest.mark.usefixtures("no_process_is_left")]

RNG = np.random.default_rng(8)
X, Y = RNG.integers(256, size=(101, 30), dtype="uint8"), RNG.integers(4, size=101)


def network(**options):
    return NeuralNetwork(30, (20, 10), 4, **{"optimizer": "adam", "seed": 3, "dtype": "float64", **options})


def trained(workers, epochs=2, batch_size=20, net=None, **options):
    own = {name: options.pop(name) for name in ("clip_norm", "schedule", "on_step") if name in options}
    net = net or network(**options)
    net.train(X, Y, X[:20], Y[:20], epochs=epochs, batch_size=batch_size, workers=workers, verbose=False, **own)
    return net


def assert_alike(net, other):
    np.testing.assert_allclose(net.stack.parameters.values, other.stack.parameters.values, rtol=1e-8, atol=1e-10)
    for name in ("train_loss", "val_loss"):
        assert net.history.column(name) == pytest.approx(other.history.column(name), rel=1e-9)
    for name in ("train_accuracy", "val_accuracy", "learning_rate"):
        assert net.history.column(name) == other.history.column(name)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("workers", [2, 3])
def test_several_learn_what_one_learns(optimizer, workers):
    # 101 images in batches of 20: the last batch has one row, which leaves all workers but one without any
    options = {"optimizer": optimizer, "weight_decay": 0.01, "label_smoothing": 0.1, "schedule": "cosine"}
    assert_alike(trained(workers, **options), trained(1, **options))


@pytest.mark.parametrize("clip_norm", [0.01, 1e6])
def test_clipping_takes_the_norm_of_the_whole_gradient(clip_norm):
    assert_alike(trained(2, clip_norm=clip_norm), trained(1, clip_norm=clip_norm))


def test_batches_smaller_than_the_team():
    assert_alike(trained(3, batch_size=2, epochs=1), trained(1, batch_size=2, epochs=1))


@pytest.mark.parametrize("options", [{}, {"dropout": 0.4}, {"dtype": "float32", "clip_norm": 0.1}], ids=str)
def test_the_same_number_of_workers_gives_the_same_bits(options):
    found = [fingerprint(trained(2, **options)) for _ in range(2)]
    assert found[0] == found[1]


def test_a_fresh_process_gives_the_same_bits():
    program = "from tests.classes.training.test_data_parallel import *\nprint(fingerprint(trained(2, dropout=0.4)))"
    command = [sys.executable, "-W", "error", "-c", program]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert found == fingerprint(trained(2, dropout=0.4))


class Note(Dense):
    """A layer that tells through shared memory what it has seen."""

    kind = "note"
    seen = None
    team = None

    def forward(self, x, *, training):
        if training and self.seen is not None:
            self.seen[self.team.rank, : x.size] = x.ravel()
        return super().forward(x, training=training)


def test_every_process_drops_units_of_its_own(monkeypatch):
    masks = []

    def look(progress):
        if progress.step == 1:
            masks.append(Note.seen.copy())

    class Watched(module.DataParallel):
        def __enter__(self):
            Note.team = self.team
            Note.seen = self.team.zeros(np, (2, 2000), "float64")
            return super().__enter__()

    monkeypatch.setattr("classes.training.loop.DataParallel", Watched)
    monkeypatch.setattr(Note, "seen", None)
    net = NeuralNetwork(200, output_size=4, layers=[Dropout(0.5), Note(4)], dtype="float64")
    net.train(
        np.ones((40, 200)), np.zeros(40, dtype=int), epochs=2, batch_size=20, workers=2, verbose=False, on_step=look
    )
    draws = [mask != 0.0 for epoch in masks for mask in epoch]
    assert all(0.4 < draw.mean() < 0.6 for draw in draws)
    for one, other in ((0, 1), (0, 2), (1, 3)):  # ranks differ, and so do epochs
        assert 0.4 < (draws[one] == draws[other]).mean() < 0.6


def test_a_further_training_continues_with_the_optimizers_state():
    nets = []
    for workers in ((1, 1), (2, 2), (2, 1), (1, 2)):
        net = network()
        for count in workers:
            trained(count, net=net)
        nets.append(net)
    for net in nets[1:]:
        np.testing.assert_allclose(net.stack.parameters.values, nets[0].stack.parameters.values, rtol=1e-8, atol=1e-10)
        assert net.optimizer.steps == nets[0].optimizer.steps == 24


def test_afterwards_everything_is_the_networks_own_again():
    net = trained(2)
    vectors = [net.stack.parameters.values, net.stack.parameters.grads, *net.optimizer.state.values()]
    assert all(vector.base is None for vector in vectors)
    assert np.shares_memory(net.stack.layers[0].W, net.stack.parameters.values)
    before = net.stack.parameters.values.copy()
    net.backward(X, Y)
    assert np.array_equal(before, net.stack.parameters.values)


def test_only_the_caller_receives_reports_of_steps():
    steps = []
    net = trained(2, on_step=lambda progress: steps.append((progress.step, progress.images, progress.mean_loss())))
    single = []
    trained(1, on_step=lambda progress: single.append((progress.step, progress.images, progress.mean_loss())))
    assert [step[:2] for step in steps] == [step[:2] for step in single]
    assert [step[2] for step in steps] == pytest.approx([step[2] for step in single], rel=1e-9)
    assert steps[-1][2] == net.history.column("train_loss")[-1]


def test_an_interruption_leaves_no_process_behind_and_a_network_that_can_continue():
    def interrupt(progress):
        if progress.step == 3:
            raise KeyboardInterrupt

    net = network()
    with pytest.raises(KeyboardInterrupt):
        trained(2, net=net, on_step=interrupt)
    assert np.isfinite(net.stack.parameters.values).all()
    assert net.stack.parameters.values.base is None
    trained(2, net=net)


def test_a_training_that_is_not_taken_to_its_end_leaves_no_process_behind():
    records = network().train_epochs(X, Y, epochs=5, batch_size=20, workers=2)
    next(records)
    records.close()


def test_divergence_is_reported_and_undone():
    net = network(learning_rate=1e200, optimizer="sgd")
    before = net.stack.parameters.values.copy()
    with pytest.raises(DivergenceError, match="epoch 1"):
        trained(2, net=net)
    np.testing.assert_array_equal(net.stack.parameters.values, before)


class Failing(Dense):
    kind = "failing"
    caller = 0

    def forward(self, x, *, training):
        if training and os.getpid() != self.caller:
            raise ArithmeticError("only here")
        return super().forward(x, training=training)


def test_a_failure_in_another_process_is_reported_and_undone():
    Failing.caller = os.getpid()
    net = NeuralNetwork(30, output_size=4, layers=[Failing(4)])
    before = net.stack.parameters.values.copy()
    with pytest.raises(TeamError, match="ArithmeticError: only here"):
        trained(2, net=net)
    np.testing.assert_array_equal(net.stack.parameters.values, before)
    trained(1, net=net)


class Whole(Dense):
    kind = "whole"
    samples_are_independent = False


def choose(wanted=None, *, layers=None, images=10_000, batch_size=64, epochs=5, inputs=784, device="cpu"):
    net = NeuralNetwork(inputs, (128,), 10, layers=layers, device=device)
    X, y = np.zeros((images, inputs), dtype="uint8"), np.zeros(images, dtype=int)
    batches = Batches(X, y, batch_size, backend=net.backend, dtype="float32", scaling=INPUT_SCALINGS["unit"])
    return chosen_workers(wanted, net.stack, batches, epochs)


def test_how_many_share_is_chosen_by_what_there_is_to_do(monkeypatch):
    monkeypatch.setattr(array_backend, "usable_cores", lambda: 2)
    monkeypatch.setattr(array_backend, "blas_threads", lambda: 2)
    assert choose() == 2
    assert choose(images=1000) == 1  # 80 steps
    assert choose(inputs=10) == 1  # 2,698 parameters
    assert choose(layers=[Whole(10)], inputs=784) == 1
    assert choose(1) == 1
    assert choose(3) == 3
    assert choose(3, batch_size=2) == 2


@pytest.mark.parametrize(
    ("cores", "threads", "rows", "team"),
    [(2, 2, 128, 2), (1, 2, 128, 1), (2, 1, 128, 1), (8, 8, 128, 4), (8, 8, 32, 2), (8, 8, 31, 1), (8, 3, 999, 3)],
)
def test_a_team_has_a_core_a_thread_and_enough_rows_for_everyone(monkeypatch, cores, threads, rows, team):
    monkeypatch.setattr(array_backend, "usable_cores", lambda: cores)
    monkeypatch.setattr(array_backend, "blas_threads", lambda: threads)
    assert NumpyBackend().usual_team(rows) == team
    monkeypatch.setattr(array_backend, "can_share", lambda: False)
    assert NumpyBackend().usual_team(rows) == 1


@pytest.mark.parametrize("workers", [0, -1, 1.5, "2", True])
def test_workers_that_are_no_number_are_refused(workers):
    with pytest.raises(InputError, match="workers"):
        trained(workers)


def test_workers_are_refused_where_they_cannot_be(monkeypatch):
    with pytest.raises(
        InputError, match=r"workers: expected 1 here, found 2.*Whole does not say samples_are_independent"
    ):
        choose(2, layers=[Whole(10)])
    with pytest.raises(InputError, match="not on a GPU"):
        choose(2, device=CupyBackend(strict_cupy))
    monkeypatch.setattr(module, "can_share", lambda: False)
    with pytest.raises(InputError, match="only on Linux with an x86-64 processor"):
        choose(2)
    assert choose() == 1
