"""Figures of weights, activations, saliency and projections, from the results of `testing.inference.inspection`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.drawing import (
    FAINT,
    INK,
    PAPER,
    QUIET,
    TRAIN,
    digit_grid,
    new_figure,
    one_sided,
    shortened,
    styled,
    titled_figure,
    two_sided,
)
from testing.inference.inspection import FirstLayer, Passage, Saliency

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

# Paul Tol's muted scheme (2021), made for all kinds of colour vision, and a grey. With the markers, 70 classes differ.
CLASS_COLORS = (
    "#332288", "#CC6677", "#117733", "#DDAA33", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499", "#767676",
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

ACROSS = 32  # units per row in the figure of a layer
MAPS_ACROSS, MAP_ROWS = 16, 2  # feature maps per row, and rows, in the figure of a layer of images
UNIT_HEIGHT, MAP_HEIGHT = 0.145, 0.36  # inches of a row of units and of feature maps


@styled
def weight_pictures(layer: FirstLayer, image_shape: tuple[int, int], dataset_name: str, *, limit: int = 40) -> Figure:
    """Draw the weights of the first layer's most important units or filters, each as an image.

    Ink on orange pixels excites a unit, ink on blue ones calms it.

    Parameters
    ----------
    layer : FirstLayer
        What `first_layer` found.
    image_shape : tuple of int
        Height and width of the images.
    dataset_name : str
        Name of the training data, shown in the title.
    limit : int
        Units at most.
    """
    shown = min(limit, len(layer.units))
    count = f"all {shown}" if shown == len(layer.units) else f"the {shown} most important of {len(layer.units)}"
    kind = "unit" if layer.filter_shape is None else "filter"
    return digit_grid(
        layer.weights[:shown].reshape(shown, *(layer.filter_shape or image_shape)),
        [f"{kind} {unit}" for unit in layer.units[:shown]],
        title=f"{dataset_name}: weights of the first layer, {count} {kind}s",
        signed=True,
    )


@styled
def activation_picture(image: np.ndarray, way: Passage, class_names: Sequence[str], title: str) -> Figure:
    """Draw one image, the activations of every hidden layer, and the class probabilities.

    A unit of a dense layer is a square; a channel of a convolution is a picture, its feature map.

    Parameters
    ----------
    image : ndarray of shape (H, W)
        The image.
    way : Passage
        What `passage` found for it.
    class_names : sequence of C str
        Names in the order of the class numbers.
    title : str
        The title of the figure.
    """
    heights = [_height(outputs) for outputs in way.outputs]
    height = max(2.4, sum(each + 0.5 for each in heights), 0.6 + 0.24 * len(class_names))
    figure = titled_figure(10.2, height + 0.6, title)
    grid = figure.add_gridspec(1, 3, width_ratios=[1.5, 5, 2.2])
    _ink(figure.add_subplot(grid[0]), image)
    if heights:
        panels = grid[1].subgridspec(len(heights), 1, height_ratios=[each + 0.35 for each in heights])
        for place, (name, outputs) in enumerate(zip(way.names, way.outputs, strict=True)):
            draw = _units if outputs.ndim == 1 else _feature_maps
            draw(figure.add_subplot(panels[place]), name, outputs)
    _bars(figure.add_subplot(grid[2]), way.probabilities, class_names)
    return figure


@styled
def saliency_maps(image: np.ndarray, found: Sequence[Saliency], class_names: Sequence[str], title: str) -> Figure:
    """Draw which pixels of an image support some classes: one row per class, with gradient and input x gradient.

    Orange supports the class, blue opposes it; the rows of a column share one scale. A line shows where the ink
    ends.

    Parameters
    ----------
    image : ndarray of shape (H, W)
        The image.
    found : sequence of Saliency
        What `saliency` found for it; at least one.
    class_names : sequence of C str
        Names in the order of the class numbers.
    title : str
        The title of the figure.
    """
    figure = titled_figure(7.5, 2.35 * len(found) + 1.4, title)
    panels = figure.subplots(len(found), 3, squeeze=False)
    names = shortened(class_names, 20)
    for axes, one in zip(panels[:, 0], found, strict=True):
        _ink(axes, image)
        _head(axes, f"why {names[one.class_number]}?\n({one.probability:.1%})")
    gradients, contributions = [one.gradient for one in found], [one.contribution for one in found]
    _maps(figure, panels[:, 1], image, gradients, "where more ink would help\n(gradient)")
    _maps(figure, panels[:, 2], image, contributions, "contribution of the ink\n(input × gradient)")
    return figure


@styled
def class_map(
    points: np.ndarray,
    y: np.ndarray,
    shares: np.ndarray,
    class_names: Sequence[str],
    dataset_name: str,
    *,
    y_pred: np.ndarray | None = None,
) -> Figure:
    """Draw images as points in two dimensions, coloured by class, with each class's name at its centre.

    Parameters
    ----------
    points : ndarray of shape (N, 2)
        The last hidden layer's outputs, projected: ``principal_components(hidden)(hidden)``.
    y : ndarray of shape (N,), integers
        True class numbers.
    shares : ndarray of shape (2,)
        Share of the variance that each direction has.
    class_names : sequence of C str
        Names in the order of the class numbers.
    dataset_name : str
        Shown in the title.
    y_pred : ndarray of shape (N,), integers, optional
        Predicted class numbers; misclassified images are circled.
    """
    wide, tall = np.ptp(points, axis=0)
    figure = new_figure(7.5, min(max(1.2 + 7.0 * tall / max(wide, 1e-9), 4.5), 6.6))
    axes = figure.subplots()
    present = [number for number in range(len(class_names)) if (y == number).any()]
    for number in present:
        look: dict[str, Any] = {"c": CLASS_COLORS[number % 10], "marker": MARKERS[number % 7], "s": 13}
        axes.scatter(*points[y == number].T, alpha=0.55, linewidths=0, label=class_names[number], **look)
    if y_pred is not None and (wrong := y != y_pred).any():
        label = f"misclassified: {wrong.sum():,} of {len(y):,}"
        ring: dict[str, Any] = {"facecolors": "none", "edgecolors": INK, "linewidths": 0.8, "s": 42}
        rings = axes.scatter(*points[wrong].T, label=label, **ring)
        figure.legend(handles=[rings], loc="outside lower center")
    first, second = 100 * np.asarray(shares)
    axes.set(xlabel=f"first principal component ({first:.0f} % of the variance)")
    axes.set(ylabel=f"second principal component ({second:.0f} %)")
    axes.set(title=f"{dataset_name}: {len(y):,} images, activations of the last hidden layer", xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")
    names = shortened(class_names)
    _name_centres(figure, axes, [(names[n], points[y == n].mean(axis=0)) for n in present])
    return figure


def _ink(axes: Axes, image: np.ndarray) -> None:
    """Draw an image as ink on paper, in a frame."""
    top = 255 if image.dtype == np.uint8 else None
    axes.imshow(image, "gray_r", vmin=0 if top else None, vmax=top, interpolation="none")
    _frame(axes)


def _maps(figure: Figure, panels: np.ndarray, image: np.ndarray, maps: Sequence[np.ndarray], name: str) -> None:
    """Draw numbers with a sign, one picture below the other on one symmetric scale, and where the ink ends."""
    limit = max(float(np.abs(values).max()) for values in maps) or 1.0
    for axes, values in zip(panels, maps, strict=True):
        drawn = axes.imshow(values.reshape(image.shape), two_sided(), vmin=-limit, vmax=limit, interpolation="none")
        if image.min() < image.max():
            axes.contour(image, levels=[(float(image.min()) + float(image.max())) / 2], colors=INK, linewidths=0.7)
        _frame(axes)
    _head(panels[0], name)
    bar = figure.colorbar(drawn, ax=panels, location="bottom", shrink=0.8, aspect=24)
    bar.outline.set_visible(False)
    bar.set_ticks([-limit, 0, limit], labels=[f"−{limit:.2g}", "0", f"+{limit:.2g}"])


def _head(axes: Axes, text: str) -> None:
    """Write the title of a panel."""
    axes.set_title(text, fontsize=10, fontweight="normal", loc="center")


def _frame(axes: Axes) -> None:
    """Leave a thin frame of the axes, and no ticks."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=QUIET, linewidth=0.8)


