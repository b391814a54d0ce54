"""Determinism: the same seed gives bitwise identical results."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from classes import ACTIVATIONS, OPTIMIZERS, NeuralNetwork

ROOT = Path(__file__).resolve().parents[2]


def data():
    generator = np.random.default_rng(0)
    return generator.integers(256, size=(200, 30), dtype="uint8"), generator.integers(4, size=200)


def trained(seed=3, **options):
    X, y = data()
    net = NeuralNetwork(30, (20, 10), 4, **{"optimizer": "adam", "dropout": 0.3, "seed": seed, **options})
    net.train(X, y, X[:50], y[:50], epochs=3, batch_size=32, schedule="one_cycle", clip_norm=1.0, verbose=False)
    return net


def fingerprint(net):
    digest = hashlib.sha256(net.stack.parameters.values.tobytes())
    digest.update(net.predict_proba(data()[0]).tobytes())
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate"):
        digest.update(repr(net.history.column(name)).encode())
    return digest.hexdigest()


def in_a_fresh_process(program):
    command = [sys.executable, "-W", "error", "-c", f"from tests.engine.test_determinism import *\n{program}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    "options",
    [{"optimizer": name} for name in OPTIMIZERS]
    + [{"activation": name} for name in ACTIVATIONS]
    + [{"dtype": "float64"}],
    ids=lambda options: next(iter(options.values())),
)
def test_the_same_seed_gives_the_same_bits(options):
    assert fingerprint(trained(**options)) == fingerprint(trained(**options))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_fresh_process_gives_the_same_bits(optimizer):
    assert in_a_fresh_process(f"print(fingerprint(trained(optimizer={optimizer!r})))") == fingerprint(
        trained(optimizer=optimizer)
    )


def test_a_model_predicts_the_same_bits_in_the_process_that_loads_it(tmp_path):
    net = trained()
    path = net.save_model(tmp_path / "model.pkl")
    found = in_a_fresh_process(
        f"print(hashlib.sha256(NeuralNetwork.load_model({str(path)!r}).predict_proba(data()[0]).tobytes()).hexdigest())"
    )
    assert found == hashlib.sha256(net.predict_proba(data()[0]).tobytes()).hexdigest()


def test_another_seed_gives_other_weights_shuffles_and_masks():
    first, other = NeuralNetwork(30, (20,), 4, seed=3), NeuralNetwork(30, (20,), 4, seed=4)
    assert not np.array_equal(first.stack.parameters.values, other.stack.parameters.values)
    for options in ({"dropout": 0.0}, {"dropout": 0.3}):
        first, other = NeuralNetwork(30, (20,), 4, seed=3, **options), NeuralNetwork(30, (20,), 4, seed=4, **options)
        other.stack.parameters.values[...] = first.stack.parameters.values
        X, y = data()
        size = 32 if not options["dropout"] else 200  # in one batch the order does not matter, only the masks do
        for net in (first, other):
            net.train(X, y, epochs=1, batch_size=size, verbose=False)
        assert not np.allclose(first.stack.parameters.values, other.stack.parameters.values, rtol=1e-4, atol=1e-6)


def test_dropout_does_not_disturb_weights_or_shuffles():
    seen = []
    for dropout in (0.0, 0.5):
        net = NeuralNetwork(30, (20,), 4, seed=3, dropout=dropout)
        seen.append(net.stack.parameters.values.copy())
        X, y = np.arange(200, dtype="float32").repeat(30).reshape(200, 30), data()[1]
        orders = []
        layer = net.stack.layers[0]
        forward = layer.forward
        layer.forward = lambda x, *, training, f=forward, o=orders: (
            o.extend(x[:, 0].tolist()) or f(x, training=training)
        )
        net.train(X * 1e-3, y, epochs=1, batch_size=32, verbose=False)
        seen.append(np.array(orders))
    np.testing.assert_array_equal(seen[0], seen[2])
    np.testing.assert_array_equal(seen[1], seen[3])
    assert len(seen[1]) == 200


def test_a_generator_may_be_the_seed():
    assert fingerprint(trained(np.random.default_rng(3))) == fingerprint(trained(3))


def test_single_and_double_precision_start_alike_and_stay_close():
    single, double = (NeuralNetwork(30, (20,), 4, seed=3, dtype=dtype) for dtype in ("float32", "float64"))
    np.testing.assert_array_equal(single.stack.parameters.values, double.stack.parameters.values.astype("float32"))
    losses = [
        net.train(*data(), epochs=2, batch_size=32, verbose=False).column("train_loss") for net in (single, double)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_numpys_global_random_state_is_neither_used_nor_moved():
    state = np.random.get_state()[1].tolist()  # noqa: NPY002 - the point is that nobody else touches it
    first = fingerprint(trained())
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    np.random.seed(99)  # noqa: NPY002
    assert fingerprint(trained()) == first
