"""Testing a model as a user asks for it: `testing/test.py` and the menu both call this."""

from pathlib import Path

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from interface.console import Console
from testing.evaluation import Evaluation, evaluate_model
from testing.models import EVALUATION_FOLDER
from testing.report import write_report


def evaluate_command(
    console: Console,
    network: NeuralNetwork,
    dataset: Dataset,
    *,
    model: str | Path = "",
    output: str | Path = EVALUATION_FOLDER,
) -> Evaluation:
    """Evaluate a network on a data set's test images, say what was found, and write the report.

    Parameters
    ----------
    console : Console
        Where to say it.
    network : NeuralNetwork
        A trained one.
    dataset : Dataset
        Its test part is used.
    model : str or Path
        The network's file, if it has one.
    output : str or Path
        Folder for report.json and the figures.

    Raises
    ------
    InputError
        If network and data do not belong together.
    OSError
        If the folder cannot be written to.
    """
    console.title(f"Evaluation on {dataset.name}")
    warn_of_other_data(console, network, dataset)
    evaluation = evaluate_model(
        network,
        dataset.X_test,
        dataset.y_test,
        dataset_name=dataset.name,
        class_names=dataset.class_names,
        model=str(model),
    )
    say_evaluation(console, evaluation, network, dataset)
    console.say()
    console.say(f"Written to {output}, an SVG beside every PNG:", "title")
    write_report(evaluation, network, dataset, output, notify=lambda path: console.say(f"  {path.name}"))
    return evaluation


def warn_of_other_data(console: Console, network: NeuralNetwork, dataset: Dataset) -> None:
    """Say plainly when a model was trained on other data than these."""
    trained = network.info.get("dataset", dataset.name)
    fingerprint = network.info.get("dataset_fingerprint", dataset.fingerprint)
    if trained != dataset.name:
        console.warn(f"This model was trained on {trained}, but the data here are {dataset.name}: expect mistakes.")
    elif fingerprint != dataset.fingerprint:
        console.warn(f"This model was trained on other files of {dataset.name} than those found here.")


def say_evaluation(console: Console, evaluation: Evaluation, network: NeuralNetwork, dataset: Dataset) -> None:
    """Print the figures: overall, class by class, and the most frequent confusions."""
    low, high = evaluation.interval
    console.facts(
        [
            ("Model", evaluation.model or "not saved"),
            ("Trained on", evaluation.trained_on or "not recorded"),
            ("Tested on", f"{dataset.name}, {len(evaluation):,} test images"),
            ("Data from", dataset.source),
            ("Computed on", network.backend.describe()),
            ("Accuracy", f"{evaluation.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%})"),
            ("Top-2 accuracy", f"{evaluation.top_2_accuracy:.2%}"),
            ("Loss", f"{evaluation.loss:.4f} nats"),
            ("Calibration error", f"{evaluation.calibration_error:.2%}"),
            ("Speed", f"{evaluation.images_per_second:,.0f} images/s"),
        ]
    )
    console.table(["Class", "Precision", "Recall", "F1", "Images"], _class_rows(evaluation), title="Every class")
    confusions = evaluation.confusions()
    if confusions:
        console.table(["True", "Taken for", "Images"], confusions, title="Most frequent confusions")
    else:
        console.say(f"All {len(evaluation):,} images were predicted right.", "good")


def _class_rows(evaluation: Evaluation) -> list[list[object]]:
    """Return a row a class, and the two means."""
    scores = {
        **evaluation.per_class(),
        "mean": {**evaluation.scores.macro(), "support": len(evaluation)},
        "weighted mean": {**evaluation.scores.weighted(), "support": len(evaluation)},
    }
    return [
        [name, *(f"{row[score]:.2%}" for score in ("precision", "recall", "f1")), row["support"]]
        for name, row in scores.items()
    ]
