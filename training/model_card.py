"""The model card: how to use a model, how accurate it is, how it was made, and its limitations."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from testing.inference.prediction import Prediction, threshold_of
from testing.metrics import wilson_interval
from testing.metrics.evaluation import Evaluation
from testing.metrics.probabilities import expected_calibration_error
from testing.report.blocks import Block, Document, Fact, Facts, Picture, Section, Table, Text
from testing.report.inputs import ReportInputs
from testing.report.sections import class_blocks, model_blocks, numbers, provenance
from training.checkpoints import FREE

LICENCE = "MIT, like the project: see LICENSE"

LIMITS = (
    "Digits from 0 to 9, one or several in a picture. If digits overlap, testing/predict.py may separate them in "
    "the wrong place.",
    "MNIST was written by Americans: employees of the Census Bureau and high-school students. Flags and feet of ones, "
    "bars of sevens, curls of nines and sixes and slashes of zeros were added by the augmentation; other styles of "
    "writing are recognised less reliably, and digits of other scripts not at all.",
    "The network assigns one of ten digits to every image. testing/predict.py refuses pictures that are blank, "
    "nothing but noise, a shadow, a blot or a scribble, and reports where the network is not sure. It was trained "
    "to be unsure about images without a digit, but accepts some letters and scribbles: see docs/accuracy.md.",
    "Probabilities are calibrated on pictures like those of MNIST. Photographs of other pens and papers are "
    "harder, and the network cannot tell by how much.",
    "If errors are costly, let people check all refused and unsure images, and a sample of the rest.",
)


class Contender(NamedTuple):
    """The result of training from one seed.

    Attributes
    ----------
    seed : int
        Where its randomness came from.
    validation_accuracy, validation_loss : float
        On images that no contender was trained with, the same for all.
    test_accuracy : float
        A fraction; only reported, not used to choose.
    seconds : float
        Wall time of the training.
    """

    seed: int
    validation_accuracy: float
    validation_loss: float
    test_accuracy: float
    seconds: float


class FolderScore(NamedTuple):
    """How many pictures of a folder are read right."""

    folder: str
    pictures: int
    right: int


@dataclass(frozen=True, eq=False)
class CardFacts:
    """All that a card is written from.

    Parameters
    ----------
    network : NeuralNetwork
        As read back from the file.
    evaluation : Evaluation
        Of that network on the data set's test images.
    dataset : Dataset
        What was learned.
    contenders : sequence of Contender
        All seeds.
    chosen : int
        The seed of the best of them.
    validation_images : int
        How many images chose it.
    before, after : float
        Its validation accuracy before its weights were rounded, and after.
    path : Path
        The model file.
    errors : str
        Name of the figure of all errors, next to the file.
    handwriting : sequence of FolderScore
        Accuracy on real handwriting; may be empty.
    """

    network: NeuralNetwork
    evaluation: Evaluation
    dataset: Dataset
    contenders: Sequence[Contender]
    chosen: int
    validation_images: int
    before: float
    after: float
    path: Path
    errors: str
    handwriting: Sequence[FolderScore] = ()


def card(facts: CardFacts) -> Document:
    """Return the card; the same facts give the same text."""
    e = facts.evaluation
    lead = (
        f"A neural network for handwritten digits, trained on {e.dataset}, so that a fresh clone can read photographs. "
        f"Its accuracy on {len(e):,} test images is {e.accuracy:.2%}."
    )
    sections = [
        Section("Usage", _usage(facts)),
        Section(f"Accuracy on {e.dataset}", _results(facts)),
        *([Section("Accuracy on other handwriting", _handwriting(facts))] if facts.handwriting else []),
        Section("Limitations", [Text(text) for text in LIMITS]),
        Section("Training", _making(facts)),
        Section("Data", [_data(facts)]),
        Section("File", [_file(facts)]),
        Section("Layers and settings", _settings(facts)),
    ]
    return Document("The pretrained model", lead, sections)


def _usage(facts: CardFacts) -> list[Facts | Text]:
    """Return the commands."""
    name = f"model/{facts.path.name}"
    commands = Facts(
        [
            Fact("Read a photograph or a drawing", "python testing/predict.py PICTURE"),
            Fact("Show test images and predictions", "python main.py, then Try single images"),
            Fact("Evaluate it", "python testing/test.py"),
            Fact("In Python", f'classes.NeuralNetwork.load_model("{name}").predict(images)'),
        ]
    )
    return [
        commands,
        Text(
            f"The scripts use it if there is no model of your own; otherwise select it with --model {name}. "
            f"In Python, images are rows of {facts.network.input_size} integers from 0 (paper) to 255 (ink), "
            "with the digit centred as in MNIST; initializers.handwriting.prepare_digit makes them from pictures."
        ),
    ]


def _results(facts: CardFacts) -> list[Facts | Table | Text | Picture]:
    """Return accuracy, calibration, class scores and errors on the test images."""
    e = facts.evaluation
    steady = [fact for fact in numbers(e).facts if fact.name != "Speed"]  # differs in every run
    wrong = int((e.y_true != e.y_pred).sum())
    overall = Facts([*steady, *_calibration(facts), *_sureness(e, threshold_of(facts.network.info))])
    sheet = Picture(
        facts.errors,
        f"All {wrong:,} errors",
        "Each with its true class, its prediction and the predicted probability; the worst come first.",
        f"The {wrong:,} misclassified test images of {e.dataset}",
    )
    return [overall, *class_blocks(e), sheet]


def _calibration(facts: CardFacts) -> list[Fact]:
    """Return the temperature, and the calibration error without it."""
    e, temperature = facts.evaluation, facts.network.temperature
    with np.errstate(divide="ignore"):  # a probability of 0 stays 0
        raw = np.exp(temperature * np.log(e.probabilities.astype(np.float64)))
    before = expected_calibration_error(e.y_true, raw / raw.sum(axis=1, keepdims=True))
    return [Fact("Temperature", f"{temperature:.3f}", f"without it the calibration error is {before:.2%}")]


def _sureness(e: Evaluation, threshold: float) -> list[Fact]:
    """Return the share of confident predictions, and their accuracy."""
    sure = np.array([Prediction(p, threshold).is_sure for p in e.probabilities])
    right = e.y_true == e.y_pred
    note = f"{right[sure].mean():.2%} of them correct" if sure.any() else ""
    return [
        Fact(f"Confident predictions: confidence of {threshold:.1%} or more", f"{sure.mean():.2%}", note),
        Fact("Confident errors", f"{(sure & ~right).sum():,} of {(~right).sum():,}"),
    ]


def _handwriting(facts: CardFacts) -> list[Text | Table]:
    """Return the accuracy on pictures outside of the data set, by folder."""
    rows = [
        (score.folder, f"{score.pictures:,}", f"{score.right:,}", *_rates(score.right, score.pictures))
        for score in facts.handwriting
    ]
    about = (
        "Pictures from other sources, prepared as by testing/predict.py. They were not used to train or to choose the "
        "seed, but the preparation was developed with them, so results on other pictures may be worse. A picture of "
        "several digits counts as correct if all of them are; a picture without digits, if it is refused."
    )
    return [Text(about), Table("", ("Folder", "Pictures", "Correct", "Accuracy", "95 % interval"), rows)]


def _rates(right: int, pictures: int) -> tuple[str, str]:
    """Return a rate and its interval as texts."""
    low, high = wilson_interval(right, pictures)
    return f"{right / pictures:.1%}", f"{low:.1%} to {high:.1%}"


def _making(facts: CardFacts) -> list[Text | Table | Facts]:
    """Return how it was trained, chosen and rounded to half precision."""
    table = Table(
        "",
        ("Seed", "Validation accuracy", "Validation loss", "Test accuracy", "Training"),
        [_row(contender, facts.chosen) for contender in facts.contenders],
    )
    trained = len(facts.dataset.X_train) - facts.validation_images
    epochs = facts.network.history.last.epochs
    return [
        Text(
            f"Trained on {trained:,} images for {epochs:,} epochs by python training/pretrained.py, once with each "
            f"seed below. The seed (highest accuracy, then lowest loss) and the temperature were chosen on the other "
            f"{facts.validation_images:,} training images, the same for all seeds. The test accuracy was not used."
        ),
        table,
        Facts(
            [
                Fact("Weights", f"float16 in the file, {facts.network.dtype} once they are read"),
                Fact("Validation accuracy before the rounding", f"{facts.before:.2%}"),
                Fact("Validation accuracy after the rounding", f"{facts.after:.2%}"),
            ]
        ),
    ]


def _row(contender: Contender, chosen: int) -> tuple[str, ...]:
    """Return a seed's row in the table."""
    mark = ", chosen" if contender.seed == chosen else ""
    return (
        f"{contender.seed}{mark}",
        f"{contender.validation_accuracy:.2%}",
        f"{contender.validation_loss:.4f}",
        f"{contender.test_accuracy:.2%}",
        f"{contender.seconds:,.0f} s",
    )


def _data(facts: CardFacts) -> Facts:
    """Return where the images, the program and the time came from."""
    origin = provenance(ReportInputs(facts.evaluation, facts.network, facts.dataset)).facts
    return Facts([Fact("Data set", facts.dataset.name), *(fact for fact in origin if fact.name != "Evaluated")])


def _file(facts: CardFacts) -> Facts:
    """Return the identification of the file."""
    data = facts.path.read_bytes()
    return Facts(
        [
            Fact("Name", facts.path.name),
            Fact("Size", f"{len(data):,} bytes", f"{facts.network.parameter_count:,} parameters"),
            Fact("SHA-256", hashlib.sha256(data).hexdigest()),
            Fact("Format", "a pickle of built-in types only; NeuralNetwork.load_model executes no code from it"),
            Fact("Licence", LICENCE),
        ]
    )


def _settings(facts: CardFacts) -> list[Block]:
    """Return the layers and the training's settings, except those that do not affect training."""
    left_out = {name.replace("_", " ").capitalize() for name in FREE}
    return [
        replace(block, facts=[fact for fact in block.facts if fact.name not in left_out])
        if isinstance(block, Facts)
        else block
        for block in model_blocks(facts.network)
    ]
