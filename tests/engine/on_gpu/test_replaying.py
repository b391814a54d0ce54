"""Training steps are recorded once and replayed, with the results of steps that are not."""

import numpy as np
import pytest

from backend import CupyBackend
from classes import NeuralNetwork
from classes.layers import Dense, Layer
from tests.helpers.gpu import assert_same, cp, gpu_backend

RNG = np.random.default_rng(5)
X, Y = RNG.integers(256, size=(100, 12), dtype="uint8"), RNG.integers(4, size=100)
IMAGES = RNG.integers(256, size=(60, 64), dtype="uint8")


def values(net):
    return net.backend.to_host(net.stack.parameters.values)


@pytest.fixture
def launches(monkeypatch):
    """Count the graphs that are launched."""
    from backend.gpu import graphs

    counts = {"launched": 0, "called": 0}
    call = graphs.Replayed.__call__

    def counted(self, *arguments):
        before = self._graphs.copy()
        result = call(self, *arguments)
        counts["called"] += 1
        counts["launched"] += any(self._identity_of(arguments) == key for key in before)
        return result

    monkeypatch.setattr(graphs.Replayed, "_identity_of", lambda self, a: tuple(map(self._identity, a)), raising=False)
    monkeypatch.setattr(graphs.Replayed, "__call__", counted)
    return counts


def test_nearly_all_steps_of_a_training_are_replayed(launches):
    net = NeuralNetwork(12, (9,), 4, seed=2, optimizer="adam", device=gpu_backend())
    net.train(X, Y, epochs=10, batch_size=20, verbose=False)
    assert launches["called"] == 2 * 10 * 5  # batches are gathered by one function, and learned by another
    assert launches["launched"] == launches["called"] - 2 * 3


def test_larger_buffers_in_the_middle_of_a_training_make_new_graphs():
    nets = [NeuralNetwork(12, (9,), 4, seed=2, device=device) for device in ("cpu", gpu_backend())]
    for net in nets:
        for epoch, _ in enumerate(net.train_epochs(X, Y, epochs=6, batch_size=10)):
            if epoch == 2:
                net.predict(np.tile(X, (9, 1)))  # 900 images need buffers for more than a batch
    assert_same(values(nets[1]), values(nets[0]))


@pytest.mark.parametrize("layers", ["4C3-BN-MP2-D0.2-8", "4C3S2P-SD0.1-AP2-6C3P-BN-GAP"])
def test_networks_of_images_are_replayed_too(layers, launches):
    options = {"layers": layers, "seed": 1, "optimizer": "adam"}
    nets = [NeuralNetwork((8, 8, 1), output_size=4, device=device, **options) for device in ("cpu", gpu_backend())]
    for net in nets:
        net.train(IMAGES, Y[:60], epochs=4, batch_size=20, verbose=False)
    assert_same(values(nets[1]), values(nets[0]))
    assert launches["launched"] > 0


class Fading(Layer):
    """A layer that does something else at every step: it fades its input out."""

    kind = "fading"

    def declare(self, shape):
        return shape, {}

    def bind(self, slot):
        self.factor = 1.0

    def forward(self, x, *, training):
        self.factor *= 0.9 if training else 1.0
        return x * self.factor

    def backward(self, dy, *, propagate=True):
        return dy * self.factor

    def settings(self):
        return {}


def test_layers_with_a_state_of_their_own_are_not_replayed():
    nets = [
        NeuralNetwork(12, layers=[Fading(), Dense(4)], output_size=4, seed=2, device=device)
        for device in ("cpu", gpu_backend())
    ]
    for net in nets:
        net.train(X, Y, epochs=3, batch_size=20, verbose=False)
    assert_same(values(nets[1]), values(nets[0]))


def test_weighted_batches_whose_totals_differ_are_not_replayed(launches):
    nets = [NeuralNetwork(12, (9,), 4, seed=2, device=device) for device in ("cpu", CupyBackend(cp))]
    for net in nets:
        net.train(X, Y, epochs=4, batch_size=20, sample_weight=np.arange(100.0), verbose=False)
    assert_same(values(nets[1]), values(nets[0]))
    assert launches["called"] == 4 * 5  # the gathering alone
