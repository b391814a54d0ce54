"""Activations, input gradients against finite differences, and principal components."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from backend.errors import InputError
from classes import ACTIVATIONS, NeuralNetwork
from testing.inference.inspection import (
    first_layer,
    input_gradients,
    last_hidden,
    layer_outputs,
    network_logits,
    passage,
    principal_components,
    saliency,
)
from tests.helpers.gpu import assert_same, gpu_backend

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (7, 16), dtype=np.uint8)


def network(hidden=(9, 6), **options):
    """Return a network whose biases are not 0, which they are at first."""
    made = NeuralNetwork(16, hidden, 4, seed=1, **options)
    values = made.stack.parameters.values
    values += made.backend.from_host(0.1 * np.random.default_rng(3).standard_normal(values.shape).astype(made.dtype))
    return made


def test_outputs_are_what_the_formula_gives():
    net = network(dropout=0.5, dtype="float64")
    W = [net.stack.parameters.view(f"{place}.W") for place in (0, 2, 4)]
    b = [net.stack.parameters.view(f"{place}.b") for place in (0, 2, 4)]
    first = np.maximum(X / 255 @ W[0] + b[0], 0)
    second = np.maximum(first @ W[1] + b[1], 0)
    wanted = [first, first, second, second, second @ W[2] + b[2]]  # dropout is off
    for found, expected in zip(layer_outputs(net, X), wanted, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(last_hidden(net, X), layer_outputs(net, X)[-2])


def test_outputs_are_copies():
    net = network()
    once, _ = layer_outputs(net, X), layer_outputs(net, 255 - X)
    again = layer_outputs(net, X)
    for a, b in zip(once, again, strict=True):
        np.testing.assert_array_equal(a, b)
        a[...] = 0
    np.testing.assert_array_equal(layer_outputs(net, X)[0], again[0])


def test_more_images_than_a_batch_holds():
    net = network(dtype="float64")
    whole, gradients = layer_outputs(net, X), input_gradients(net, X, np.arange(7) % 4)
    net.evaluation_batch = 3
    for a, b in zip(whole, layer_outputs(net, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    np.testing.assert_allclose(network_logits(net, X), whole[-1], rtol=1e-12)
    np.testing.assert_allclose(input_gradients(net, X, np.arange(7) % 4), gradients, rtol=1e-12)


def test_the_last_outputs_are_the_networks_logits():
    net = network(input_scaling="standard")
    z = network_logits(net, X)
    np.testing.assert_array_equal(z, layer_outputs(net, X)[-1])
    np.testing.assert_array_equal(z.argmax(axis=1), net.predict(X))


def test_looking_in_the_middle_of_a_training_changes_nothing(digits_small):
    pictures, y = digits_small

    def trained(look):
        net = NeuralNetwork(64, (12,), 10, optimizer="adam", dropout=0.2, seed=3)

        def on_step(*_):
            if look:
                layer_outputs(net, pictures)
                saliency(net, pictures[0])
                passage(net, pictures[0])
                first_layer(net)

        net.train(pictures, y, epochs=1, batch_size=100, verbose=False, on_step=on_step, workers=1)
        return net

    seen, unseen = trained(True), trained(False)
    np.testing.assert_array_equal(seen.stack.parameters.values, unseen.stack.parameters.values)
    np.testing.assert_array_equal(seen.stack.parameters.grads, unseen.stack.parameters.grads)
    assert seen.history.column("train_loss") == unseen.history.column("train_loss")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_by_the_input_equal_finite_differences(activation):
    net = network(activation=activation, dropout=0.3, dtype="float64")
    x, classes, step = RNG.random((5, 16)), np.array([0, 3, 1, 1, 2]), 1e-6
    found = input_gradients(net, x, classes)
    for pixel in range(16):
        moved = step * np.eye(16)[pixel]
        above, below = network_logits(net, x + moved), network_logits(net, x - moved)
        slope = ((above - below) / (2 * step))[np.arange(5), classes]
        np.testing.assert_allclose(found[:, pixel], slope, rtol=1e-6, atol=1e-8)


def test_gradients_leave_the_networks_own_alone():
    net = network()
    net.backward(X, [0, 1, 2, 3, 0, 1, 2])
    before, values = net.stack.parameters.grads.copy(), net.stack.parameters.values.copy()
    input_gradients(net, X, [1] * 7)
    np.testing.assert_array_equal(net.stack.parameters.grads, before)
    np.testing.assert_array_equal(net.stack.parameters.values, values)


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_contributions_of_a_linear_network_make_up_its_logit(scaling):
    net = network((), dtype="float64", input_scaling=scaling)
    for found in saliency(net, X[0], [2, 0]):
        z, paper = (network_logits(net, image[None])[0, found.class_number] for image in (X[0], 0 * X[0]))
        assert found.contribution.sum() == pytest.approx(z - paper, rel=1e-12)
        np.testing.assert_array_equal(found.contribution[X[0] == 0], 0)


def test_saliency_is_of_the_two_most_probable_classes_at_the_networks_temperature():
    net = network()
    net.temperature = 3.0
    p = net.predict_proba(X[:1])[0]
    first, second = saliency(net, X[0].reshape(4, 4))
    assert [first.class_number, second.class_number] == np.argsort(-p)[:2].tolist()
    assert (first.probability, second.probability) == tuple(np.sort(p)[::-1][:2].tolist())
    np.testing.assert_allclose(first.gradient, input_gradients(net, X[:1], [first.class_number])[0], rtol=1e-5)


def test_a_passage_leaves_dropout_and_logits_out():
    net = network((9, 6), dropout=(0.5, 0.0), activation=("relu", "tanh"))
    way = passage(net, X[0])
    assert way.names == ("dense 9, relu", "dense 6, tanh")
    np.testing.assert_array_equal(way.outputs[0], layer_outputs(net, X[:1])[0][0])
    np.testing.assert_array_equal(way.outputs[1], last_hidden(net, X[:1])[0])
    np.testing.assert_array_equal(way.probabilities, net.predict_proba(X[:1])[0])


def test_a_passage_through_images_has_feature_maps_after_their_normalisation():
    net = NeuralNetwork(16, layers="5C2-BN-MP2-3C1-GAP-6", output_size=4)
    way = passage(net, X[0])
    assert way.names == ("5C2-BN, relu", "3C1, relu", "dense 6, relu")
    assert [outputs.shape for outputs in way.outputs] == [(3, 3, 5), (1, 1, 3), (6,)]
    np.testing.assert_array_equal(way.outputs[0], layer_outputs(net, X[:1])[2][0])


def test_filters_come_by_their_norm():
    net = NeuralNetwork(16, layers="5C2-BN-6", output_size=4)
    kernel, found = net.stack.parameters.view("1.W"), first_layer(net)
    assert found.filter_shape == (2, 2)
    assert (np.diff(found.importance) <= 0).all()
    for unit, weights in zip(found.units, found.weights, strict=True):
        np.testing.assert_array_equal(weights.reshape(2, 2), kernel[:, :, 0, unit])


def test_gradients_by_the_pixels_of_an_image_network_are_slopes():
    net = NeuralNetwork(16, layers="5C2-BN-AP2-6", output_size=4, activation="tanh", dtype="float64")
    x, step = X[:2] / 255.0, 1e-6
    found = input_gradients(net, x, [1, 3])
    for pixel in (0, 5, 15):
        moved = step * np.eye(16)[pixel]
        slope = (network_logits(net, x + moved) - network_logits(net, x - moved))[[0, 1], [1, 3]] / (2 * step)
        np.testing.assert_allclose(found[:, pixel], slope, rtol=1e-6, atol=1e-8)


def test_a_network_without_hidden_layers_can_be_looked_at():
    net = network(())
    assert passage(net, X[0]).names == ()
    np.testing.assert_array_equal(last_hidden(net, X), network_logits(net, X))
    assert first_layer(net).weights.shape == (4, 16)


def test_units_come_by_the_product_of_their_weights():
    net = network()
    W, V = net.stack.parameters.view("0.W"), net.stack.parameters.view("1.W")
    found = first_layer(net)
    importance = np.sqrt((W**2).sum(0) * (V**2).sum(1))
    np.testing.assert_array_equal(found.units, np.argsort(-importance))
    np.testing.assert_allclose(found.importance, np.sort(importance)[::-1], rtol=1e-6)
    np.testing.assert_array_equal(found.weights, W.T[found.units])
    W[:, 3] *= 4.0  # what ReLU lets through unchanged with a quarter of the weights behind
    V[3] /= 4.0
    np.testing.assert_array_equal(first_layer(net).units, found.units)


def test_a_device_gives_what_the_host_gives():
    host, device = (network(device=device) for device in ("cpu", gpu_backend()))
    for a, b in zip(layer_outputs(host, X), layer_outputs(device, X), strict=True):
        assert_same(b, a)
    assert_same(input_gradients(device, X, [1] * 7), input_gradients(host, X, [1] * 7))
    assert_same(first_layer(device).weights, first_layer(host).weights)
    assert passage(host, X[0]).names == passage(device, X[0]).names


@pytest.mark.parametrize("shape", [(200, 12), (6, 40)])
def test_components_are_scikit_learns_up_to_their_sign(shape):
    points = RNG.normal(size=shape) @ np.diag(np.linspace(3, 0.1, shape[1])) + 5
    found, peer = principal_components(points, 3), PCA(3).fit(points)
    signs = np.sign((found.axes * peer.components_).sum(axis=1))
    np.testing.assert_allclose(found.axes, signs[:, None] * peer.components_, atol=1e-9)
    np.testing.assert_allclose(found.shares, peer.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(found(points), signs * peer.transform(points), atol=1e-8)
    assert (found.axes[np.arange(3), np.abs(found.axes).argmax(axis=1)] > 0).all()


def test_points_at_one_place_have_no_direction():
    found = principal_components(np.ones((5, 3)))
    assert found.shares.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found(np.ones((5, 3))), 0.0)


@pytest.mark.parametrize(("points", "count"), [(np.ones((1, 5)), 2), (np.ones((5, 1)), 2), (np.ones(5), 1)])
def test_more_directions_than_there_are_are_refused(points, count):
    with pytest.raises(InputError, match="points"):
        principal_components(points, count)


@pytest.mark.parametrize("look", [layer_outputs, network_logits, last_hidden, saliency, passage])
def test_images_that_do_not_suit_are_refused(look):
    with pytest.raises(InputError, match="images"):
        look(network(), np.zeros((2, 15)))


@pytest.mark.parametrize("classes", [[4], [0, 1], [-1]])
def test_classes_that_do_not_suit_are_refused(classes):
    with pytest.raises(InputError, match="labels"):
        input_gradients(network(), X[:1], classes)
