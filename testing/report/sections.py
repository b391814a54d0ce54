"""The content of a report on an evaluation, section by section, for the terminal and for files."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from backend.versions import library_versions
from classes.layers.summary import HEADS, summary_rows
from classes.neural_network import NeuralNetwork
from testing.inference.ensemble import Ensemble, members
from testing.metrics.evaluation import Evaluation
from testing.metrics.model_comparison import ModelComparison
from testing.report.blocks import Document, Fact, Facts, Picture, Section, Table, Text
from testing.report.figures import FIGURES
from testing.report.inputs import ReportInputs

LEFT_OUT = (
    "Figures of a single network's training, first-layer weights, hidden layers and saliency are left out for an "
    "ensemble. Evaluate one model file on its own to see them."
)
_LONGEST = 300  # characters of a value from a model file that are shown; longer ones are cut in the middle


def report_document(inputs: ReportInputs, figures: Iterable[str]) -> Document:
    """Return the whole report on an evaluation.

    Parameters
    ----------
    inputs : ReportInputs
        The evaluation, the network and the data set.
    figures : iterable of str
        Keys of `FIGURES` that have been written as PNG files into the report's folder.
    """
    e = inputs.evaluation
    lead = f"{e.accuracy:.2%} of {len(e):,} test images of {e.dataset} are classified correctly."
    sections = [
        Section("Result", [numbers(e, prominent=True), overview(inputs)]),
        Section("Classes", class_blocks(e)),
        Section("Figures", [picture(name, inputs) for name in figures]),
        Section("Model", model_blocks(inputs.network)),
        Section("Origin", [provenance(inputs)]),
    ]
    if inputs.against is not None:
        sections.insert(1, Section(comparison_title(inputs.against), comparison_blocks(inputs.against)))
    return Document(f"Evaluation of {e.label} on {e.dataset}", lead, sections)


def overview(inputs: ReportInputs) -> Facts:
    """Return what was evaluated, on which data and on which device."""
    e = inputs.evaluation
    return Facts(
        [
            Fact("Model", e.model or "not saved"),
            *(_made_of(inputs.network) if isinstance(inputs.network, Ensemble) else []),
            Fact("Trained on", e.trained_on or "not recorded"),
            Fact("Tested on", f"{e.dataset}, {len(e):,} test images"),
            Fact("Data from", inputs.dataset.source),
            Fact("Computed on", inputs.network.backend.describe()),
        ]
    )


def numbers(e: Evaluation, *, prominent: bool = False) -> Facts:
    """Return the scores over all classes."""
    return Facts(
        [
            Fact("Accuracy", f"{e.accuracy:.2%}", between(e.interval)),
            Fact("Top-2 accuracy", f"{e.top_2_accuracy:.2%}"),
            Fact("Loss", f"{e.loss:.4f} nats"),
            Fact("Brier score", f"{e.brier_score:.4f}"),
            Fact("Calibration error", f"{e.calibration_error:.2%}"),
            Fact("Speed", f"{e.images_per_second:,.0f} images/s"),
        ],
        prominent=prominent,
    )


def class_blocks(e: Evaluation) -> Sequence[Table | Text]:
    """Return the table of scores per class, and the most frequent confusions."""
    table = Table("Scores per class", ("Class", "Precision", "Recall", "F1", "Images"), _class_rows(e))
    confusions = e.confusions()
    if not confusions:
        return [table, Text(f"All {len(e):,} images were classified correctly.", "good")]
    return [table, Table("Most frequent confusions", ("True", "Predicted", "Images"), confusions, words=2)]


def comparison_title(pair: ModelComparison) -> str:
    """Return the title of a comparison."""
    return "{} against {}".format(*pair.names)


def comparison_blocks(pair: ModelComparison) -> Sequence[Facts | Table | Text]:
    """Return how two models differ: overall, image by image, and class by class."""
    (first, second), counts = pair.names, pair.counts
    low, high = counts.interval
    facts = [
        Fact(f"Accuracy of {first}", f"{pair.first.accuracy:.2%}", between(pair.first.interval)),
        Fact(f"Accuracy of {second}", f"{pair.second.accuracy:.2%}", between(pair.second.interval)),
        Fact("Difference", points(counts.difference), f"95 % interval {100 * low:+.2f} to {100 * high:+.2f}"),
        Fact("McNemar's exact test", f"p = {counts.p_value:.4g}"),
    ]
    rows = [
        (f"{first} correct", f"{counts.both_right:,}", f"{counts.only_first:,}"),
        (f"{first} wrong", f"{counts.only_second:,}", f"{counts.both_wrong:,}"),
    ]
    changes = [
        (
            c.name,
            f"{c.images:,}",
            f"{c.first_recall:.2%}",
            f"{c.second_recall:.2%}",
            f"{c.gained:,}",
            f"{c.lost:,}",
            f"{c.net:+,}",
        )
        for c in pair.classes()
    ]
    heads = ("Class", "Images", f"Recall of {first}", f"of {second}", "Gained", "Lost", "Net")
    return [
        Text(pair.verdict()),
        Facts(facts),
        Table("Image by image", ("", f"{second} correct", f"{second} wrong"), rows),
        Table("Class by class", heads, changes),
        Text(pair.movements()),
    ]


def picture(name: str, inputs: ReportInputs, folder: str = "") -> Picture:
    """Return a figure with its title and description; `folder` is the path to the PNG, empty or ending in a slash."""
    drawing = FIGURES[name]
    alt = f"{drawing.title}: {inputs.evaluation.subject}"
    return Picture(f"{folder}{name}.png", drawing.title, drawing.reading, alt)


def model_blocks(network: NeuralNetwork | Ensemble) -> Sequence[Facts | Table | Text]:
    """Return the layers and settings of a network, or the networks of an ensemble."""
    networks = members(network)
    if len(networks) == 1:
        return _network_blocks(networks[0])
    files = network.files if isinstance(network, Ensemble) and network.files else ["not saved"] * len(networks)
    rows = [
        (file, "-".join(map(str, _sizes(each))), f"{each.parameter_count:,}", f"{each.temperature:.3f}")
        for file, each in zip(files, networks, strict=True)
    ]
    return [
        Table("Networks of the ensemble", ("File", "Layers", "Parameters", "Temperature"), rows, words=2),
        Text(LEFT_OUT),
    ]


def _made_of(network: Ensemble) -> list[Fact]:
    """Return the files of an ensemble, and what its predictions are averaged over."""
    networks = f"{len(network.networks)} networks" if len(network.networks) > 1 else ""
    views = f"{network.views} views of every image" if network.views > 1 else ""
    files = [Fact("Files", ", ".join(network.files))] if network.files else []
    return [*files, Fact("Prediction", f"mean probabilities over {' and '.join(filter(None, (networks, views)))}")]


def _sizes(network: NeuralNetwork) -> list[int]:
    """Return the input size, and the number of units of each layer with weights."""
    shapes = network.stack.parameters.shapes.values()
    return [network.input_size, *(shape[-1] for shape in shapes if len(shape) > 1)]


def _network_blocks(network: NeuralNetwork) -> Sequence[Facts | Table]:
    """Return the table of layers, and the training configuration as far as it is recorded."""
    settings = network.info.get("config")
    if not isinstance(settings, Mapping):
        settings = {"optimizer": network.optimizer.kind, "learning rate": network.learning_rate}
    facts = [Fact(str(name).replace("_", " ").capitalize(), _brief(value)) for name, value in settings.items()]
    return [Table("Layers", HEADS, summary_rows(network.stack)), Facts(facts, "Training configuration")]


def provenance(inputs: ReportInputs) -> Facts:
    """Return the dates, versions and checksums that the report is based on."""
    info = inputs.network.info
    here = _versions(library_versions())
    facts = [
        Fact("Evaluated", inputs.evaluated, here),
        Fact("SHA-256 of the data", inputs.dataset.fingerprint),
        Fact("Images", f"{len(inputs.dataset.X_train):,} to train, {len(inputs.dataset.X_test):,} to test"),
        Fact("SHA-256 of the training data", _brief(info.get("dataset_fingerprint", "not recorded"))),
        Fact("Trained", _brief(info.get("saved", "not recorded")), _versions(info.get("versions"))),
        Fact("Trained with", _brief(info.get("device", "not recorded"))),
        Fact("Preset", _brief(info.get("preset", "not recorded"))),
    ]
    if isinstance(info.get("seconds"), float):
        facts.append(Fact("Training time", f"{info['seconds']:.1f} s"))
    return Facts(facts)


def between(ends: tuple[float, float]) -> str:
    """Return a 95 % confidence interval as text.

    Examples
    --------
    >>> between((0.975, 0.985))
    '95 % interval 97.50% to 98.50%'
    """
    return f"95 % interval {ends[0]:.2%} to {ends[1]:.2%}"


def points(difference: float) -> str:
    """Return a difference of two fractions in percentage points.

    Examples
    --------
    >>> points(0.0185)
    '+1.85 percentage points'
    """
    return f"{100 * difference:+.2f} percentage points"


def _class_rows(e: Evaluation) -> list[list[object]]:
    """Return one row per class, and the two averages."""
    means = ("mean", e.scores.macro()), ("weighted mean", e.scores.weighted())
    rows = [*e.per_class().items(), *((name, {**scores, "support": len(e)}) for name, scores in means)]
    return [
        [name, *(f"{row[score]:.2%}" for score in ("precision", "recall", "f1")), f"{row['support']:,}"]
        for name, row in rows
    ]


def _versions(versions: Any) -> str:
    """Return the versions of libraries in one line; empty if they are not recorded."""
    if not isinstance(versions, Mapping):
        return ""
    return str(_brief(", ".join(f"{name} {version}" for name, version in versions.items())))


def _brief(value: Any) -> object:
    """Return a value from a model file for display: lists as their items, long texts cut in the middle."""
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value)) or None
    elif isinstance(value, Mapping):
        value = str(value)
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[: _LONGEST // 2]} … {value[-_LONGEST // 2 :]}"
    return value
