"""Inspection of a network: outputs of all layers, gradients by the input (saliency), principal components.

All of it is worked out on a copy of the network, so that a training that is under way keeps its buffers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.errors import InputError
from classes.checks import checked_images, checked_labels
from classes.files import model_file
from classes.layers import BatchNorm, Layer
from classes.layers.notation import notation_of
from classes.layers.sequential import Sequential
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS


def layer_outputs(network: NeuralNetwork, X: Any) -> list[np.ndarray]:
    """Return the outputs of all layers for some images, without dropout, as copies.

    Parameters
    ----------
    network : NeuralNetwork
        The network; it is not changed.
    X : array_like (N, I) or images of I pixels
        As for `NeuralNetwork.predict`.

    Returns
    -------
    list of ndarray (N, *shape)
        In the order of the layers; the last ones are the logits.

    Raises
    ------
    InputError
        If `X` does not fit the network.

    Examples
    --------
    >>> [outputs.shape for outputs in layer_outputs(NeuralNetwork(4, (8, 6), 3), np.eye(4))]
    [(4, 8), (4, 6), (4, 3)]
    """
    host = network.backend.to_host
    parts = [[host(y).copy() for y in _forward(model, x)] for model, x in _parts(network, X)]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def network_logits(network: NeuralNetwork, X: Any) -> np.ndarray:
    """Return the logits (N, C) of some images: the last of `layer_outputs`, without storing the others.

    Raises
    ------
    InputError
        If `X` does not fit the network.
    """
    return np.concatenate([network.backend.to_host(model.forward(x)).copy() for model, x in _parts(network, X)])


def last_hidden(network: NeuralNetwork, X: Any) -> np.ndarray:
    """Return the input of the layer of logits, one row per image; the logits if there is no hidden layer.

    Raises
    ------
    InputError
        If `X` does not fit the network.
    """
    outputs = layer_outputs(network, X)
    return outputs[max(len(outputs) - 2, 0)].reshape(len(outputs[0]), -1)


@dataclass(frozen=True, eq=False)
class Passage:
    """The activations of one image in all layers of a network.

    Attributes
    ----------
    names : tuple of str
        Names of the hidden layers with parameters, such as ``dense 256, relu`` or ``32C3-BN, relu``; a layer and its
        batch normalisation are one.
    outputs : tuple of ndarray (O,) or (H, W, C)
        The output of each of them: one number per unit, or feature maps.
    probabilities : ndarray (C,)
        The predicted probabilities.
    """

    names: tuple[str, ...]
    outputs: tuple[np.ndarray, ...]
    probabilities: np.ndarray


def passage(network: NeuralNetwork, image: Any) -> Passage:
    """Return the activations of one image (I,) or (h, w).

    Raises
    ------
    InputError
        If the image does not fit the network.

    Examples
    --------
    >>> way = passage(NeuralNetwork(4, (8,), 3, dropout=0.5), np.ones(4))
    >>> way.names, way.outputs[0].shape, way.probabilities.shape
    (('dense 8, relu',), (8,), (3,))
    """
    row = np.asarray(image)[None]
    layers, outputs = network.stack.layers, layer_outputs(network, row)
    learning = {int(name.split(".")[0]) for name in network.stack.parameters.shapes} - {len(layers) - 1}
    normalised = {place - 1 for place in learning if isinstance(layers[place], BatchNorm)}
    shown = sorted(learning - normalised)
    return Passage(
        tuple(_name(layers[place - 1 if place - 1 in normalised else place : place + 1]) for place in shown),
        tuple(outputs[place][0] for place in shown),
        _copy(network).predict_proba(row)[0],
    )


def input_gradients(network: NeuralNetwork, X: Any, classes: Any) -> np.ndarray:
    """Return the gradient of the logit of a class by the input, ``G = dz_c / dX`` (Simonyan et al. 2014).

    That is equation (12), taken one layer further than training needs it, from ``dZ`` with a 1 at the class and 0
    elsewhere. Inputs are what the first layer sees, scaled pixels.

    Parameters
    ----------
    network : NeuralNetwork
        The network; it is not changed, including its gradients.
    X : array_like (N, I) or images of I pixels
        As for `NeuralNetwork.predict`.
    classes : array_like (N,)
        The class number for each image.

    Returns
    -------
    ndarray (N, I)
        In the network's dtype.

    Raises
    ------
    InputError
        If `X` or `classes` do not fit the network.

    References
    ----------
    K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification
    Models and Saliency Maps", ICLR workshop 2014.

    Examples
    --------
    >>> network = NeuralNetwork(2, (), 2)  # without a hidden layer, z = x W + b
    >>> bool((input_gradients(network, np.zeros((1, 2)), [1])[0] == network.stack.parameters.view("0.W")[:, 1]).all())
    True
    """
    one_hot = np.eye(network.output_size, dtype=network.dtype)
    targets = one_hot[checked_labels(classes, len(X), network.output_size)]
    gradients, start = [], 0
    for model, x in _parts(network, X):
        model.forward(x)
        dy = network.backend.from_host(targets[start : start + len(x)].copy())
        for layer in reversed(model.layers):
            dy = layer.backward(dy)
        gradients.append(network.backend.to_host(dy).copy())
        start += len(x)
    return np.concatenate(gradients)


@dataclass(frozen=True, eq=False)
class Saliency:
    """The saliency of an image for a class.

    Attributes
    ----------
    class_number : int
        The class number.
    probability : float
        Its predicted probability, in [0, 1].
    gradient : ndarray (I,)
        Derivative of the logit of the class by each input: where more ink would raise it.
    contribution : ndarray (I,)
        ``(x - x_0) * gradient``, x_0 being blank paper: the input times the gradient, what the ink there did to the
        logit, to first order.
    """

    class_number: int
    probability: float
    gradient: np.ndarray
    contribution: np.ndarray


def saliency(network: NeuralNetwork, image: Any, classes: Any = None) -> list[Saliency]:
    """Return the saliency of one image (I,) or (h, w) for some classes, by default the two most probable ones.

    Raises
    ------
    InputError
        If the image or a class does not fit the network.

    References
    ----------
    A. Shrikumar, P. Greenside, A. Shcherbina, A. Kundaje, "Not Just a Black Box: Learning Important Features Through
    Propagating Activation Differences", 2016: input times gradient.

    Examples
    --------
    >>> [s.class_number for s in saliency(NeuralNetwork(4, (8,), 3), np.ones(4), [2, 0])]
    [2, 0]
    """
    p = _copy(network).predict_proba(np.asarray(image)[None])[0]
    chosen = np.argsort(-p, kind="stable")[:2] if classes is None else np.asarray(classes)
    X = np.repeat(np.asarray(image)[None], len(chosen), axis=0)
    gradients = input_gradients(network, X, chosen)
    ink = _inputs(network, checked_images(X, network.input_size)) - _paper(network)
    rows = zip(chosen, gradients, ink * gradients, strict=True)
    return [Saliency(int(c), float(p[c]), gradient, contribution) for c, gradient, contribution in rows]


@dataclass(frozen=True, eq=False)
class FirstLayer:
    """The weights of the units of the first layer, the most important unit first.

    Attributes
    ----------
    units : ndarray (O,) of int
        Numbers of the units, or of the filters of a convolution.
    weights : ndarray (O, I)
        Their weights, one row per unit; the pixels of a filter by rows.
    importance : ndarray (O,)
        ``|w_in| |w_out|``: the norm of a unit's input weights times that of its output weights (1 without any); of a
        filter only ``|w_in|``.
    filter_shape : tuple of int or None
        Height and width of a filter; None for a dense layer.
    """

    units: np.ndarray
    weights: np.ndarray
    importance: np.ndarray
    filter_shape: tuple[int, int] | None = None


def first_layer(network: NeuralNetwork) -> FirstLayer:
    """Return the weights of the first layer, ordered by the importance of the units.

    A ReLU unit computes the same with twice the input weights and half the output weights, so its importance is
    measured by the product of both norms.

    Raises
    ------
    InputError
        If the first layer is neither a dense layer nor a convolution of images with one channel.

    Examples
    --------
    >>> first_layer(NeuralNetwork(4, (8,), 3)).weights.shape
    (8, 4)
    """
    parameters, host = network.stack.parameters, network.backend.to_host
    first = next((name for name, shape in parameters.shapes.items() if len(shape) > 1), None)
    if first is not None and len(parameters.shapes[first]) == 4 and parameters.shapes[first][2] == 1:
        return _filters(host(parameters.view(first)))
    matrices = [host(parameters.view(name)) for name, shape in parameters.shapes.items() if len(shape) == 2]
    if not matrices or matrices[0].shape[0] != network.input_size:
        raise InputError(
            "the first layer", expected="a dense layer, or a convolution of one channel",
            found=network.stack.layers[0].kind,
            advice="Look at the outputs of its layers instead.",
        )  # fmt: skip
    into = np.linalg.norm(matrices[0], axis=0)
    out = np.linalg.norm(matrices[1], axis=1) if len(matrices) > 1 else np.ones(into.shape)
    importance = into * out if len(into) == len(out) else into
    order = np.argsort(-importance, kind="stable")
    return FirstLayer(order, matrices[0].T[order].copy(), importance[order])


def _filters(W: np.ndarray) -> FirstLayer:
    """Return the filters of a kernel (K, L, 1, O), the one with the largest norm first."""
    rows = W.reshape(-1, W.shape[3]).T
    importance = np.linalg.norm(rows, axis=1)
    order = np.argsort(-importance, kind="stable")
    return FirstLayer(order, rows[order].copy(), importance[order], (W.shape[0], W.shape[1]))


@dataclass(frozen=True, eq=False)
class Projection:
    """A projection onto principal components.

    Attributes
    ----------
    mean : ndarray (D,)
        Mean of the points that it was computed from.
    axes : ndarray (k, D)
        Orthonormal rows in the order of decreasing variance; the entry of largest absolute value is positive.
    shares : ndarray (k,)
        Share of the total variance along each direction.
    """

    mean: np.ndarray
    axes: np.ndarray
    shares: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the coordinates (N, k) of points (N, D)."""
        return np.asarray((points - self.mean) @ self.axes.T)


