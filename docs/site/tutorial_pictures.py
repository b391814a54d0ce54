"""Draw the pictures of the tutorial from the code of its pages: docs/tutorial/pictures/."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import argparse
import io
from collections.abc import Callable
from contextlib import redirect_stdout
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from backend.drawing import QUIET, RATE, TRAIN, VALIDATION, WRONG, new_figure, save_figure, styled, two_sided
from docs.site.blocks import run_blocks
from interface.console import Console
from interface.script import run_script

TUTORIAL = Path(__file__).resolve().parents[1] / "tutorial"
Namespace = dict[str, Any]


def _probabilities(axes: Axes, answer: Callable[[np.ndarray], np.ndarray], limits: tuple[float, ...]) -> None:
    """Colour the plane by the probability of class 1, with the line at one half."""
    x, y = np.linspace(*limits[:2], 150), np.linspace(*limits[2:], 150)
    plane = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    p = answer(plane).reshape(150, 150)
    axes.imshow(p, extent=limits, origin="lower", cmap=two_sided(), vmin=-0.6, vmax=1.6)
    axes.contour(x, y, p, [0.5], colors="black", linewidths=1.5)
    axes.grid(False)


def _points(axes: Axes, X: np.ndarray, classes: np.ndarray) -> None:
    """Draw points of class 0 as blue discs and of class 1 as orange squares."""
    for c, color, marker in ((0, TRAIN, "o"), (1, WRONG, "s")):
        axes.scatter(*X[classes == c].T, color=color, marker=marker, s=16, edgecolor="white", linewidth=0.6,
                     label=f"class {c}")  # fmt: skip


@styled
def neuron_picture(page: Namespace) -> Figure:
    """Return the two clouds of points and the decision line of step 1."""
    figure = new_figure(5.4, 3.6)
    axes = figure.subplots()
    X = page["X"]
    limits = (X[:, 0].min() - 0.3, X[:, 0].max() + 0.3, X[:, 1].min() - 0.3, X[:, 1].max() + 0.3)
    _probabilities(axes, lambda plane: page["neuron"](plane, page["w"], page["b"]), limits)
    _points(axes, X, page["y"])
    w = page["w"] / np.linalg.norm(page["w"])
    at = np.array([1.0, 1.0])  # a point of the line 2 x1 + x2 = 3
    axes.annotate("", at + 0.9 * w, at, arrowprops={"arrowstyle": "->", "linewidth": 1.5})
    axes.annotate("w", at + 0.95 * w, va="center")
    axes.set(xlabel="x1", ylabel="x2")
    axes.legend(loc="lower left", frameon=True)
    return figure


@styled
def loss_picture(page: Namespace) -> Figure:
    """Return the loss of step 2 in every step, for three learning rates."""
    figure = new_figure(5.4, 3.0)
    axes = figure.subplots()
    for rate, color, style in ((0.05, VALIDATION, "--"), (1.0, TRAIN, "-"), (15.0, WRONG, ":")):
        w, losses = np.zeros(3), []
        for _ in range(100):
            losses.append(page["loss"](w))
            w = w - rate * page["numerical_gradient"](page["loss"], w)
        axes.plot(losses, style, color=color, label=f"learning rate {rate:g}")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, 1.75))
    axes.legend()
    return figure


@styled
def border_picture(page: Namespace) -> Figure:
    """Return the border of step 3 after 50, 300 and 2000 steps."""
    figure = new_figure(7.2, 2.7)
    step = 0
    for panel, (axes, until) in enumerate(zip(figure.subplots(1, 3, sharey=True), (50, 300, 2000), strict=True)):
        for _ in range(step, until):
            Y1, p, _ = page["forward"]()
            for name, slope in zip(("W1", "b1", "W2", "b2"), page["backward"](Y1, p), strict=True):
                page[name] -= slope
        step = until
        _probabilities(axes, lambda plane: _circle(page, plane), (-1, 1, -1, 1))
        _points(axes, page["X"], page["t"][:, 0])
        axes.set_title(f"step {until}")
        axes.set(xlabel="x1", ylabel="" if panel else "x2")
    return figure


def _circle(page: Namespace, X: np.ndarray) -> np.ndarray:
    """Return the probabilities of the network of step 3."""
    Y1 = np.tanh(X @ page["W1"] + page["b1"])
    return 1 / (1 + np.exp(-(Y1 @ page["W2"] + page["b2"])))


@styled
def digits_picture(page: Namespace) -> Figure:
    """Return training and test accuracy of step 4 after each epoch."""
    figure = new_figure(5.4, 3.0)
    axes = figure.subplots()
    epochs = range(1, len(page["history"]) + 1)
    _, train, test = (100 * np.array(column) for column in zip(*page["history"], strict=True))
    axes.plot(epochs, train, color=TRAIN, label="training images")
    axes.plot(epochs, test, "--", color=VALIDATION, label="test images")
    axes.set(xlabel="epoch", ylabel="correct (%)", ylim=(85, 100.4))
    axes.legend(loc="lower right")
    return figure


@styled
def network_picture(page: Namespace) -> Figure:
    """Return the validation accuracy of step 5 after each epoch: plain gradient descent and AdamW."""
    plain = page["network"].train(
        page["X_train"], page["y_train"], validation_split=0.1, epochs=15, batch_size=32, verbose=False
    )
    figure = new_figure(5.4, 3.0)
    axes = figure.subplots()
    for history, color, style, label in (
        (page["history"], TRAIN, "-", "64-32 units, AdamW, one cycle"),
        (plain, RATE, "--", "32 units, plain gradient descent"),
    ):
        axes.plot(range(1, 16), [100 * a for a in history.column("val_accuracy")], style, color=color, label=label)
    axes.set(xlabel="epoch", ylabel="validation accuracy (%)")
    axes.legend(loc="lower right")
    return figure


@styled
def inside_picture(page: Namespace) -> Figure:
    """Return the weights of twelve hidden units of step 6, and the six worst errors."""
    figure = new_figure(7.2, 3.6)
    panels = figure.subplots(3, 6)
    filters = page["filters"]
    strongest = np.argsort(-np.abs(filters).sum(axis=(1, 2)))[:12]
    limit = np.abs(filters[strongest]).max()
    for axes, unit in zip(panels[:2].flat, strongest, strict=True):
        axes.imshow(filters[unit], cmap=two_sided(), vmin=-limit, vmax=limit)
    X, y, predicted = page["X_test"], page["y_test"], page["predicted"]
    p = page["network"].predict_proba(X)
    worst = [i for i in np.argsort(p[np.arange(len(y)), y]) if predicted[i] != y[i]][:6]
    for axes, i in zip(panels[2], worst, strict=True):
        axes.imshow(X[i].reshape(8, 8), cmap="gray_r")
        axes.set_title(f"{y[i]} read as {predicted[i]}", fontsize=9, fontweight="normal", pad=4)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color=QUIET)
    panels[0, 0].set_title("Weights of hidden units", fontsize=9, pad=4)
    return figure


# Picture of each page, and how many of its blocks are run before.
PICTURES: dict[str, tuple[Callable[[Namespace], Figure], int | None]] = {
    "1-neuron": (neuron_picture, None),
    "2-loss": (loss_picture, None),
    "3-chain-rule": (border_picture, 2),
    "4-digits": (digits_picture, None),
    "5-network": (network_picture, None),
    "6-inside": (inside_picture, None),
}


def main(console: Console) -> None:
    """Run the pages' code and draw the pictures."""
    parser = argparse.ArgumentParser(prog="tutorial_pictures.py", description=__doc__)
    parser.add_argument("pages", nargs="*", choices=[*PICTURES, []], default=[], help="pages (default: all)")
    parser.add_argument("--output", type=Path, default=TUTORIAL / "pictures", help="folder of the pictures")
    flags = parser.parse_args()
    for name in flags.pages or PICTURES:
        draw, count = PICTURES[name]
        with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()):  # what the pages save and print
            page = run_blocks(TUTORIAL / f"{name}.md", Path(folder), count)
        console.say(save_figure(draw(page), flags.output / f"{name}.png"))


if __name__ == "__main__":
    sys.exit(run_script(main))
