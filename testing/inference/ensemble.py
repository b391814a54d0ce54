"""Ensembles of networks and test-time augmentation: the mean of several predicted probabilities."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backend.errors import InputError
from classes.checks import checked_count, checked_images, checked_labels
from classes.network import EVALUATION_BATCH
from classes.neural_network import NeuralNetwork
from initializers.augmentation import DRAWS, Augmentation, Augmenter
from initializers.augmentation.warping import ROWS, Warper
from initializers.batches import INPUT_SCALINGS
from testing.inference.model_files import check_same_classes
from testing.inference.prediction import SURE_KEY, threshold_of
from testing.metrics import accuracy
from testing.metrics.probabilities import log_loss

# Range of test-time augmentation. Networks trained without augmentation lose accuracy with larger changes.
VIEWED = Augmentation(rotation=4.0, scale=0.05, shear=0.05, shift=0.5)
MOST_VIEWS = 256  # each view takes as long as the image itself
_SEED = 0  # a constant, so that an image has the same views, and thus probabilities, in every batch


class Ensemble:
    r"""An ensemble of networks, each of which classifies several views of every image.

    With M networks and V views of an image x, of which the first is x itself,

        p(x) = 1/(M V) sum_m sum_v p_m(view_v(x))

    where ``p_m`` is a network's softmax at its own temperature. Networks that differ in their first weights err on
    different images, and so does one network on an image a little turned: the mean errs less (Hansen and Salamon
    1990; Krizhevsky, Sutskever and Hinton 2012 average over views in the same way). It is the mean of probabilities,
    as in Lakshminarayanan, Pritzel and Blundell 2017, and not of their logarithms: on 12,000 digits held out from
    MNIST's training part the two differ by one digit, and no single confident error decides the result.

    Parameters
    ----------
    networks : sequence of NeuralNetwork
        At least one; all with the same classes and image size.
    views : int
        V. More than 1 requires square images.
    files : sequence of str
        Model files of the networks, for reports; empty if they were not saved.

    Attributes
    ----------
    networks : tuple of NeuralNetwork
        The networks.
    views : int
        V.
    files : tuple of str
        As above.
    temperature : float
        1: the mean is taken as it is.
    info : dict
        What all members' `info` agree on, so that a report can name the data that all were trained on.

    Raises
    ------
    InputError
        If there is no network, they do not belong together, or `views` is not an integer from 1 to `MOST_VIEWS`, or
        more than 1 for images that are not square.

    References
    ----------
    L. K. Hansen, P. Salamon, "Neural Network Ensembles", IEEE Transactions on Pattern Analysis and Machine
    Intelligence 12 (1990), 993-1001.
    A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
    NIPS 2012.
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and Scalable Predictive Uncertainty Estimation using Deep
    Ensembles", NIPS 2017.

    Examples
    --------
    >>> both = Ensemble([NeuralNetwork(4, (), 2, seed=seed) for seed in (0, 1)])
    >>> X = np.eye(4)
    >>> np.allclose(both.predict_proba(X), sum(network.predict_proba(X) for network in both.networks) / 2)
    True
    """

    temperature = 1.0

    def __init__(self, networks: Sequence[NeuralNetwork], views: int = 1, files: Sequence[str] = ()) -> None:
        self.networks, self.files = tuple(networks), tuple(files)
        self.views = _checked_views(views)
        _check(self.networks)
        first = self.networks[0]
        self.input_size, self.output_size, self.backend = first.input_size, first.output_size, first.backend
        numbers = tuple(map(str, range(self.output_size)))
        self.class_names = next((n.class_names for n in self.networks if n.class_names != numbers), numbers)
        self.info: dict[str, Any] = {
            key: value
            for key, value in first.info.items()
            if all(key in network.info and network.info[key] == value for network in self.networks)
        }
        if any(SURE_KEY in network.info for network in self.networks):
            self.info[SURE_KEY] = sum(threshold_of(network.info) for network in self.networks) / len(self.networks)
        self._maps = view_maps(self.views, self.input_size) if self.views > 1 else None

    @property
    def parameter_count(self) -> int:
        """Total number of parameters of all networks."""
        return sum(network.parameter_count for network in self.networks)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean probabilities (N, C) of images, as accepted by `NeuralNetwork.predict_proba`.

        Raises
        ------
        InputError
            If `X` does not suit the networks, or its floats suit only some members because each scales pixels in
            its own way.
        """
        X = checked_images(X, self.input_size)
        paper = self._paper(X)
        return np.concatenate(
            [self._mean(X[start : start + EVALUATION_BATCH], paper) for start in range(0, len(X), EVALUATION_BATCH)]
        )

    def predict(self, X: Any) -> np.ndarray:
        """Return the class number with the highest probability for each image, (N,) int64."""
        return self.predict_proba(X).argmax(axis=1)

    def evaluate(self, X: Any, y: Any) -> tuple[float, float]:
        """Return the mean loss in nats and the accuracy in [0, 1]. Raises InputError if the data do not fit."""
        p = self.predict_proba(X)
        y = checked_labels(y, len(p), self.output_size)
        return log_loss(y, p), accuracy(y, p.argmax(axis=1))

    def _mean(self, X: np.ndarray, paper: float) -> np.ndarray:
        """Return the mean probabilities of some of the images."""
        total = np.zeros((len(X), self.output_size))
        seen = [X] if self._maps is None else [X, *(view_of(X, a, paper) for a in self._maps)]
        for view in seen:
            for network in self.networks:
                total += network.predict_proba(view)
        return np.asarray(total / (len(seen) * len(self.networks)))

    def _paper(self, X: np.ndarray) -> float:
        """Return the value of the background, after checking that all networks scale the images alike."""
        scalings = sorted({network.input_scaling for network in self.networks})
        if X.dtype.kind == "f" and len(scalings) > 1:
            raise InputError(
                "images", expected="integers from 0 to 255", found="floats",
                advice=f"The networks scale pixels differently ({', '.join(scalings)}), so pass unscaled pixels.",
            )  # fmt: skip
        return INPUT_SCALINGS[scalings[0]].offset if X.dtype.kind == "f" else 0.0