def principal_components(points: np.ndarray, count: int = 2) -> Projection:
    """Compute principal components by the singular value decomposition of the centred points, ``A = U S V^T``.

    The rows of ``V^T`` are the directions, ``s^2 / sum s^2`` their shares (Pearson 1901).

    Parameters
    ----------
    points : ndarray (N, D)
        The points; computed in float64.
    count : int
        k, at most N and at most D.

    Raises
    ------
    InputError
        If there are fewer directions.

    Examples
    --------
    >>> line = principal_components(np.array([[0.0, 0.0], [3.0, 4.0]]), count=1)
    >>> line.axes.round(3).tolist(), line.shares.tolist()
    ([[0.6, 0.8]], [1.0])
    """
    if points.ndim != 2 or not 1 <= count <= min(points.shape):
        raise InputError(
            "points", expected=f"at least {count} rows and columns", found=f"shape {points.shape}",
            advice="Use more points, or fewer directions.",
        )  # fmt: skip
    mean = points.mean(axis=0, dtype=np.float64)
    _, s, vt = np.linalg.svd(points - mean, full_matrices=False)
    axes = vt[:count]
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.sign(axes[np.arange(count), largest])[:, None]  # the SVD does not determine the sign
    return Projection(mean, axes, s[:count] ** 2 / max(float(s @ s), np.finfo(np.float64).tiny))


