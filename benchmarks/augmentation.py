"""The cost of augmentation: microseconds per image on one core, and the relative time of a training with it.

``python benchmarks/augmentation.py`` prints both and saves them as JSON in benchmarks/results. Trainings of all
kinds take turns, and each is compared with the plain one next to it, so that a busy machine affects all equally.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import json
import statistics
import time
from dataclasses import dataclass, field

from backend.array_backend import at_full_speed
from backend.blas import one_blas_thread

# isort: split
# The import above configures NumPy's BLAS, so it must come first.
import numpy as np

from backend.files import write_text
from benchmarks.machine import describe_machine, in_words
from classes import NeuralNetwork
from initializers.augmentation import AUGMENTATIONS
from initializers.augmentation.mixing import LabelledAugmenter
from initializers.mnist.embedded import embedded_digits
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
REPEATS = 50  # batches; the median of their times is reported


@dataclass(frozen=True)
class BenchmarkConfig:
    """The script's settings; every field is a flag."""

    hidden_sizes: tuple[int, ...] = field(default=(1024, 1024), metadata={"help": "hidden layers of the network"})
    batch_size: int = field(default=128, metadata={"help": "images a step"})
    images: int = field(default=20_000, metadata={"help": "images of a training"})
    rounds: int = field(default=5, metadata={"help": "trainings of each kind"})
    seed: int = field(default=0, metadata={"help": "of images and network"})


def digits(images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels, the embedded digits over and over: what strokes cost depends on what they find."""
    embedded = embedded_digits()
    rows = np.random.default_rng(seed).integers(len(embedded.X_train), size=images)
    return embedded.X_train[rows], embedded.y_train[rows]


def microseconds_an_image(name: str, X: np.ndarray, y: np.ndarray, batch_size: int) -> float:
    """Return the median time of an image in a batch that one core augments."""
    generator = np.random.default_rng(0)
    augmenter = LabelledAugmenter(AUGMENTATIONS[name], X, y, 10, batch_size, generator)
    seconds = []
    with at_full_speed(), one_blas_thread():
        for _ in range(REPEATS):
            rows = generator.permutation(len(X))[:batch_size]
            started = time.perf_counter()
            augmenter.take(rows)
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) / batch_size * 1e6


def seconds_of_training(name: str, X: np.ndarray, y: np.ndarray, config: BenchmarkConfig) -> float:
    """Return the time of the second of two epochs."""
    network = NeuralNetwork(X.shape[1], config.hidden_sizes, 10, optimizer="adamw", seed=config.seed)
    network.train(X, y, epochs=2, batch_size=config.batch_size, augment=name, verbose=False)
    return network.history.last.seconds


def ratios(X: np.ndarray, y: np.ndarray, config: BenchmarkConfig) -> dict[str, list[float]]:
    """Return, by augmentation, the time of each training over that of the plain one in the same round."""
    found: dict[str, list[float]] = {name: [] for name in AUGMENTATIONS if name != "none"}
    for _ in range(config.rounds):
        plain = seconds_of_training("none", X, y, config)
        for name, values in found.items():
            values.append(seconds_of_training(name, X, y, config) / plain)
    return found


def main(console: Console) -> None:
    """Measure, print and save both."""
    parser = argparse.ArgumentParser(prog="benchmarks/augmentation.py", description=__doc__)
    add_flags(parser, BenchmarkConfig)
    config = config_from_flags(parser.parse_args(), BenchmarkConfig())
    X, y = digits(config.images, config.seed)
    costs = {name: microseconds_an_image(name, X, y, config.batch_size) for name in AUGMENTATIONS if name != "none"}
    trainings = ratios(X, y, config)
    machine = describe_machine()
    rows = [[name, f"{cost:.1f}", f"{statistics.median(trainings[name]):.3f}"] for name, cost in costs.items()]
    console.table(["augmentation", "microseconds an image, one core", "training, times the plain one"], rows)
    console.say(f"Measured on {in_words(machine)}.")
    results = {"machine": machine, "microseconds": costs, "ratios": trainings}
    write_text(RESULTS / "augmentation.json", json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(run_script(main))
