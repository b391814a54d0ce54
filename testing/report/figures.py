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

LONGEST = 40  # characters of a name
MAPPED = 2000  # images on a map of the classes: more cover each other


@dataclass(frozen=True)
class Drawing:
    """A figure of a report.

    Parameters
    ----------
    draw : callable
        Makes the figure from a `ReportInputs`; None where there is nothing to draw.
    title : str
        A few words.
    reading : str
        One sentence: what it shows, and how to read it.
    """

    draw: Callable[[ReportInputs], Figure | None]
    title: str
    reading: str


def drawable(text: str) -> str:
    r"""Return a name as figures can show it: one line of bounded length, its dollars no formula's.

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
    """Draw it as the network was trained, and at its temperature where one has been fitted."""
    e, network = inputs.evaluation, inputs.network
    if isinstance(network, Ensemble) or network.temperature == 1.0:
        return reliability_diagram(e.y_true, e.probabilities, _subject(inputs))
    before, temperature = scaled_softmax(network_logits(network, inputs.dataset.X_test)), network.temperature
    return reliability_diagram(e.y_true, before, _subject(inputs), after=e.probabilities, temperature=temperature)


def _pictures(inputs: ReportInputs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[str, ...], str]:
    """Return the test images with truths, predictions and names, as galleries take them."""
    e = inputs.evaluation
    return inputs.dataset.X_test, e.y_true, e.y_pred, e.probabilities, _names(inputs), _subject(inputs)


def _curves(inputs: ReportInputs) -> Figure | None:
    """Draw the training's curves, if the network remembers one."""
    network = inputs.single
    return training_curves(network.history, _trained_on(inputs)) if network and network.history else None


def _weights(inputs: ReportInputs) -> Figure | None:
    """Draw the first layer's weights, if there is one first layer and its weights form pictures."""
    if inputs.single is None:
        return None
    try:
        layer = first_layer(inputs.single)
    except InputError:
        return None
    return weight_pictures(layer, inputs.dataset.image_shape, _trained_on(inputs))


def _example(inputs: ReportInputs) -> tuple[np.ndarray, str]:
    """Return the worst mistake, or the first test image where there is none, and what to call it."""
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
    """Draw the first test images in the plane in which they differ most, if there is a plane."""
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
        "A row is a true class, a column what it was taken for: the blue diagonal is right, and every orange cell "
        "counts mistakes, the darker the larger their share of the row.",
    ),
    "per_class": Drawing(
        _per_class,
        "Scores of every class",
        "Of all that was taken for a class, precision is the share that belongs to it; of all that belongs to it, "
        "recall is the share that was found; the bar is the range in which the recall lies with 95 % confidence.",
    ),
    "confidence": Drawing(
        _confidence,
        "Confidence",
        "How sure the network was, for right and for wrong predictions, on a logarithmic scale: wrong ones should "
        "stand on the left, since a mistake that it is sure of cannot be noticed.",
    ),
    "reliability": Drawing(
        _reliability,
        "Reliability",
        "How often the network is right when it is so and so sure: points above the dashed line are images of which "
        "it could be surer, points below it those of which it is too sure.",
    ),
    "misclassified": Drawing(
        lambda inputs: misclassified_grid(*_pictures(inputs)),
        "Worst mistakes",
        "The images predicted wrong, the one whose truth the network thought least likely first: true class, "
        "prediction, and how sure the network was of it.",
    ),
    "predictions": Drawing(
        lambda inputs: prediction_grid(*_pictures(inputs)),
        "Predictions",
        "Random test images of every class with the prediction and its probability, green where it is right and red "
        "where it is wrong.",
    ),
    "activations": Drawing(
        _activations,
        "From the image to the answer",
        "One image, its worst mistake if there is one, on its way through the network: every square is a unit of a "
        "hidden layer, the darker the more it is excited, and the bars are the probabilities in the end.",
    ),
    "saliency": Drawing(
        _saliency,
        "What speaks for a class",
        "For the same image, a row for each of the two most probable classes: orange speaks for the class and blue "
        "against it, in the middle if there were more ink, on the right the ink that is there.",
    ),
    "class_map": Drawing(
        _class_map,
        "Map of the classes",
        "Every point is a test image, where the last hidden layer puts it in the two directions of largest variance: "
        "what lies among another class's points is hard to tell from it, and rings mark mistakes.",
    ),
    "first_layer": Drawing(
        _weights,
        "What the first layer looks for",
        "The weights of the first layer's most important units as pictures: ink on orange pixels excites a unit, ink "
        "on blue ones calms it.",
    ),
    "training_curves": Drawing(
        _curves,
        "Training",
        "Loss, accuracy and learning rate after every epoch: when the validation's loss rises while the training's "
        "still falls, the network has begun to learn its images by heart.",
    ),
}
