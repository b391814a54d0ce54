"""The figures of a report: one line each in a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from backend.drawing import shortened
from backend.errors import InputError
from testing.figures import (
    confidence_histogram,
    confusion_heatmap,
    per_class_scores,
    reliability_diagram,
    training_curves,
)
from testing.figures.image_grids import misclassified_grid, prediction_grid
from testing.figures.inspection import activation_picture, class_map, saliency_maps, weight_pictures
from testing.inference.calibration import scaled_softmax
from testing.inference.ensemble import Ensemble
from testing.inference.inspection import (
    first_layer,
    last_hidden,
    network_logits,
    passage,
    principal_components,
    saliency,
)
from testing.metrics.evaluation import worst_first
from testing.report.blocks import plain
from testing.report.inputs import ReportInputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 40  # characters of a name in a title
MAPPED = 2000  # images in the class map; more would overlap


@dataclass(frozen=True)
class Drawing:
    """A figure of the report.

    Parameters
    ----------
    draw : callable
        Takes `ReportInputs` and returns the figure, or None if there is nothing to draw.
    title : str
        A few words.
    reading : str
        One or two sentences: what the figure shows, and how to read it.
    """

    draw: Callable[[ReportInputs], Figure | None]
    title: str
    reading: str


def drawable(text: str) -> str:
    r"""Return a name for use in figures: one line of limited length, with dollar signs escaped for matplotlib.

    Examples
    --------
    >>> print(drawable("$x^2$"), drawable("two\nlines"))
    \$x^2\$ two lines
    """
    return shortened([" ".join(plain(text).split())], LONGEST)[0].replace("$", r"\$")


def _names(inputs: ReportInputs) -> tuple[str, ...]:
    return tuple(drawable(name) for name in inputs.evaluation.class_names)


def _subject(inputs: ReportInputs) -> str:
    return drawable(inputs.evaluation.subject)


def _trained_on(inputs: ReportInputs) -> str:
    return drawable(inputs.evaluation.trained_on) or "data set not recorded"


def _confusion(inputs: ReportInputs) -> Figure:
    return confusion_heatmap(inputs.evaluation.confusion, _names(inputs), _subject(inputs))


def _per_class(inputs: ReportInputs) -> Figure:
    return per_class_scores(inputs.evaluation.scores, _names(inputs), _subject(inputs))


def _confidence(inputs: ReportInputs) -> Figure:
    return confidence_histogram(inputs.evaluation.y_true, inputs.evaluation.probabilities, _subject(inputs))


def _reliability(inputs: ReportInputs) -> Figure:
    """Draw the reliability before and after temperature scaling if the network has been calibrated, else once."""
    e, network = inputs.evaluation, inputs.network
    if isinstance(network, Ensemble) or network.temperature == 1.0:
        return reliability_diagram(e.y_true, e.probabilities, _subject(inputs))
    before, temperature = scaled_softmax(network_logits(network, inputs.dataset.X_test)), network.temperature
    return reliability_diagram(e.y_true, before, _subject(inputs), after=e.probabilities, temperature=temperature)


def _pictures(inputs: ReportInputs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[str, ...], str]:
    """Return the arguments of the image grids: test images with labels, predictions and class names."""
    e = inputs.evaluation
    return inputs.dataset.X_test, e.y_true, e.y_pred, e.probabilities, _names(inputs), _subject(inputs)


def _curves(inputs: ReportInputs) -> Figure | None:
    """Draw the training curves, if the model file contains a training history."""
    network = inputs.single
    return training_curves(network.history, _trained_on(inputs)) if network and network.history else None


def _weights(inputs: ReportInputs) -> Figure | None:
    """Draw the weights of the first layer as images, if they can be drawn as such."""
    if inputs.single is None:
        return None
    try:
        layer = first_layer(inputs.single)
    except InputError:
        return None
    return weight_pictures(layer, inputs.dataset.image_shape, _trained_on(inputs))


def _example(inputs: ReportInputs) -> tuple[np.ndarray, str]:
    """Return the misclassified image with the least probable label, or else the first test image, and its title."""
    e = inputs.evaluation
    number = int(next(iter(worst_first(e.y_true, e.y_pred, e.probabilities)), 0))
    image = inputs.dataset.X_test[number].reshape(inputs.dataset.image_shape)
    return image, f"{_subject(inputs)}: test image {number}, true class {_names(inputs)[e.y_true[number]]}"


def _activations(inputs: ReportInputs) -> Figure | None:
    if inputs.single is None:
        return None
    image, title = _example(inputs)
    return activation_picture(image, passage(inputs.single, image), _names(inputs), title)


def _saliency(inputs: ReportInputs) -> Figure | None:
    if inputs.single is None:
        return None
    image, title = _example(inputs)
    return saliency_maps(image, saliency(inputs.single, image), _names(inputs), title)


def _class_map(inputs: ReportInputs) -> Figure | None:
    """Draw the first test images along the first two principal components of the last hidden layer."""
    if inputs.single is None:
        return None
    e = inputs.evaluation
    hidden = last_hidden(inputs.single, inputs.dataset.X_test[:MAPPED])
    if min(hidden.shape) < 2:
        return None
    plane, y = principal_components(hidden), e.y_true[:MAPPED]
    return class_map(plane(hidden), y, plane.shares, _names(inputs), _subject(inputs), y_pred=e.y_pred[:MAPPED])


FIGURES: dict[str, Drawing] = {
    "confusion_matrix": Drawing(
        _confusion,
        "Confusion matrix",
        "Rows are true classes and columns predicted ones. The blue diagonal counts correct predictions; orange cells "
        "count errors, and are darker the larger their share of the row.",
    ),
    "per_class": Drawing(
        _per_class,
        "Scores per class",
        "Precision is the share of the images predicted as a class that belong to it; recall is the share of the "
        "images of a class that are found. The bar is the 95 % confidence interval of the recall.",
    ),
    "confidence": Drawing(
        _confidence,
        "Confidence",
        "Confidence of the correct and of the wrong predictions, on a logarithmic scale. Wrong predictions should be "
        "on the left, since errors with high confidence cannot be noticed.",
    ),
    "reliability": Drawing(
        _reliability,
        "Reliability",
        "Accuracy of the predictions as a function of their confidence. Points above the dashed line are predictions "
        "with too little confidence, points below it those with too much.",
    ),
    "misclassified": Drawing(
        lambda inputs: misclassified_grid(*_pictures(inputs)),
        "Worst errors",
        "Misclassified images, those with the least probable true class first: true class, predicted class, and the "
        "confidence of the prediction.",
    ),
    "predictions": Drawing(
        lambda inputs: prediction_grid(*_pictures(inputs)),
        "Predictions",
        "Random test images of every class with the prediction and its probability, green if it is correct and red if "
        "it is wrong.",
    ),
    "activations": Drawing(
        _activations,
        "From the image to the prediction",
        "One image, the worst error if there is one, on its way through the network. Each square is a unit of a hidden "
        "layer, darker the larger its activation; the bars are the predicted probabilities.",
    ),
    "saliency": Drawing(
        _saliency,
        "Saliency",
        "For the same image and each of the two most probable classes: in the middle the gradient, which tells where "
        "more ink would raise (orange) or lower (blue) the score of the class; on the right the gradient times the "
        "input, which tells how much the ink that is there contributes.",
    ),
    "class_map": Drawing(
        _class_map,
        "Map of the classes",
        "Each point is a test image, placed by the first two principal components of the last hidden layer. Images "
        "among the points of another class are hard to tell from it; rings mark misclassified images.",
    ),
    "first_layer": Drawing(
        _weights,
        "First-layer weights",
        "Weights of the most important units of the first layer as images: ink on orange pixels raises the activation "
        "of a unit, ink on blue pixels lowers it.",
    ),
    "training_curves": Drawing(
        _curves,
        "Training curves",
        "Loss, accuracy and learning rate after each epoch. A validation loss that rises while the training loss still "
        "falls is a sign of overfitting.",
    ),
}
