"""scikit-learn: a network of dense layers as an ``MLPClassifier``, and back, also as `.skops` files.

The classifier takes pixels from 0 to 1, as scikit-learn's users scale them: input scaling, batch normalisation and
temperature are folded into its weights.
"""

from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from backend.files import write_bytes
from backend.optional import optional_module
from backend.registry import look_up
from classes.layers import BatchNorm, Dense, Dropout, Layer
from classes.neural_network import NeuralNetwork
from initializers.batches import INPUT_SCALINGS
from training.exchange.description import Arrays, Hints, assembled, layer_parameters

TO_SKLEARN = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "identity": "identity"}
FROM_SKLEARN = {theirs: ours for ours, theirs in TO_SKLEARN.items()}


def to_mlp_classifier(network: NeuralNetwork) -> Any:
    """Return a fitted ``sklearn.neural_network.MLPClassifier`` that predicts what the network predicts.

    Its input (N, I) holds pixels from 0 to 1 in float32. ``predict`` returns class numbers, or class names where these
    are not numbers.

    Raises
    ------
    InputError
        If scikit-learn is missing, a layer is neither dense, nor dropout, nor batch normalisation before an
        activation, or hidden layers have different activations.
    """
    sklearn = optional_module("sklearn.neural_network", "scikit-learn", "format scikit-learn")
    binarizer = optional_module("sklearn.preprocessing", "scikit-learn", "format scikit-learn").LabelBinarizer()
    weights, biases, activation = _folded(network)
    weights[-1], biases[-1] = weights[-1] / network.temperature, biases[-1] / network.temperature
    names = np.array(network.class_names)
    classes = names.astype(int) if all(name.isdecimal() for name in network.class_names) else names
    order = np.argsort(classes)  # scikit-learn's classes are sorted
    weights[-1], biases[-1] = weights[-1][:, order], biases[-1][order]
    if len(classes) == 2:  # one logit, whose sigmoid is the probability of the second class
        weights[-1], biases[-1] = weights[-1][:, 1:] - weights[-1][:, :1], biases[-1][1:] - biases[-1][:1]
    sizes = tuple(weight.shape[1] for weight in weights[:-1])
    classifier = sklearn.MLPClassifier(sizes, look_up(TO_SKLEARN, activation, "activation for scikit-learn"))
    classifier.coefs_, classifier.intercepts_ = weights, biases
    classifier.classes_, classifier._label_binarizer = classes[order], binarizer.fit(classes)
    classifier.n_layers_, classifier.n_outputs_ = len(weights) + 1, weights[-1].shape[1]
    classifier.out_activation_ = "logistic" if len(classes) == 2 else "softmax"
    classifier.n_features_in_, classifier.n_iter_, classifier.t_ = network.input_size, len(network.history), 0
    return classifier


def _folded(network: NeuralNetwork) -> tuple[list[np.ndarray], list[np.ndarray], str]:
    """Return weights and biases of dense layers for pixels from 0 to 1, and the activation of the hidden ones."""
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    found: list[str] = []
    for place, layer in enumerate(network.stack.layers):
        values = layer_parameters(network, place)
        if isinstance(layer, Dense):
            weights.append(values["W"])
            biases.append(values["b"])
            found.append(layer.activation)
        elif isinstance(layer, BatchNorm) and found and found[-1] == "identity":
            factor = values["gamma"] / np.sqrt(values["variance"] + np.float32(layer.epsilon))
            weights[-1] = weights[-1] * factor
            biases[-1] = (biases[-1] - values["mean"]) * factor + values["beta"]
            found[-1] = layer.activation
        elif not isinstance(layer, Dropout):
            wanted = "dense layers, with batch normalisation before the activation, and dropout"
            raise InputError("layers", expected=wanted, found=layer.kind, advice="Choose another format.")
    if len(set(found[:-1])) > 1 or found[-1] != "identity":
        wanted = "one activation for all hidden layers and none after the last one"
        raise InputError("activation", expected=wanted, found=", ".join(found), advice="Choose another format.")
    scaling = INPUT_SCALINGS[network.input_scaling]
    if scaling.mean:
        biases[0] = biases[0] + np.float32(scaling.offset) * weights[0].sum(axis=0)
        weights[0] = weights[0] / np.float32(scaling.deviation)
    return weights, biases, found[0]


def from_mlp_classifier(classifier: Any, hints: Hints | None = None) -> NeuralNetwork:
    """Return the network of a fitted ``sklearn.neural_network.MLPClassifier``.

    Parameters
    ----------
    classifier : MLPClassifier
        One for two or more classes; several labels for one sample are not supported.
    hints : Hints, optional
        Input scaling, and class names other than those of ``classes_``.

    Raises
    ------
    InputError
        If it is not fitted or something else.
    """
    hints = hints or Hints()
    output = getattr(classifier, "out_activation_", None)
    is_binary = output == "logistic" and getattr(classifier, "n_outputs_", 0) == 1
    if not is_binary and output != "softmax":
        found = type(classifier).__name__ + (" that is not fitted" if output is None else f" with {output} outputs")
        raise InputError(
            "classifier", expected="a fitted MLPClassifier for one label", found=found, advice="Fit it first."
        )
    weights, biases = list(classifier.coefs_), list(classifier.intercepts_)
    if is_binary:  # softmax(0, z) is the sigmoid of z
        weights[-1] = np.hstack([np.zeros_like(weights[-1]), weights[-1]])
        biases[-1] = np.hstack([np.zeros_like(biases[-1]), biases[-1]])
    activation = look_up(FROM_SKLEARN, classifier.activation, "activation of a classifier")
    layers: list[Layer] = [Dense(len(bias), activation) for bias in biases[:-1]]
    layers.append(Dense(len(biases[-1])))
    arrays: Arrays = {}
    for place, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        arrays |= {f"{place}.W": weight, f"{place}.b": bias}
    names = hints.class_names or [str(name) for name in classifier.classes_]
    hints = Hints(input_scaling=hints.input_scaling, class_names=names)
    return assembled(layers, (len(weights[0]),), arrays, hints, "classifier")


def write_skops(network: NeuralNetwork, path: str | Path) -> Path:
    """Write a network as an ``MLPClassifier`` that ``skops.io.load`` reads; return the path."""
    skops = optional_module("skops.io", "skops", "format scikit-learn")
    return write_bytes(path, skops.dumps(to_mlp_classifier(network)))


def read_skops(path: Path, hints: Hints) -> NeuralNetwork:
    """Return the network of an ``MLPClassifier`` that ``skops.io.dump`` wrote; types unknown to skops are refused."""
    skops = optional_module("skops.io", "skops", "format scikit-learn")
    try:
        classifier = skops.load(path, trusted=[])
    except Exception as failure:  # damaged files raise errors of any kind
        raise InputError(
            f"file {path}",
            expected="an MLPClassifier in the format of skops",
            found=f"{type(failure).__name__}: {failure}",
            advice="Write it with skops.io.dump.",
        ) from failure
    return from_mlp_classifier(classifier, hints)
