"""Testing a model as a user asks for it: `testing/test.py` and the menu both call this."""

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
    """Evaluate a network, or an ensemble, on a data set's test images, say what was found, and write the report.

    Parameters
    ----------
    console : Console
        Where to say it.
    network : NeuralNetwork or Ensemble
        A trained one.
    dataset : Dataset
        Its test part is used.
    model : str or Path
        The network's file, if it has one; what to call an ensemble.
    output : str or Path
        Folder for the report and the figures.
    rival : NeuralNetwork, optional
        Another one, to stand beside the first.
    rival_model : str or Path
        The rival's file, if it has one.

    Raises
    ------
    InputError
        If network and data do not belong together, or the two networks do not.
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
    console.say(f"Written to {output}, an SVG beside every PNG:", "title")
    write_report(inputs, output, notify=lambda path: console.say(f"  {path.name}"))
    if inputs.single is None:
        console.say(LEFT_OUT, "quiet")
    return evaluation


def _evaluated(console: Console, network: NeuralNetwork | Ensemble, dataset: Dataset, model: str | Path) -> Evaluation:
    """Evaluate a network or an ensemble; warn of every network that was trained on other data."""
    for each, file in _with_files(network, model):
        check_suits(each, dataset, file)
        warn_of_other_data(console, each, dataset, file or "This model")
    return evaluate_on(network, dataset, model)


def _with_files(network: NeuralNetwork | Ensemble, model: str | Path) -> Iterator[tuple[NeuralNetwork, str | Path]]:
    """Yield every network with its file, if that is known."""
    files = network.files if isinstance(network, Ensemble) else ()
    networks = members(network)
    yield from zip(networks, files or [model] * len(networks), strict=True)


def warn_of_other_data(
    console: Console, network: NeuralNetwork, dataset: Dataset, model: str | Path = "This model"
) -> None:
    """Say plainly when a model was trained on other data than these."""
    trained = network.info.get("dataset", dataset.name)
    fingerprint = network.info.get("dataset_fingerprint", dataset.fingerprint)
    if trained != dataset.name:
        console.warn(f"{model} was trained on {trained}, but the data here are {dataset.name}: expect mistakes.")
    elif fingerprint != dataset.fingerprint:
        console.warn(f"{model} was trained on other files of {dataset.name} than those found here.")


def show_evaluation(console: Console, inputs: ReportInputs) -> None:
    """Print the figures: overall, class by class, the most frequent confusions, and beside another model's."""
    facts = Facts([*overview(inputs).facts, *numbers(inputs.evaluation).facts])
    show(console, [facts, *class_blocks(inputs.evaluation)])
    if inputs.against is not None:
        console.title(comparison_title(inputs.against))
        show(console, comparison_blocks(inputs.against))


def show(console: Console, blocks: Iterable[Block]) -> None:
    """Print what a report says, pictures left out."""
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
