"""Evaluate a model, show the result in the terminal and write the report: for `testing/test.py` and for the menu."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from interface.console import Console, Style
from testing.inference.ensemble import Ensemble, members
from testing.inference.model_files import EVALUATION_FOLDER, check_same_classes, check_suits
from testing.metrics.evaluation import Evaluation, evaluate_on
from testing.metrics.model_comparison import ModelComparison
from testing.report.blocks import Block, Facts, Table, Text, with_note
from testing.report.inputs import ReportInputs
from testing.report.sections import LEFT_OUT, class_blocks, comparison_blocks, comparison_title, numbers, overview
from testing.report.writer import write_report


def evaluate_and_report(
    console: Console,
    network: NeuralNetwork | Ensemble,
    dataset: Dataset,
    *,
    model: str | Path = "",
    output: str | Path = EVALUATION_FOLDER,
    rival: NeuralNetwork | None = None,
    rival_model: str | Path = "",
) -> Evaluation:
    """Evaluate a network or an ensemble on the test images of a data set, print the scores, and write the report.

    Parameters
    ----------
    console : Console
        Where to print.
    network : NeuralNetwork or Ensemble
        A trained network or ensemble.
    dataset : Dataset
        Its test images are used.
    model : str or Path
        Path of the model file, if there is one; the name of an ensemble.
    output : str or Path
        Folder for the report and the figures.
    rival : NeuralNetwork, optional
        Another network to compare with.
    rival_model : str or Path
        Path of its model file, if there is one.

    Raises
    ------
    InputError
        If the network does not fit the data, or the two networks have different classes.
    OSError
        If the folder cannot be written to.
    """
    console.title(f"Evaluation on {dataset.name}")
    pair = None
    if rival is not None:
        check_same_classes(members(network)[0], rival)
        check_suits(rival, dataset, rival_model)
    evaluation = _evaluated(console, network, dataset, model)
    if rival is not None:
        pair = ModelComparison(evaluation, _evaluated(console, rival, dataset, rival_model))
    inputs = ReportInputs(evaluation, network, dataset, pair)
    show_evaluation(console, inputs)
    console.say()
    console.say(f"Written to {output}, each figure as PNG and SVG:", "title")
    write_report(inputs, output, notify=lambda path: console.say(f"  {path.name}"))
    if inputs.single is None:
        console.say(LEFT_OUT, "quiet")
    return evaluation


def _evaluated(console: Console, network: NeuralNetwork | Ensemble, dataset: Dataset, model: str | Path) -> Evaluation:
    """Evaluate a network or an ensemble; warn about networks that were trained on other data."""
    for each, file in _with_files(network, model):
        check_suits(each, dataset, file)
        warn_of_other_data(console, each, dataset, file or "This model")
    return evaluate_on(network, dataset, model)


def _with_files(network: NeuralNetwork | Ensemble, model: str | Path) -> Iterator[tuple[NeuralNetwork, str | Path]]:
    """Yield each network with the path of its model file, empty if that is not known."""
    files = network.files if isinstance(network, Ensemble) else ()
    networks = members(network)
    yield from zip(networks, files or [model] * len(networks), strict=True)


def warn_of_other_data(
    console: Console, network: NeuralNetwork, dataset: Dataset, model: str | Path = "This model"
) -> None:
    """Warn if a model was trained on other data than these."""
    trained = network.info.get("dataset", dataset.name)
    fingerprint = network.info.get("dataset_fingerprint", dataset.fingerprint)
    if trained != dataset.name:
        console.warn(f"{model} was trained on {trained}, but is evaluated on {dataset.name}: expect more errors.")
    elif fingerprint != dataset.fingerprint:
        console.warn(f"{model} was trained on other {dataset.name} files than those found here.")


def show_evaluation(console: Console, inputs: ReportInputs) -> None:
    """Print the scores: overall, per class, the most frequent confusions, and compared with another model."""
    facts = Facts([*overview(inputs).facts, *numbers(inputs.evaluation).facts])
    show(console, [facts, *class_blocks(inputs.evaluation)])
    if inputs.against is not None:
        console.title(comparison_title(inputs.against))
        show(console, comparison_blocks(inputs.against))


def show(console: Console, blocks: Iterable[Block]) -> None:
    """Print the blocks of a report except for its figures."""
    for block in blocks:
        match block:
            case Facts():
                console.say()
                console.facts([(fact.name, with_note(fact)) for fact in block.facts], title=block.title or None)
            case Table():
                console.table(block.columns, block.rows, title=block.title or None)
            case Text():
                console.say(f"\n{block.text}", _STYLES[block.kind])


_STYLES: dict[str, Style | None] = {"": None, "good": "good", "warn": "warn"}