def _height(outputs: np.ndarray) -> float:
    """Return the height of a layer's picture in inches."""
    if outputs.ndim == 1:
        return UNIT_HEIGHT * -(-len(outputs) // ACROSS)
    return MAP_HEIGHT * min(-(-outputs.shape[2] // MAPS_ACROSS), MAP_ROWS)


def _feature_maps(axes: Axes, name: str, outputs: np.ndarray) -> None:
    """Draw feature maps (H, W, C) side by side, those with the largest activations if there are too many."""
    height, width, channels = outputs.shape
    strongest = np.sort(np.argsort(-np.abs(outputs).max(axis=(0, 1)), kind="stable")[: MAPS_ACROSS * MAP_ROWS])
    rows = -(-len(strongest) // MAPS_ACROSS)
    mosaic = np.full((rows * (height + 1) - 1, MAPS_ACROSS * (width + 1) - 1), np.nan)
    for place, channel in enumerate(strongest):
        top, left = (height + 1) * (place // MAPS_ACROSS), (width + 1) * (place % MAPS_ACROSS)
        mosaic[top : top + height, left : left + width] = outputs[:, :, channel]
    largest = float(np.abs(outputs).max()) or 1.0
    low, colors = (-largest, two_sided()) if outputs.min() < 0 else (0.0, one_sided())
    axes.imshow(mosaic, colors, vmin=low, vmax=largest, interpolation="none")
    axes.set_axis_off()
    axes.set_anchor("W")
    shown = f"{channels} maps" if len(strongest) == channels else f"{len(strongest)} of {channels} maps"
    axes.set_title(f"{name}: {shown} of {height} × {width}, {_span(outputs)}", fontsize=10)


def _span(outputs: np.ndarray) -> str:
    """Return the smallest and the largest activation as text."""
    return f"from {outputs.min():.2g} to {outputs.max():.2g}".replace("-", "−")


def _units(axes: Axes, name: str, outputs: np.ndarray) -> None:
    """Draw a layer's outputs as squares, row by row, and write how many are not 0."""
    from matplotlib.collections import PolyCollection

    row, column = np.divmod(np.arange(len(outputs)), ACROSS)
    squares = np.stack([column, row], axis=1)[:, None] + [(0, 0), (1, 0), (1, 1), (0, 1)]
    largest = float(np.abs(outputs).max()) or 1.0
    low, colors = (-largest, two_sided()) if outputs.min() < 0 else (0.0, one_sided())
    cells = PolyCollection(list(squares), array=outputs, cmap=colors, edgecolors=FAINT, linewidths=0.4)
    cells.set_clim(low, largest)
    axes.add_collection(cells)
    axes.set(xlim=(0, ACROSS), ylim=(row[-1] + 1.05, -0.05))
    axes.set_axis_off()
    axes.set_aspect("equal", anchor="W")
    active = f"{np.count_nonzero(outputs)} of {len(outputs)} active"
    axes.set_title(f"{name}: {active}, {_span(outputs)}", fontsize=10)


def _bars(axes: Axes, probabilities: np.ndarray, class_names: Sequence[str]) -> None:
    """Draw probabilities as bars, the largest one dark."""
    row = np.arange(len(probabilities))
    colors = np.where(row == probabilities.argmax(), TRAIN, QUIET)
    axes.barh(row, 100 * probabilities, color=colors.tolist(), height=0.7)
    for place, p in enumerate(probabilities):
        axes.text(100 * p + 3, place, f"{p:.1%}", fontsize=9, va="center")
    axes.set_yticks(row, shortened(class_names))
    axes.set(xlim=(0, 135), ylim=(len(row) - 0.4, -0.6), xticks=[])
    axes.set_title("probabilities", fontsize=10)
    axes.spines["bottom"].set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)


def _name_centres(figure: Figure, axes: Axes, centres: Sequence[tuple[str, np.ndarray]]) -> None:
    """Write names at the centres; names that would overlap are moved apart and linked to their centres by lines."""
    texts = [_name(axes, name, centre, centre) for name, centre in centres]
    figure.draw_without_rendering()
    boxes = np.array([text.get_window_extent().get_points() for text in texts])
    wanted, sizes = boxes.mean(axis=1), boxes[:, 1] - boxes[:, 0] + (6, 2)
    found = apart(wanted, sizes, axes.get_window_extent().get_points())
    for text, place, (name, centre) in zip(texts, axes.transData.inverted().transform(found), centres, strict=True):
        text.remove()
        _name(axes, name, centre, place)


def _name(axes: Axes, name: str, centre: np.ndarray, place: np.ndarray) -> Annotation:
    """Write a name at a place, with a line from there to the centre that it names; both in the data's numbers."""
    from matplotlib.patheffects import withStroke

    return axes.annotate(
        name, tuple(centre), tuple(place), color=INK, fontsize=13, fontweight="bold", ha="center", va="center",
        path_effects=[withStroke(linewidth=4, foreground=PAPER)],
        arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def apart(wanted: np.ndarray, sizes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return positions near the given ones such that boxes are within a window and do not overlap.

    Each overlapping pair is moved apart, by half the overlap each, along the axis with the smaller overlap; again and
    again.

    Parameters
    ----------
    wanted, sizes : ndarray of shape (K, 2)
        Centres and sizes of the boxes.
    window : ndarray of shape (2, 2)
        Its lower left and its upper right corner.

    Examples
    --------
    >>> apart(np.array([[5.0, 5.0], [5.0, 6.0]]), np.full((2, 2), 3.0), np.array([[0, 0], [10, 10]])).tolist()
    [[5.0, 4.0], [5.0, 7.0]]
    """
    low, high = window[0] + sizes / 2, window[1] - sizes / 2
    aside = 1e-3 * np.arange(len(wanted))[:, None]  # two at one place need a direction to part in
    places = np.clip(wanted, low, high) + aside
    for _ in range(500):
        gap = places[:, None] - places[None]
        overlap = (sizes[:, None] + sizes[None]) / 2 - np.abs(gap)
        touching = (overlap > 1e-6).all(axis=2) & ~np.eye(len(places), dtype=bool)
        if not touching.any():
            break
        axis = overlap.argmin(axis=2)[..., None] == np.arange(2)
        push = np.where(axis & touching[..., None], np.sign(gap) * overlap / 2, 0.0)
        places = np.clip(places + push.sum(axis=1), low, high)
    return np.clip(np.round(places, 2), low, high)