def _parts(network: NeuralNetwork, X: Any) -> Iterator[tuple[Sequential, Any]]:
    """Yield a copy of the network's layers with the scaled inputs of some images at a time."""
    X = checked_images(X, network.input_size)
    backend, model = network.backend, _copy(network).stack
    size = network.evaluation_batch
    model.bind(min(len(X), size), backend.generator(0))
    for start in range(0, len(X), size):
        yield model, backend.from_host(_inputs(network, X[start : start + size]))


def _copy(network: NeuralNetwork) -> NeuralNetwork:
    """Return a copy of the network on the same device, with its own buffers."""
    contents = model_file.contents_of(network)
    return model_file.build_network(type(network), contents, "a copy of the network", device=network.backend)


def _inputs(network: NeuralNetwork, X: np.ndarray) -> np.ndarray:
    """Return checked images as input of the first layer."""
    x = np.empty(X.shape, network.dtype)
    INPUT_SCALINGS[network.input_scaling].apply(np, X, x)
    return x


def _paper(network: NeuralNetwork) -> float:
    """Return the scaled value of a background pixel."""
    return INPUT_SCALINGS[network.input_scaling].offset


def _forward(model: Sequential, x: Any) -> Iterator[Any]:
    """Yield the output of each layer, valid until the next."""
    for layer in model.layers:
        x = layer.forward(x, training=False)
        yield x


def _name(layers: Sequence[Layer]) -> str:
    """Return kind, size and activation of a layer, alone or with its batch normalisation: its name in figures."""
    settings = layers[-1].settings()
    if len(layers) > 1 or layers[0].takes_images:
        name = notation_of([*layers, layers[-1]])
    else:
        name = " ".join([layers[0].kind, *(str(value) for value in settings.values() if type(value) is int)])
    return f"{name}, {settings['activation']}" if "activation" in settings else name
