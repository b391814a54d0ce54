"""How often a trained model accepts images without a digit, and is unsure about digits.

``python benchmarks/refusals.py --model MODEL`` uses letters, scribbles, textures and pages that are not in the training
data (`benchmarks.samples.non_digits`), the test digits, and enlarged pictures of some of them; ``--folder FOLDER`` adds
the pictures of FOLDER/labels.csv, see `testing.reading.labelled_folders`. A picture is refused before prediction
(`initializers.handwriting.refusals`), unsure if the confidence is below the threshold
(`testing.inference.prediction`), and accepted otherwise.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from benchmarks.race.tables import markdown
from benchmarks.samples.non_digits import KINDS, enlarged
from classes.checks import checked_count
from classes.neural_network import NeuralNetwork
from initializers.data_loader import MNISTDataLoader, data_folder
from initializers.dataset import Dataset
from initializers.handwriting import Prepared, prepare_digit
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script
from testing.inference.model_files import model_to_use
from testing.inference.prediction import Prediction, threshold_of
from testing.metrics import wilson_interval
from testing.metrics.evaluation import Predictor
from testing.reading import is_number
from testing.reading.labelled_folders import read_labels

COLUMNS = ("pictures", "number", "refused", "unsure", "accepted", "95 % interval")


@dataclass(frozen=True)
class RefusalsConfig:
    """The script's settings; every field is a flag."""

    model: Path | None = field(default=None, metadata={"help": "model file (default: that of predict.py)"})
    folder: Path | None = field(default=None, metadata={"help": "folder of pictures with labels.csv, read as well"})
    data_dir: Path | None = field(default=None, metadata={"help": "folder of MNIST's files (default: $MNIST_DIR)"})
    pictures: int = field(default=300, metadata={"help": "pictures of each kind, and enlarged digits"})
    seed: int = field(default=0, metadata={"help": "of the pictures"})


class Fate(NamedTuple):
    """What became of pictures of one kind.

    Attributes
    ----------
    kind : str
        What they show.
    number, refused, accepted : int
        Numbers of pictures, of refusals, and of confident predictions.
    right : int
        Numbers of accepted pictures with the correct digit; 0 if they show none.
    """

    kind: str
    number: int
    refused: int
    accepted: int
    right: int = 0

    def cells(self, counted: int) -> list[str]:
        """Return the columns of a table; the interval is that of a count."""
        low, high = wilson_interval(counted, self.number)
        unsure = self.number - self.refused - self.accepted
        shares = [f"{count / self.number:.1%}" for count in (self.refused, unsure, self.accepted)]
        return [self.kind, str(self.number), *shares, f"{low:.1%} to {high:.1%}"]


def fate(network: Predictor, kind: str, prepared: Iterable[Prepared], labels: np.ndarray | None = None) -> Fate:
    """Return what becomes of pictures of one kind.

    Parameters
    ----------
    network : Predictor
        A trained one.
    kind : str
        What they show.
    prepared : iterable of Prepared
        The pictures.
    labels : ndarray of shape (n,), optional
        Which digits they show, if they do.
    """
    pictures = list(prepared)
    taken = np.array([each.refusal is None for each in pictures])
    return _fate(network, kind, np.stack([each.image.ravel() for each in pictures]), taken, labels)


def _fate(network: Predictor, kind: str, images: np.ndarray, taken: np.ndarray, labels: np.ndarray | None) -> Fate:
    """Return what becomes of images, some of which were refused."""
    threshold = threshold_of(network.info)
    found = [Prediction(p, threshold) for p in network.predict_proba(images)]
    accepted = taken & np.array([prediction.is_sure for prediction in found])
    right = 0
    if labels is not None:
        right = int((accepted & (np.array([prediction.digit for prediction in found]) == labels)).sum())
    return Fate(kind, len(images), int((~taken).sum()), int(accepted.sum()), right)


def of_no_digits(network: Predictor, pictures: int, seed: int) -> Iterator[Fate]:
    """Yield what becomes of each kind of picture without a digit."""
    for number, (kind, make) in enumerate(KINDS.items()):
        generator = np.random.default_rng([seed, number])
        yield fate(network, kind, (prepare_digit(make(generator)) for _ in range(pictures)))


def of_digits(network: Predictor, dataset: Dataset, pictures: int, seed: int) -> Iterator[Fate]:
    """Yield the results for all test digits unchanged, and for enlarged pictures of the first of them."""
    X, y, generator = dataset.X_test, dataset.y_test, np.random.default_rng(seed)
    yield _fate(network, f"{dataset.name}, test", X, np.ones(len(X), bool), y)
    large = (prepare_digit(enlarged(image, generator)) for image in X[:pictures])
    yield fate(network, "enlarged", large, y[:pictures])


def of_folder(network: Predictor, folder: Path) -> tuple[list[Fate], list[Fate]]:
    """Return what becomes of a folder's single digits, and of what is no digit; either may be empty."""
    rows = read_labels(folder)
    digits = [row for row in rows if is_number(row.label) and len(row.label) == 1]
    others = [row for row in rows if not is_number(row.label)]
    found = []
    for group, labels in ((digits, np.array([int(row.label) for row in digits])), (others, None)):
        prepared = (prepare_digit(folder / row.name) for row in group)
        found.append([fate(network, folder.name, prepared, labels)] if group else [])
    return found[0], found[1]


def digits_table(fates: Iterable[Fate]) -> str:
    """Return a table of digits; with the interval of the share refused or unsure."""
    lines = []
    for each in fates:
        right = f"{each.right / each.accepted:.2%}" if each.accepted else ""
        lines.append([*each.cells(each.number - each.accepted), right])
    return markdown(("digits", *COLUMNS[1:5], "95 % interval of refused or unsure", "correct of accepted"), lines)


def others_table(fates: Iterable[Fate]) -> str:
    """Return a table of pictures without a digit, with the interval of the share accepted."""
    return markdown(COLUMNS, [each.cells(each.accepted) for each in fates])


def main(console: Console) -> None:
    """Show everything to the model and print two tables."""
    parser = argparse.ArgumentParser(prog="benchmarks/refusals.py", description=__doc__)
    add_flags(parser, RefusalsConfig)
    config = config_from_flags(parser.parse_args(), RefusalsConfig())
    checked_count(config.pictures, "--pictures")
    network = NeuralNetwork.load_model(model_to_use(config.model, console.note))
    dataset = MNISTDataLoader(data_folder(config.data_dir)).load_data()
    digits = list(of_digits(network, dataset, config.pictures, config.seed))
    others = list(of_no_digits(network, config.pictures, config.seed))
    if config.folder:
        more_digits, more_others = of_folder(network, config.folder)
        digits, others = digits + more_digits, others + more_others
    console.say(f"Sure from {threshold_of(network.info):.1%} on.\n\n{digits_table(digits)}\n\n{others_table(others)}")


if __name__ == "__main__":
    sys.exit(run_script(main))
