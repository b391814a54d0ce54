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

LICENCE = "MIT, as the project's: see LICENSE"

LIMITS = (
    "Digits from 0 to 9, one or several in a picture. Where digits overlap, testing/predict.py may cut them apart in "
    "the wrong place.",
    "MNIST was written by Americans: employees of the Census Bureau and high-school students. Flags and feet of ones, "
    "bars of sevens, curls of nines and sixes and slashes of zeros were added by the training itself; other ways of "
    "writing are read less surely, and digits of other scripts not at all.",
    "The network assigns one of ten digits to every image. testing/predict.py refuses pictures that are blank, "
    "nothing but noise, a shadow, a blot or a scribble, and reports where the network is not sure. It was trained "
    "to be unsure about images without a digit, but accepts some letters and scribbles: see docs/accuracy.md.",
    "Probabilities are calibrated on pictures like those of MNIST. Photographs of other pens and papers are "
    "harder, and the network cannot tell by how much.",
    "If errors are costly, let people check all refused and unsure images, and a sample of the rest.",
)


class Contender(NamedTuple):
    """What one seed's training came to.

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
        f"A neural network for handwritten digits, trained on {e.dataset}, so that a fresh clone of the project reads "
        f"a photograph at once. It reads {e.accuracy:.2%} of {len(e):,} test images right."
    )
    sections = [
        Section("How to use it", _usage(facts)),
        Section(f"How good it is on {e.dataset}", _results(facts)),
        *([Section("How good it is on other handwriting", _handwriting(facts))] if facts.handwriting else []),
        Section("Limitations", [Text(text) for text in LIMITS]),
        Section("How it was made", _making(facts)),
        Section("What it learned from", [_data(facts)]),
        Section("The file", [_file(facts)]),
        Section("Layers and settings", _settings(facts)),
    ]
    return Document("The pretrained model", lead, sections)


def _usage(facts: CardFacts) -> list[Facts | Text]:
    """Return what to type."""
    name = f"model/{facts.path.name}"
    commands = Facts(
        [
            Fact("Read a photograph or a drawing", "python testing/predict.py PICTURE"),
            Fact("Show test images and predictions", "python main.py, then Try single images"),
            Fact("Test it", "python testing/test.py"),
            Fact("In Python", f'classes.NeuralNetwork.load_model("{name}").predict(images)'),
        ]
    )
    return [
        commands,
        Text(
            f"The scripts use it if there is no model of your own; otherwise select it with --model {name}. "
            f"In Python, images are rows of {facts.network.input_size} integers from 0 (paper) to 255 (ink), "
            "each digit in the middle as in MNIST; initializers.handwriting.prepare_digit makes them from pictures."
        ),
    ]


def _results(facts: CardFacts) -> list[Facts | Table | Text | Picture]:
    """Return accuracy, calibration, classes and mistakes on the test images."""
    e = facts.evaluation
    steady = [fact for fact in numbers(e).facts if fact.name != "Speed"]  # another one each time
    wrong = int((e.y_true != e.y_pred).sum())
    overall = Facts([*steady, *_calibration(facts), *_sureness(e, threshold_of(facts.network.info))])
    sheet = Picture(
        facts.errors,
        f"All {wrong:,} mistakes",
        "Each with its true class, its prediction and the predicted probability; the worst come first.",
        f"The {wrong:,} test images of {e.dataset} that are read wrong",
    )
    return [overall, *class_blocks(e), sheet]


def _calibration(facts: CardFacts) -> list[Fact]:
    """Return the temperature, and what it does to the calibration error."""
    e, temperature = facts.evaluation, facts.network.temperature
    with np.errstate(divide="ignore"):  # where a probability is 0, so it stays
        raw = np.exp(temperature * np.log(e.probabilities.astype(np.float64)))
    before = expected_calibration_error(e.y_true, raw / raw.sum(axis=1, keepdims=True))
    return [Fact("Temperature", f"{temperature:.3f}", f"without it the calibration error is {before:.2%}")]


def _sureness(e: Evaluation, threshold: float) -> list[Fact]:
    """Return how often it is sure, and what that is worth."""
    sure = np.array([Prediction(p, threshold).is_sure for p in e.probabilities])
    right = e.y_true == e.y_pred
    note = f"{right[sure].mean():.2%} of them right" if sure.any() else ""
    return [
        Fact(f"Images that it is sure of: confidence of {threshold:.1%} or more", f"{sure.mean():.2%}", note),
        Fact("Mistakes that it is sure of", f"{(sure & ~right).sum():,} of {(~right).sum():,}"),
    ]


def _handwriting(facts: CardFacts) -> list[Text | Table]:
    """Return the accuracy on pictures outside of the data set, by folder."""
    rows = [
        (score.folder, f"{score.pictures:,}", f"{score.right:,}", *_rates(score.right, score.pictures))
        for score in facts.handwriting
    ]
    about = (
        "Pictures from elsewhere, prepared as testing/predict.py does. None was trained on, and none chose the seed; "
        "but where the preparation was developed with them in view, pictures of other people may fare worse. "
        "Of several digits in a picture all have to be right; of a picture without any, the refusal has to be."
    )
    return [Text(about), Table("", ("Folder", "Pictures", "Right", "Accuracy", "95 % interval"), rows)]


def _rates(right: int, pictures: int) -> tuple[str, str]:
    """Return a rate and its interval as texts."""
    low, high = wilson_interval(right, pictures)
    return f"{right / pictures:.1%}", f"{low:.1%} to {high:.1%}"


def _making(facts: CardFacts) -> list[Text | Table | Facts]:
    """Return how it was trained, chosen and rounded."""
    table = Table(
        "",
        ("Seed", "Validation accuracy", "Validation loss", "Test accuracy", "Training"),
        [_row(contender, facts.chosen) for contender in facts.contenders],
    )
    trained = len(facts.dataset.X_train) - facts.validation_images
    epochs = facts.network.history.last.epochs
    return [
        Text(
            f"Trained on {trained:,} images for {epochs:,} epochs by python training/pretrained.py, once from every "
            f"seed below. The other {facts.validation_images:,} training images, the same for all seeds, chose the "
            "seed (the highest accuracy, then the lowest loss) and its temperature. Test images chose no seed; what "
            "each is reported but not used."
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
    """Return the layers and the training's settings, but for those that bend no training."""
    left_out = {name.replace("_", " ").capitalize() for name in FREE}
    return [
        replace(block, facts=[fact for fact in block.facts if fact.name not in left_out])
        if isinstance(block, Facts)
        else block
        for block in model_blocks(facts.network)
    ]
