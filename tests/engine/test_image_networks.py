"""Networks with convolution, pooling and batch normalisation, in everything that a network does."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from backend import InputError
from classes import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPool2D,
    NeuralNetwork,
    SpatialDropout,
    layers_from_notation,
)  # fmt: skip
from classes.callbacks import ExponentialMovingAverage
from tests.engine.test_allocation import CEILING, peak_of_a_warm_step
from tests.helpers.gpu import assert_same, gpu_backend
from tests.helpers.trainings import WORKERS, end_of
from training.estimator import NeuralNetworkClassifier

RNG = np.random.default_rng(12)
Y = RNG.integers(3, size=61)
X = RNG.integers(0, 120, size=(61, 8, 8), dtype="uint8")
X[np.arange(61), 2 * Y + 1] += 130  # a bright row for each class
TEXTS = ["4C3-MP2-6", "4C3-BN-MP2-6C2-BN-8-BN", "3C3S2P-SD0.2-4C2-GAP", "AP2-3C2-D0.3-6"]
EVERY_TEXT = pytest.mark.parametrize("text", TEXTS)
EVERY_WORKERS = pytest.mark.parametrize("workers", WORKERS)


def network(text=TEXTS[1], activation="relu", **options):
    usual = {"optimizer": "adam", "learning_rate": 0.01, "seed": 2}
    return NeuralNetwork(64, layers=layers_from_notation(text, 3, activation), **usual | options)


def trained(net=None, epochs=2, **options):
    net = net or network()
    net.train(X, Y, X[:20], Y[:20], epochs=epochs, batch_size=20, verbose=False, **options)
    return net


def test_layers_given_as_objects_make_the_same_network_as_their_notation():
    layers = [
        Conv2D(4, 3, bias=False), BatchNorm(activation="relu"), SpatialDropout(0.1), MaxPool2D(2), Flatten(),
        Dropout(0.2), Dense(3),
    ]  # fmt: skip
    net, other = NeuralNetwork((8, 8, 1), layers=layers, seed=2), network("4C3-BN-SD0.1-MP2-D0.2", optimizer="sgd")
    np.testing.assert_array_equal(net.predict_proba(X), other.predict_proba(X))
    assert repr(net) == "NeuralNetwork(64-4C3-BN-SD0.1-MP2-D0.2-3, relu, sgd, 155 parameters)"


def test_layers_may_be_given_in_their_notation():
    expected = network("4C3-MP2-6", activation="tanh").predict_proba(X)
    net = NeuralNetwork(64, layers="4C3-MP2-6", output_size=3, activation="tanh", seed=2)
    np.testing.assert_array_equal(net.predict_proba(X), expected)


def test_the_estimator_takes_rows_as_square_images(digits_small):
    X, y = digits_small
    model = NeuralNetworkClassifier(layers="8C3-BN-MP2-32", epochs=15, learning_rate=0.01, random_state=0).fit(X, y)
    assert model.score(X, y) > 0.97
    assert clone(model).get_params()["layers"] == "8C3-BN-MP2-32"
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("layers", [7, {"32C3"}, b"32C3"])
def test_layers_that_are_neither_a_sequence_nor_a_notation_are_refused(layers):
    with pytest.raises(InputError, match="layers: expected a sequence of layers, or their notation"):
        NeuralNetwork(64, layers=layers)


def test_activations_of_a_notation_are_all_the_same():
    with pytest.raises(InputError, match="activation: expected one name for all layers"):
        NeuralNetwork(64, layers="4C3-6", activation=("relu", "tanh"))


@pytest.mark.parametrize("shape", [(), (8, 8, 1, 1), (8, 0), "64", 64.0])
def test_bad_shapes_of_samples_are_refused(shape):
    with pytest.raises(InputError, match="input_size: expected an integer"):
        NeuralNetwork(shape, layers="4C3-6")


def test_it_learns():
    net = trained(epochs=12)
    assert net.evaluate(X, Y)[1] == 1.0


@EVERY_TEXT
def test_gradients_are_right(text):
    assert network(text, activation="tanh").check_gradients(X[:12], Y[:12], directions=3) < 1e-5


def test_images_may_come_in_any_of_their_shapes():
    net = network()
    expected = net.predict_proba(X.reshape(61, 64))
    for shape in ((61, 8, 8), (61, 8, 8, 1)):
        np.testing.assert_array_equal(net.predict_proba(X.reshape(shape)), expected)


def test_predictions_in_small_batches_are_the_same(monkeypatch):
    net = trained(network(dtype="float64"))
    expected = net.predict_proba(X)
    net.evaluation_batch = 7
    np.testing.assert_allclose(net.predict_proba(X), expected, rtol=1e-12)


def test_large_outputs_of_layers_make_evaluation_batches_small():
    assert network().evaluation_batch == 1000
    assert NeuralNetwork(784, layers=layers_from_notation("64C3-64C3", 10)).evaluation_batch == 35


def test_running_averages_are_no_trained_parameters():
    net = network("4C3-BN-6-BN")
    assert net.parameter_count == 4 * 9 + 2 * 4 + 6 * 6 * 4 * 6 + 6 + 2 * 6 + 6 * 3 + 3
    assert set(net.backward(X, Y)) == {
        "1.W", "2.gamma", "2.beta", "4.W", "4.b", "5.gamma", "5.beta", "6.W", "6.b"
    }  # fmt: skip
    assert f"{net.parameter_count:,}" in net.summary()


@EVERY_TEXT
@EVERY_WORKERS
def test_the_same_seed_gives_the_same_bits(text, workers):
    assert end_of(trained(network(text), workers=workers)) == end_of(trained(network(text), workers=workers))


@pytest.mark.parametrize("text", ["4C3-MP2-6", "4C3-BN-MP2-6C2-BN-8-BN"])
@pytest.mark.parametrize("workers", [pytest.param(2, marks=WORKERS[1].marks), pytest.param(3, marks=WORKERS[1].marks)])
def test_processes_that_share_a_batch_normalise_all_of_it(text, workers):
    """61 images in batches of 20: the last batch has one row, which leaves all processes but one without any."""
    net, other = (trained(network(text, dtype="float64"), workers=count) for count in (1, workers))
    np.testing.assert_allclose(net.stack.parameters.values, other.stack.parameters.values, rtol=1e-7, atol=1e-9)


@EVERY_TEXT
def test_a_model_file_has_everything(text, tmp_path):
    net = trained(network(text))
    again = NeuralNetwork.load_model(net.save_model(tmp_path / "net.pkl"))
    np.testing.assert_array_equal(again.predict_proba(X), net.predict_proba(X))
    assert again.summary() == net.summary()


def test_copies_and_pickles_continue_like_the_original():
    net = trained()
    others = copy.deepcopy(net), pickle.loads(pickle.dumps(net))
    expected = end_of(trained(net))[0]
    for other in others:
        assert end_of(trained(other))[0] == expected


@EVERY_WORKERS
@pytest.mark.parametrize("average", [False, True], ids=["plain", "moving average"])
@pytest.mark.parametrize("every", ["1", "3steps"])
def test_a_resumed_training_ends_with_the_same_bits(workers, average, every):
    def options():
        return {"workers": workers, "callbacks": [ExponentialMovingAverage(0.8)] if average else []}

    states = []
    whole = trained(epochs=3, on_checkpoint=states.append, checkpoint_every=every, **options())
    plain = trained(epochs=3, **options())
    assert end_of(whole) == end_of(plain)
    assert len(states) >= 2
    for state in states[:2]:
        assert end_of(trained(network(), epochs=3, resume=state, **options())) == end_of(whole)


def test_the_moving_average_has_averaged_statistics():
    net = trained(callbacks=[ExponentialMovingAverage(0.8)])
    raw = trained()
    view = [each.stack.parameters.view("2.mean") for each in (net, raw)]
    assert np.abs(view[0] - view[1]).max() > 0
    assert net.evaluate(X, Y)[0] == pytest.approx(raw.evaluate(X, Y)[0], abs=0.5)


def test_partial_fits_continue_the_running_averages():
    net = network()
    before = net.stack.parameters.view("2.mean").copy()
    for start in (0, 20, 40):
        net.partial_fit(X[start : start + 20], Y[start : start + 20])
    assert np.abs(net.stack.parameters.view("2.mean") - before).max() > 0


@EVERY_TEXT
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_a_gpu_the_results_are_the_same(text, dtype):
    host, device = (network(text, dtype=dtype, device=device) for device in ("cpu", gpu_backend()))
    for net in (host, device):
        trained(net, workers=1)
    assert_same(device.backend.to_host(device.stack.parameters.values), host.stack.parameters.values)
    assert_same(device.predict_proba(X), host.predict_proba(X))


@pytest.mark.parametrize("text", ["16C3-MP2-32", "8C3-BN-8C5S2P-BN-AP2-GAP", "8C3-SD0.2-D0.1"])
def test_a_warm_step_allocates_next_to_nothing(text):
    assert peak_of_a_warm_step(layers=layers_from_notation(text, 10)) < CEILING
