"""Charts of training and evaluation, each a function from numbers to a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.drawing import (
    FAINT,
    INK,
    QUIET,
    RATE,
    RIGHT,
    TRAIN,
    VALIDATION,
    WRONG,
    new_figure,
    styled,
    titled_figure,
)
from classes.training.records import History
from testing.metrics import ClassScores, wilson_interval
from testing.metrics.probabilities import Reliability, reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def training_curves(history: History, dataset_name: str) -> Figure:
    """Draw loss, accuracy and learning rate over the epochs, and mark the epoch whose weights were kept.

    Parameters
    ----------
    history : History
        At least one epoch; without validation data its lines are left out.
    dataset_name : str
        Shown in the title.
    """
    figure = new_figure(7.5, 6.8)
    loss, accuracy, rate = figure.subplots(3, 1, sharex=True, height_ratios=[4, 4, 1.5])
    epochs = history.column("epoch")
    marker = "o" if len(epochs) <= 30 else ""
    for axes, name, factor in ((loss, "loss", 1), (accuracy, "accuracy", 100)):
        for part, color, label in (("train", TRAIN, "training"), ("val", VALIDATION, "validation")):
            values = history.column(f"{part}_{name}")
            if None not in values:
                axes.plot(epochs, factor * np.array(values), color=color, marker=marker, markersize=4, label=label)
    rate.plot(epochs, history.column("learning_rate"), color=RATE, marker=marker, markersize=4, clip_on=False)
    loss.set(ylabel="loss (nats)", title=f"{dataset_name}: training")
    accuracy.set(ylabel="accuracy (%)")
    rate.set(ylabel="learning\nrate", xlabel="epoch")
    rate.yaxis.set_major_formatter("{x:g}")
    _from_zero(loss)
    _from_zero(rate)
    _epoch_axis(rate, epochs)
    _mark_chosen((loss, accuracy, rate), history.chosen_epoch)
    figure.legend(*loss.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.align_ylabels()
    return figure


@styled
def confusion_heatmap(confusion: np.ndarray, class_names: Sequence[str], dataset_name: str) -> Figure:
    """Draw the confusion matrix: counts and percentages of each row, coloured; cells with a count of 0 are empty.

    Errors have their own colour scale, from 0 to the largest of them: on the scale of the diagonal, which
    reaches 98 %, they would all look white.

    Parameters
    ----------
    confusion : ndarray of shape (C, C), counts
        Rows are true classes, columns predicted classes.
    class_names : sequence of C str
        Names of rows and columns.
    dataset_name : str
        Shown in the title.
    """
    figure, axes = _square(class_names)
    share = 100 * confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    diagonal = np.eye(len(confusion), dtype=bool)
    cells = zip(confusion.flat, share.flat, strict=True)
    text = np.array([f"{count:,}\n{value:.1f}%" for count, value in cells], dtype=object).reshape(share.shape)
    _layer(axes, share, diagonal, TRAIN, 300, class_names, annot=text)
    mistakes = (confusion > 0) & ~diagonal
    if mistakes.any():
        bar = {"label": "errors, in per cent of the row", "shrink": 0.6, "aspect": 30, "pad": 0.02}
        worst = max(share[mistakes].max(), 1.0)  # per cent: a single error in a thousand images stays pale
        _layer(axes, share, mistakes, WRONG, worst, class_names, annot=text, cbar=True, cbar_kws=bar)
    axes.set(xlabel="predicted", ylabel="true", title=f"{dataset_name}: confusion matrix")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    if max(map(len, class_names)) > 5:
        for label in axes.get_xticklabels():
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    return figure


@styled
def per_class_scores(scores: ClassScores, class_names: Sequence[str], dataset_name: str) -> Figure:
    """Draw precision, recall and F1 of every class as points, the recall with its 95 % interval.

    Points rather than bars, because the scale does not start at 0.

    Parameters
    ----------
    scores : ClassScores
        Of C classes.
    class_names : sequence of C str
        Names in the order of the class numbers.
    dataset_name : str
        Shown in the title.
    """
    figure = new_figure(7.5, 1.6 + 0.36 * len(class_names))
    axes = figure.subplots()
    row = np.arange(len(class_names))
    ends = [
        wilson_interval(round(r * n), n) if n else (r, r) for r, n in zip(scores.recall, scores.support, strict=True)
    ]
    low, high = 100 * np.array(ends).T
    axes.hlines(row, low, high, color=VALIDATION, alpha=0.35, linewidth=5, label="95 % interval of the recall")
    axes.plot(100 * scores.recall, row, "o", color=VALIDATION, markersize=8, label="recall")
    axes.plot(100 * scores.precision, row, "D", color=TRAIN, markersize=6, label="precision")
    axes.plot(100 * scores.f1, row, "|", color=INK, markersize=14, markeredgewidth=2, label="F1")
    labels = [f"{name}  ({n:,})" for name, n in zip(class_names, scores.support, strict=True)]
    axes.set_yticks(row, labels)
    axes.set(
        ylim=(len(row) - 0.5, -0.5),
        xlabel="per cent",
        ylabel="class (images)",
        title=f"{dataset_name}: scores of every class",
    )
    axes.grid(visible=False, axis="x")
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside lower center", ncols=4, handletextpad=0.4)
    return figure


@styled
def confidence_histogram(y_true: np.ndarray, probabilities: np.ndarray, dataset_name: str) -> Figure:
    """Draw the confidence of correct and of incorrect predictions as histograms with a logarithmic count axis.

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        True class numbers.
    probabilities : ndarray of shape (N, C)
        Rows sum to 1; the largest of a row is the confidence.
    dataset_name : str
        Shown in the title.
    """
    figure = new_figure(7.5, 4.2)
    axes = figure.subplots()
    sure, right = 100 * probabilities.max(axis=1), probabilities.argmax(axis=1) == y_true
    parts = [(sure[right], RIGHT, "correct"), (sure[~right], WRONG, "incorrect")]
    axes.hist(
        [values for values, _, _ in parts],
        bins=np.linspace(0, 100, 21).tolist(),
        color=[color for _, color, _ in parts],
        label=[_described(label, values) for values, _, label in parts],
        log=True,
        rwidth=0.85,
    )
    axes.set(xlim=(100 / probabilities.shape[1] // 5 * 5, 100), ylim=(0.6, None))
    axes.set(xlabel="confidence: the largest probability (%)", ylabel="images (log scale)")
    axes.set(title=f"{dataset_name}: confidence of the predictions")
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="upper left")
    return figure


@styled
def reliability_diagram(
    y_true: np.ndarray,
    before: np.ndarray,
    dataset_name: str,
    *,
    after: np.ndarray | None = None,
    temperature: float = 1.0,
    bins: int = 15,
) -> Figure:
    """Draw how often the network was right when it was so and so sure, and how many images that are.

    On the dashed line confidence equals accuracy; below it the network is overconfident (Guo et al. 2017).

    Parameters
    ----------
    y_true : ndarray of shape (N,), integers
        True class numbers.
    before : ndarray of shape (N, C)
        Probabilities as the network was trained; rows sum to 1.
    dataset_name : str
        Shown in the title.
    after : ndarray of shape (N, C), optional
        Probabilities at the fitted temperature.
    temperature : float
        The fitted temperature, where there is `after`.
    bins : int
        Bins of confidence.
    """
    parts = [("as trained", before)] + ([(f"temperature {temperature:.3g}", after)] if after is not None else [])
    title = f"{dataset_name}: accuracy against confidence"
    figure = titled_figure(7.5 if len(parts) == 2 else 5.4, 5.4, title)
    panels = figure.subplots(2, len(parts), sharex=True, sharey="row", height_ratios=[4, 1.3], squeeze=False)
    for (upper, lower), (name, probabilities) in zip(panels.T, parts, strict=True):
        found = reliability(y_true, probabilities, bins)
        _reliability(upper, found)
        upper.set_title(f"{name}\nexpected calibration error {found.error:.2%}", fontsize=10, fontweight="normal")
        middles = 100 * (np.arange(bins) + 0.5) / bins
        lower.bar(middles, found.count, width=85 / bins, color=QUIET)
        lower.set(yscale="log", ylim=(0.6, 3 * len(y_true)), xlabel="confidence (%)")
        lower.yaxis.set_major_formatter("{x:,.0f}")
        lower.grid(visible=False, axis="x")
    panels[0, 0].set(ylabel="accuracy (%)", xlim=(0, 100), ylim=(0, 104))
    panels[1, 0].set(ylabel="images\n(log scale)")
    figure.align_ylabels()
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handletextpad=0.6)
    return figure


def _reliability(axes: Axes, found: Reliability) -> None:
    """Draw the accuracy of every bin that is not empty over its mean confidence."""
    full = found.count > 0
    x, y = 100 * found.confidence[full], 100 * found.accuracy[full]
    ends = [wilson_interval(int(k), int(n)) for k, n in zip(found.right[full], found.count[full], strict=True)]
    low, high = 100 * np.array(ends).T
    axes.plot([0, 100], [0, 100], "--", color=QUIET, linewidth=1.2, label="perfectly calibrated")
    axes.vlines(x, low, high, color=TRAIN, alpha=0.35, linewidth=5, label="95 % interval")
    axes.plot(x, y, "o", color=TRAIN, markersize=6, label="images of one bin", clip_on=False)


def _described(label: str, values: np.ndarray) -> str:
    """Return a legend entry: a name, the number of images, and their median confidence."""
    return f"{label}: {len(values):,}" + (f", median {np.median(values):.1f}%" if len(values) else "")


def _square(class_names: Sequence[str]) -> tuple[Figure, Axes]:
    """Return a square figure with 0.62 inches per class and room for the class names."""
    side = max(0.62 * len(class_names), 3.0)
    margin = 0.6 + 0.08 * max(map(len, class_names))
    figure = new_figure(side + margin + 1.0, side + margin + 0.5)
    return figure, figure.subplots()


def _layer(
    axes: Axes, percent: np.ndarray, shown: np.ndarray, color: str, top: float, names: Sequence[str], **kw: Any
) -> None:
    """Draw the cells that are `shown`, white at 0 and in full colour at `top` per cent."""
    import seaborn as sns

    sns.heatmap(
        percent,
        mask=~shown,
        cmap=sns.light_palette(color, as_cmap=True),
        vmin=0,
        vmax=top,
        fmt="",
        square=True,
        linewidths=0.8,
        linecolor=FAINT,
        xticklabels=list(names),
        yticklabels=list(names),
        annot_kws={"fontsize": 9, "color": INK},
        ax=axes,
        **{"cbar": False, **kw},
    )


def _from_zero(axes: Axes) -> None:
    """Let the scale begin at 0 and end above the highest point that is a number."""
    heights = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines])
    axes.set_ylim(0, 1.08 * max(heights[np.isfinite(heights)], default=0) or 1)


def _epoch_axis(axes: Axes, epochs: Sequence[int]) -> None:
    """Label whole epochs, with half an epoch of margin at both ends."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _mark_chosen(panels: Sequence[Axes], epoch: int | None) -> None:
    """Draw a line through all panels at the epoch whose weights were kept."""
    if epoch is None:
        return
    for axes in panels:
        axes.axvline(epoch, color=QUIET, linestyle="--", linewidth=1.2, zorder=1)
    panels[0].lines[-1].set_label(f"weights kept: epoch {epoch}")
