"""The network on the strict substitute for CuPy: bitwise identical to NumPy."""

import numpy as np
import pytest

from backend import InputError
from classes import ACTIVATIONS, OPTIMIZERS, NeuralNetwork
from classes.callbacks import (
    BestWeights,
    CSVLogger,
    EarlyStopping,
    ExponentialMovingAverage,
    ReduceLROnPlateau,
    TerminateOnNaN,
    TimeLimit,
)  # fmt: skip
from classes.training.progress import DivergenceError
from initializers.batches import INPUT_SCALINGS
from tests.helpers.gpu import ON_SUBSTITUTE, assert_same, cp, gpu_backend

GENERATOR = np.random.default_rng(0)
X, Y = GENERATOR.integers(256, size=(50, 12), dtype="uint8"), GENERATOR.integers(4, size=50)


def pair(**options):
    return [NeuralNetwork(12, (9, 7), 4, seed=2, device=device, **options) for device in ("cpu", gpu_backend())]


def trained(net, **options):
    """Train with a short last batch, and a validation set in one batch."""
    net.train(X, Y, X[:20], np.eye(4)[Y[:20]], epochs=2, batch_size=16, verbose=False, **options)
    return net


def values(net):
    return net.backend.to_host(net.stack.parameters.values)


FIGURES = ("epoch", "epochs", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate")


def assert_same_network(host, device):
    assert isinstance(device.stack.parameters.values, cp.ndarray)
    assert_same(values(host), values(device))
    for name in FIGURES:
        assert_same(*(np.nan_to_num(np.array(net.history.column(name), dtype=host.dtype)) for net in (device, host)))
    assert_same(host.predict_proba(X), device.predict_proba(X))
    assert_same(host.predict(X), device.predict(X))
    assert_same(np.array(device.evaluate(X, Y), dtype=host.dtype), np.array(host.evaluate(X, Y), dtype=host.dtype))
    for name, gradient in host.backward(X, Y).items():
        assert_same(gradient, device.backward(X, Y)[name])
        assert type(device.backward(X, Y)[name]) is np.ndarray


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_every_optimizer(optimizer, decay):
    host, device = (trained(net) for net in pair(optimizer=optimizer, weight_decay=decay))
    assert_same_network(host, device)
    for name, vector in host.optimizer.state.items():
        assert_same(vector, device.optimizer.state[name].get())


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_in_both_precisions(activation, dtype):
    assert_same_network(*(trained(net) for net in pair(activation=activation, dtype=dtype)))


@pytest.mark.parametrize("scaling", INPUT_SCALINGS)
def test_dropout_smoothing_clipping_schedules_and_keeping_the_best(scaling):
    options = {"dropout": (0.0, 0.4), "label_smoothing": 0.1, "optimizer": "adamw", "input_scaling": scaling}
    how = {"clip_norm": 0.5, "schedule": "one_cycle", "warmup_epochs": 0.5, "keep_best": True}
    assert_same_network(*(trained(net, **how) for net in pair(**options)))


def test_images_that_are_floats():
    host, device = pair(dtype="float64")
    for net in (host, device):
        net.train(X / 255.0, Y, epochs=1, verbose=False)
    assert_same_network(host, device)


def test_models_saved_on_one_are_loaded_on_the_other(tmp_path):
    host, device = (trained(net) for net in pair(optimizer="adam"))
    paths = [net.save_model(tmp_path / f"{net.backend.name}.pkl") for net in (host, device)]
    across = NeuralNetwork.load_model(paths[0], device=gpu_backend()), NeuralNetwork.load_model(paths[1])
    assert isinstance(across[0].stack.parameters.values, cp.ndarray)
    for net in across:
        assert_same(net.predict_proba(X), host.predict_proba(X))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_accumulation_and_a_moving_average(optimizer, dtype):
    how = {"sample_weight": np.arange(50) % 4, "class_weight": "balanced", "accumulate": 2, "clip_norm": 0.5}
    host, device = pair(optimizer=optimizer, dtype=dtype, dropout=0.2)
    for _ in range(2):  # the second goes on with the first's average
        for net in (host, device):
            trained(net, callbacks=[ExponentialMovingAverage(0.9)], **how)
        assert_same_network(host, device)
    assert_same(host.optimizer.state["A"], device.optimizer.state["A"].get())


def test_every_callback(tmp_path):
    nets = pair(optimizer="adam", learning_rate=0.05)
    for net in nets:
        callbacks = [
            EarlyStopping(patience=1, min_delta=10.0), ReduceLROnPlateau("train_loss", patience=1, min_delta=10.0),
            ExponentialMovingAverage(0.5), CSVLogger(tmp_path / f"{net.backend.name}.csv"), TerminateOnNaN(),
            TimeLimit(3600.0), lambda record: None,
        ]  # fmt: skip
        trained(net, callbacks=callbacks)
        assert len(net.history) == 2
        assert net.history.chosen_epoch == 1
        assert len((tmp_path / f"{net.backend.name}.csv").read_text(encoding="utf-8").splitlines()) == 3
    assert_same_network(*nets)


def test_partial_fits_validation_splits_and_order():
    nets = pair(optimizer="momentum")
    for net in nets:
        net.train(X, Y, epochs=2, validation_split=0.2, shuffle=False, batch_size=16, verbose=False)
        net.partial_fit(X, np.eye(4)[Y], sample_weight=np.arange(50), batch_size=16)
    assert_same_network(*nets)


def test_progress_can_be_asked_at_every_step():
    seen = []
    for net in pair():
        trained(net, on_step=lambda progress: seen.append((progress.mean_loss(), progress.accuracy(), progress.images)))
    assert len(seen) == 16
    assert_same(np.array(seen[8:], dtype="float32"), np.array(seen[:8], dtype="float32"))
    assert {type(value) for value in seen[0]} == {float, int}


def test_divergence_is_reported_and_undone():
    for net in pair(learning_rate=1e30):
        before = values(net).copy()
        with pytest.raises(DivergenceError, match="epoch 1, batch"):
            trained(net)
        assert_same(values(net), before)


def test_best_weights_and_gradient_checks_work_there_too():
    _, device = pair(dropout=0.2, activation="tanh")
    best = BestWeights()
    device.train(X, Y, X, Y, epochs=2, callbacks=[best], verbose=False)
    assert device.history.chosen_epoch == best.epoch
    assert device.check_gradients(X, Y, directions=2) < 1e-5


@ON_SUBSTITUTE
def test_too_little_memory_is_reported_with_the_batch_that_fits(monkeypatch):
    empty = cp.empty

    def of_little_memory(shape, dtype=float):
        if np.prod(shape) * np.dtype(dtype).itemsize > 3000:  # bytes: rows of 12 float32 for 62 images
            raise MemoryError("out of memory")
        return empty(shape, dtype)

    _, device = pair()
    monkeypatch.setattr(device.backend.xp, "empty", of_little_memory)
    with pytest.raises(InputError, match=r"memory: expected room for a batch of 100 samples.*batches of 50 or fewer"):
        device.train(np.tile(X, (3, 1)), np.tile(Y, 3), epochs=1, batch_size=100, verbose=False)
    device.train(np.tile(X, (3, 1)), np.tile(Y, 3), epochs=1, batch_size=50, verbose=False)
    assert np.isfinite(values(device)).all()


@ON_SUBSTITUTE
def test_the_clock_stops_only_when_the_device_is_done():
    stream = cp.cuda.get_current_stream()
    before = stream.synchronized
    trained(pair()[1])
    assert stream.synchronized >= before + 2


# --- the stand-in refuses what it must: without these the tests above would prove nothing ---------------------------


@ON_SUBSTITUTE
@pytest.mark.parametrize(
    "attempt",
    [
        lambda a: a + np.ones(3, "float32"),
        lambda a: np.ones(3, "float32") * a,
        lambda a: a * np.float32(2.0),
        lambda a: np.float64(2.0) * a,
        lambda a: cp.add(a, np.ones(3, "float32")),
        lambda a: cp.exp(np.ones(3)),
        lambda a: cp.maximum(a, np.float64(0.0)),
        lambda a: np.exp(a),
        lambda a: np.sum(a),
        lambda a: np.asarray(a),
        lambda a: np.array([1.0]) + a.sum(),
        lambda a: a.__setitem__(0, np.float32(1.0)),
        lambda a: a.__setitem__(slice(None), np.ones(3)),
        lambda a: a[np.array([0])],
        lambda a: a[np.int64(0)],
        lambda a: a[[0, 1]],
        lambda a: cp.exp(a, where=a > 0),
        lambda a: cp.take(a, cp.asarray([0]), mode="clip"),
        lambda a: cp.exp(a, out=cp.empty(3)),
        lambda a: cp.exp(a, out=cp.empty(4, "float32")),
        lambda a: cp.exp(a, out=np.empty(3, "float32")),
        lambda a: cp.exp(a, out=cp.empty((3, 2), "float32")[:, 0]),
        lambda a: cp.matmul(cp.ones((3, 3), "float32"), cp.ones((3, 3)), out=cp.empty((3, 3), "float32")),
        lambda a: cp.sum(cp.ones((2, 3), "float32"), axis=0, out=cp.empty(2, "float32")),
        lambda a: a.__imul__(cp.ones(3)),
        lambda a: a.__iadd__(cp.ones((2, 3), "float32")),
        lambda a: a.fill(np.float32(1.0)),
        lambda a: cp.copyto(a, np.ones(3)),
        lambda a: cp.copyto(a, cp.asarray([1j, 0, 0])),
        lambda a: cp.random.default_rng(0).random(out=a),
        lambda a: cp.random.default_rng(0).random(size=3, out=a),
        lambda a: float(a),
    ],
)
def test_the_stand_in_refuses(attempt):
    with pytest.raises(TypeError):
        attempt(cp.ones(3, "float32"))


@ON_SUBSTITUTE
def test_the_stand_in_allows_what_cupy_allows():
    a = cp.asarray(np.array([3.0, 4.0], dtype="float32"))
    assert isinstance(a.sum(), cp.ndarray)
    assert (a.sum().shape, a[0].shape) == ((), ())
    assert float(a.sum()) == 7.0
    assert int(a.argmax()) == 1
    assert (a * 2.0).get().tolist() == [6.0, 8.0]
    assert (1.0 / a).dtype == "float32"
    a[0] += 1
    a[1:] = cp.zeros(1)
    assert cp.asnumpy(a).tolist() == [4.0, 0.0]
    assert not isinstance(a, np.ndarray)


@ON_SUBSTITUTE
def test_the_stand_in_hands_out_rubbish_for_empty_so_that_no_one_relies_on_it():
    assert np.isnan(cp.empty(3, "float32").get()).all()
