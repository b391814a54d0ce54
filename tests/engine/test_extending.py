"""Custom activations, optimizers, layers and losses: trained, checked, saved and loaded."""

import numpy as np
import pytest

from classes import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, Activation, Dense, Layer, Loss, NeuralNetwork, Optimizer
from tests.helpers.trainings import WORKERS


class Softplus(Activation):
    """``phi(z) = log(1 + exp(z))``, and ``phi' = 1 - exp(-y)``."""

    def forward(self, xp, z, y):
        xp.logaddexp(z, 0.0, out=y)

    def backward(self, xp, dy, z, y, s):
        dy *= 1.0 - xp.exp(-y)


class SignDescent(Optimizer):
    """``w -= r sign(g)``."""

    kind = "sign"
    usual_rate = 0.005

    def update(self, w, g, rate):
        w -= rate * self.xp.sign(g)


class Center(Layer):
    """``y = x - mean(x)``, row by row, whose derivative is the same map."""

    kind = "center"
    samples_are_independent = True  # so several processes may share a batch

    def declare(self, shape):
        return shape, {}  # the shape of a row that comes out, and of each parameter

    def bind(self, slot):
        pass

    def forward(self, x, *, training):
        return x - x.mean(axis=1, keepdims=True)

    def backward(self, dy, *, propagate=True):
        return dy - dy.mean(axis=1, keepdims=True)

    def settings(self):
        return {}


class SquaredError(Loss):
    """``l = |z - t|^2 / 2`` with the one-hot target ``t``."""

    kind = "squared_error"

    def bind(self, backend, classes, capacity, dtype):
        self.xp, self.targets = backend.xp, backend.xp.eye(classes, dtype=dtype)

    def forward(self, z, y):
        self.d = z - self.targets[y]
        return 0.5 * (self.d * self.d).sum(axis=1)

    def backward(self):
        return self.d

    def probabilities(self, z):
        p = self.xp.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def settings(self):
        return {}


@pytest.fixture
def own_parts(monkeypatch):
    """Register all four, for one test."""
    monkeypatch.setitem(ACTIVATIONS, "softplus", Softplus())
    monkeypatch.setitem(OPTIMIZERS, "sign", SignDescent)
    monkeypatch.setitem(LAYERS, "center", Center)
    monkeypatch.setitem(LOSSES, "squared_error", SquaredError)


USES = {
    "activation": lambda: {"activation": "softplus", "optimizer": "adam", "learning_rate": 0.01},
    "optimizer": lambda: {"optimizer": "sign"},
    "layer": lambda: {"layers": [Dense(16, "relu"), Center(), Dense(3)], "optimizer": "adam", "learning_rate": 0.01},
    "loss": lambda: {"loss": SquaredError(), "optimizer": "adam", "learning_rate": 0.01},
    "all": lambda: {
        "layers": [Center(), Dense(16, "softplus"), Center(), Dense(3)], "loss": SquaredError(), "optimizer": "sign",
    },
}  # fmt: skip


@pytest.mark.parametrize("part", USES)
@pytest.mark.parametrize("workers", WORKERS)
def test_an_own_part_learns_is_checked_saved_and_loaded(part, workers, own_parts, blobs, tmp_path):
    X, y = blobs
    net = NeuralNetwork(2, (16,), 3, seed=1, **USES[part]())
    assert net.check_gradients(X, y) < 1e-5
    history = net.train(X, y, validation_split=0.2, epochs=40, batch_size=16, workers=workers, verbose=False)
    if part == "all":  # two numbers less their mean are one: a line parts three clouds only so well
        assert history.last.train_loss < 0.7 * history.records[0].train_loss
    else:
        assert net.evaluate(X, y)[1] == 1.0
    loaded = NeuralNetwork.load_model(net.save_model(tmp_path / "own.pkl"))
    np.testing.assert_array_equal(loaded.predict_proba(X), net.predict_proba(X))
    np.testing.assert_allclose(loaded.predict_proba(X).sum(axis=1), 1.0, rtol=1e-6)
    assert type(loaded.optimizer) is type(net.optimizer)
    assert type(loaded.loss) is type(net.loss)
    assert [type(layer) for layer in loaded.stack.layers] == [type(layer) for layer in net.stack.layers]


def test_own_activations_and_losses_are_what_their_formulas_say(own_parts, blobs):
    X, y = blobs[0].astype(float), blobs[1]
    net = NeuralNetwork(2, (5,), 3, activation="softplus", loss=SquaredError(), dtype="float64")
    view = net.stack.parameters.view
    z = np.log(1.0 + np.exp(X @ view("0.W") + view("0.b"))) @ view("1.W") + view("1.b")
    assert net.evaluate(X, y)[0] == pytest.approx(((z - np.eye(3)[y]) ** 2).sum() / (2 * len(X)), rel=1e-12)


@pytest.mark.parametrize(
    "option", [{"accumulate": 3}, {"sample_weight": np.arange(90) % 3}, {"clip_norm": 0.5}], ids=str
)
def test_own_parts_go_with_all_that_training_offers(option, own_parts, blobs):
    net = NeuralNetwork(2, seed=1, **USES["all"](), weight_decay=0.01)
    history = net.train(*blobs, epochs=20, batch_size=10, verbose=False, **option)
    assert history.last.train_loss < history.records[0].train_loss