def load_predictor(models: Sequence[str | Path], views: int = 1, device: str = "auto") -> NeuralNetwork | Ensemble:
    """Return the network of a model file, or an ensemble for several files or views.

    Parameters
    ----------
    models : sequence of str or Path
        Model files.
    views : int
        Number of views of every image; 1 for only the image itself.
    device : {"auto", "cpu", "gpu"}
        Where to compute.

    Raises
    ------
    InputError
        If a file is not a model, the models have different classes, or `views` is not from 1 to `MOST_VIEWS`.
    """
    networks = [NeuralNetwork.load_model(path, device=device) for path in models]
    if len(networks) == 1 and _checked_views(views) == 1:
        return networks[0]
    return Ensemble(networks, views, [str(path) for path in models])


def members(network: NeuralNetwork | Ensemble) -> tuple[NeuralNetwork, ...]:
    """Return the networks of an ensemble, or a single network as a tuple."""
    return network.networks if isinstance(network, Ensemble) else (network,)


def predictor_name(models: Sequence[str | Path], views: int = 1) -> str:
    """Return the name of the predictor that `load_predictor` returns: the path of a file, or a description.

    Examples
    --------
    >>> predictor_name(["model/a.pkl"]), predictor_name(["model/a.pkl", "b.pkl"], views=8)
    ('model/a.pkl', 'ensemble of 2, 8 views')
    """
    if len(models) == 1 and views == 1:
        return str(models[0])
    name = Path(models[0]).stem if len(models) == 1 else f"ensemble of {len(models)}"
    return name if views == 1 else f"{name}, {views} views"


def view_maps(views: int, pixels: int) -> np.ndarray:
    """Return the maps of all views except for the first, which is the unchanged image.

    They are drawn once for all, from a fixed seed, uniformly within `VIEWED`; every second one has the opposite
    numbers of the one before it, so that turns to the left weigh as much as turns to the right.

    Parameters
    ----------
    views : int
        V, at least 2.
    pixels : int
        I, of a square image.

    Returns
    -------
    ndarray (V - 1, 2, 3) of float32
        Coefficients for `Warper.warp`.

    Raises
    ------
    InputError
        If images are not square.
    """
    if math.isqrt(pixels) ** 2 != pixels:
        found, advice = f"{pixels} pixels and {views} views", "Use one view: other data cannot be warped."
        raise InputError("views", expected="square images", found=found, advice=advice)
    generator = np.random.default_rng(_SEED)
    pairs = generator.uniform(-1.0, 1.0, (views // 2, DRAWS)).astype("float32")
    u = np.stack([pairs, -pairs], axis=1).reshape(-1, DRAWS)[: views - 1]
    augmenter = Augmenter(VIEWED, np.zeros((1, pixels), "uint8"), len(u), generator)
    return augmenter.coefficients(u, np.zeros((len(u), 2, 0), "float32")).swapaxes(0, 1).copy()


def view_of(X: np.ndarray, coefficients: np.ndarray, paper: float = 0.0) -> np.ndarray:
    """Return images warped along the same map.

    Parameters
    ----------
    X : ndarray (N, I)
        Square images; uint8 stays uint8.
    coefficients : ndarray (2, 3)
        One of `view_maps`.
    paper : float
        Value outside of the images.
    """
    warper, view = Warper(np.zeros((0, X.shape[1])), paper), np.empty_like(X)
    for start in range(0, len(X), ROWS):
        rows = slice(start, start + ROWS)
        count = len(warper.lay(X[rows]))
        y = warper.warp(np.repeat(coefficients[:, None], count, axis=1))
        np.copyto(view[rows], y + 0.5 if X.dtype.kind == "u" else y, casting="unsafe")
    return view


def _checked_views(views: int) -> int:
    """Return the number of views, after checking it."""
    count = checked_count(views, "views")
    if count > MOST_VIEWS:
        advice = "Each view takes as long as the image itself."
        raise InputError("views", expected=f"at most {MOST_VIEWS}", found=f"{count:,}", advice=advice)
    return count


def _check(networks: Sequence[NeuralNetwork]) -> None:
    """Raise InputError unless there are networks, with the same classes and image size."""
    if not networks:
        raise InputError("models", expected="at least one", found="none", advice="Name a model file.")
    for network in networks[1:]:
        check_same_classes(networks[0], network)
        if network.input_size != networks[0].input_size:
            sizes = f"{networks[0].input_size} and {network.input_size} pixels"
            advice = "Use models that were trained on the same data set."
            raise InputError("models of an ensemble", expected="images of the same size", found=sizes, advice=advice)
