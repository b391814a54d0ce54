"""Read a folder of pictures with a trained model: accuracy by folder, a sheet of the errors, and the speed.

``python benchmarks/handwriting.py --folder FOLDER --model MODEL`` wants FOLDER/labels.csv with columns path and label.
A label of one digit asks for one digit; of several, for the picture's digits in reading order, rows parted by "/"; any
other, for a refusal or doubt. ``--speed`` measures instead how long preparing takes, on pictures made by arithmetic.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import csv
import io
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from backend import InputError
from benchmarks.machine import describe_machine, in_words
from classes.neural_network import NeuralNetwork
from initializers.handwriting import find_digits, prepare_digit
from initializers.pictures import WRONG, digit_grid, save_figure
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script
from testing.models import newest_model
from testing.prediction import predict_image

NOTHING = "none"  # what is read from a picture that is refused, or not read for sure
_MOST_ERRORS = 60  # on the sheet


@dataclass(frozen=True)
class HandwritingConfig:
    """What the script can be told; every field is a flag."""

    folder: Path | None = field(default=None, metadata={"help": "folder of pictures with labels.csv"})
    model: Path | None = field(default=None, metadata={"help": "model file (default: the newest in model/)"})
    errors: Path | None = field(default=None, metadata={"help": "picture to draw the errors into"})
    speed: bool = field(default=False, metadata={"help": "measure the speed instead"})


class Reading(NamedTuple):
    """What was read from one picture.

    Attributes
    ----------
    path : str
        As labels.csv has it.
    label : str
        What it shows.
    answer : str
        What was read.
    image : ndarray of shape (28, 28)
        The digit, or the first of several, as the network saw it.
    """

    path: str
    label: str
    answer: str
    image: np.ndarray

    @property
    def is_right(self) -> bool:
        """Whether the answer is the label, or there is none where no digit is."""
        return self.answer == (self.label if _is_number(self.label) else NOTHING)


def _is_number(label: str) -> bool:
    return label.replace("/", "").isdecimal()


def read_folder(network: NeuralNetwork, folder: Path) -> list[Reading]:
    """Read every picture that labels.csv names."""
    path = folder / "labels.csv"
    if not path.is_file():
        raise InputError(f"folder {folder}", expected="labels.csv in it", found="none", advice="Name another folder.")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["path"], row["label"]) for row in csv.DictReader(file)]
    return [_read(network, folder, name, label) for name, label in rows]


def _read(network: NeuralNetwork, folder: Path, name: str, label: str) -> Reading:
    """Read one picture as its label asks."""
    if _is_number(label) and len(label) > 1:
        return _read_several(network, folder, name, label)
    prepared = prepare_digit(folder / name)
    found = predict_image(network, prepared.image.ravel())
    believed = _is_number(label) or (prepared.refusal is None and found.is_sure)
    return Reading(name, label, str(found.digit) if believed else NOTHING, prepared.image)


def _read_several(network: NeuralNetwork, folder: Path, name: str, label: str) -> Reading:
    """Read all digits of a picture."""
    digits = find_digits(folder / name, network.predict_proba)
    if not digits:
        return Reading(name, label, NOTHING, np.zeros((28, 28), np.uint8))
    rows: defaultdict[int, str] = defaultdict(str)
    for digit in digits:
        rows[digit.row] += str(predict_image(network, digit.image.ravel()).digit)
    return Reading(name, label, "/".join(rows.values()), digits[0].image)


def table(readings: Sequence[Reading]) -> str:
    """Return accuracy by folder, as Markdown."""
    folders: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        folders[str(Path(reading.path).parent)].append(reading)
    lines = ["| folder | pictures | right | accuracy |", "|---|---|---|---|"]
    for name, group in folders.items():
        right = sum(reading.is_right for reading in group)
        lines.append(f"| {name} | {len(group)} | {right} | {right / len(group):.1%} |")
    return "\n".join(lines)


def draw_errors(readings: Sequence[Reading], path: Path) -> Path | None:
    """Draw what the network saw where it was wrong; return where, or None if it never was."""
    wrong = [reading for reading in readings if not reading.is_right][:_MOST_ERRORS]
    if not wrong:
        return None
    captions = [f"{reading.path}\n{reading.label} read as {reading.answer}" for reading in wrong]
    images = np.stack([reading.image for reading in wrong])
    return save_figure(digit_grid(images, captions, [WRONG] * len(wrong), columns=6, title="Errors"), path)


def _stroke(height: int, width: int) -> np.ndarray:
    """Return a seven of grey values 1 on 0."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (width, height))
    points = [(0.36 * width, 0.25 * height), (0.62 * width, 0.25 * height), (0.45 * width, 0.8 * height)]
    ImageDraw.Draw(picture).line(points, fill=1, width=height // 20)
    return np.asarray(picture, np.float32)


def photograph(generator: np.random.Generator) -> bytes:
    """Return a JPEG of 12 megapixels: blue ink on yellowish paper, with a shadow and noise."""
    from PIL import Image

    ink = _stroke(3000, 4000)[..., None]
    pixels = np.array([212, 206, 196]) * (1 - ink) + np.array([40, 50, 120]) * ink
    pixels *= np.linspace(1, 0.6, 4000)[:, None]
    pixels += generator.normal(0, 4, pixels.shape)
    stream = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def drawing() -> np.ndarray:
    """Return a drawing of 280 x 280, black on white."""
    return (255 * (1 - _stroke(280, 280))).astype(np.uint8)


def _milliseconds(call: Callable[[], object], times: int) -> str:
    """Return median and quartiles of how long a call takes."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter_ns()
        call()
        taken.append((time.perf_counter_ns() - started) / 1e6)
    low, middle, high = statistics.quantiles(taken, n=4)
    return f"{middle:.1f} ms (quartiles {low:.1f} to {high:.1f})"


def say_speed(console: Console) -> None:
    """Measure and print how long preparing takes."""
    photo, drawn = photograph(np.random.default_rng(0)), drawing()
    small = drawn[::10, ::10].copy()
    console.say(f"Measured on {in_words(describe_machine(('numpy', 'pillow', 'scipy')))}, one core.")
    for name, picture, times in (("12-megapixel JPEG", photo, 15), ("280 x 280", drawn, 200), ("28 x 28", small, 200)):
        console.say(f"{name}: {_milliseconds(lambda picture=picture: prepare_digit(picture), times)}")


def main(console: Console) -> None:
    """Read the folder, or measure the speed."""
    parser = argparse.ArgumentParser(prog="benchmarks/handwriting.py", description=__doc__)
    add_flags(parser, HandwritingConfig)
    config = config_from_flags(parser.parse_args(), HandwritingConfig())
    if config.speed:
        say_speed(console)
        return
    if config.folder is None:
        raise InputError("--folder", expected="a folder with labels.csv", found="none", advice="Or ask for --speed.")
    network = NeuralNetwork.load_model(config.model or newest_model())
    readings = read_folder(network, config.folder)
    console.say(table(readings))
    if config.errors and (path := draw_errors(readings, config.errors)):
        console.say(f"Errors drawn in {path}")


if __name__ == "__main__":
    sys.exit(run_script(main))
