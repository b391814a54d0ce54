"""Temperature scaling against SciPy and known values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from backend.errors import InputError
from classes import NeuralNetwork
from testing.inference.calibration import best_temperature, calibrate, fit_temperature, scaled_softmax
from testing.inference.inspection import network_logits
from testing.inference.prediction import SURE_KEY, sure_confidence
from testing.metrics.probabilities import expected_calibration_error, log_loss
from tests.helpers.small import small_dataset, small_network


def loss(z, y, temperature):
    """Return the mean negative log-likelihood in the plainest way."""
    z = z / temperature
    return float(np.mean(np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) + z.max(1) - z[np.arange(len(y)), y]))


def drawn(seed, scale, rows=200, classes=5):
    """Return logits whose labels are drawn from softmax(z), and are then scaled: the best temperature is near."""
    rng = np.random.default_rng(seed)
    z = 2.0 * rng.normal(size=(rows, classes))
    y = np.array([rng.choice(classes, p=p) for p in scaled_softmax(z)])
    return scale * z, y


@given(st.integers(0, 2**32), st.floats(0.02, 50))
def test_the_temperature_is_scipys(seed, scale):
    z, y = drawn(seed, scale)
    peer = minimize_scalar(lambda a: loss(z, y, math.exp(a)), bracket=(-1.0, 1.0), options={"xtol": 1e-10})
    assert best_temperature(z, y) == pytest.approx(math.exp(peer.x), rel=1e-5)


def test_scaled_logits_are_scaled_back():
    z, y = drawn(1, 1.0, rows=5000)
    assert best_temperature(z, y) == pytest.approx(1.0, abs=0.05)
    assert best_temperature(30 * z, y) == pytest.approx(30 * best_temperature(z, y), rel=1e-9)
    assert best_temperature(z + 1000.0, y) == pytest.approx(best_temperature(z, y), rel=1e-9)


@pytest.mark.parametrize("t", [0.25, 1.0, 4.0, 100.0])
def test_two_classes_by_hand(t):
    z = np.array([[t * math.log(3.0), 0.0]] * 4)
    assert best_temperature(z, [0, 0, 1, 0]) == pytest.approx(t, rel=1e-12)


@pytest.mark.parametrize(
    ("logits", "y"),
    [
        ([[1.0, 0.0], [0.0, 2.0]], [0, 1]),  # all right: ever colder
        ([[1.0, 0.0], [1.0, 1.0]], [0, 1]),  # right, with a tie
        ([[1.0, 0.0]], [1]),  # all wrong: ever hotter
        ([[1.0, 0.0]] * 2, [0, 1]),  # no better than chance
        ([[0.0, 0.0]], [0]),  # nothing to scale
    ],
)
def test_where_none_is_best_it_stays_1(logits, y):
    assert best_temperature(logits, y) == 1.0


def test_probabilities_of_the_largest_logits_are_finite():
    assert scaled_softmax([[1e4, 0.0], [-1e4, -1e4]]).tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_one_mistake_by_a_hair_is_no_trouble():
    z, y = np.array([[5.0, 0.0]] * 50 + [[1e-6, 0.0]]), [0] * 50 + [1]
    assert 0 < best_temperature(z, y) < 1


def test_a_network_keeps_its_classes_and_its_temperature_in_the_file(tmp_path):
    dataset = small_dataset(noise=150.0)
    network = small_network(dataset, epochs=60)
    X, y = dataset.X_test, dataset.y_test
    before, classes = network.predict_proba(X), network.predict(X)
    temperature = fit_temperature(network, X, np.eye(3)[y])
    assert temperature == network.temperature == best_temperature(network_logits(network, X), y)
    assert temperature > 1.2  # it has learned its sixty images by heart
    after = network.predict_proba(X)
    np.testing.assert_array_equal(network.predict(X), classes)
    np.testing.assert_allclose(after, scaled_softmax(network_logits(network, X), temperature), atol=1e-6)
    assert log_loss(y, after) < log_loss(y, before)
    assert NeuralNetwork.load_model(network.save_model(tmp_path / "warm.pkl")).temperature == temperature


def test_fitting_again_changes_nothing():
    dataset = small_dataset(noise=150.0)
    network = small_network(dataset, epochs=10)
    assert fit_temperature(network, dataset.X_test, dataset.y_test) == fit_temperature(
        network, dataset.X_test, dataset.y_test
    )


@pytest.mark.parametrize(
    ("logits", "y"),
    [
        ([[1.0, math.nan]], [0]),
        ([[1.0, math.inf]], [0]),
        ([1.0, 0.0], [0]),
        (np.zeros((0, 2)), []),
        ([[1.0, 0.0]], [2]),
        ([[1.0, 0.0]], [0, 1]),
    ],
)
def test_what_does_not_fit_is_refused(logits, y):
    with pytest.raises(InputError, match=r"logits|labels"):
        best_temperature(logits, y)


def test_refused_data_leave_the_temperature(blobs):
    network = NeuralNetwork(2, (4,), 3)
    network.temperature = 2.0
    with pytest.raises(InputError):
        fit_temperature(network, blobs[0], blobs[1] + 3)
    assert network.temperature == 2.0


def test_on_mnist_the_calibration_error_falls(mnist):
    network = NeuralNetwork(784, (32,), 10, optimizer="adam", label_smoothing=0.1, seed=0)
    X, y = mnist.X_train, mnist.y_train
    network.train(X[:10_000], y[:10_000], epochs=3, verbose=False, workers=1)
    before = expected_calibration_error(mnist.y_test, network.predict_proba(mnist.X_test))
    assert fit_temperature(network, X[50_000:], y[50_000:]) < 1
    after = expected_calibration_error(mnist.y_test, network.predict_proba(mnist.X_test))
    assert after < before / 2


def test_calibrating_leaves_a_temperature_and_a_threshold():
    data = small_dataset()
    net = small_network(data)
    net.info = {"preset": "x"}
    calibrate(net, data.X_test, data.y_test)
    assert net.temperature != 1.0
    expected = sure_confidence(net.predict_proba(data.X_test), data.y_test)
    assert net.info == {"preset": "x", SURE_KEY: expected}
