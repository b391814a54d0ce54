"""Read a folder of pictures with a trained model: accuracy by folder, figures of the errors, and the speed.

``python benchmarks/handwriting.py --folder FOLDER --model MODEL`` needs FOLDER/labels.csv, see
`testing.reading.labelled_folders`; ``--errors FILE`` draws what went wrong, sorted by cause. ``--speed`` measures
instead how long preparing takes, on pictures made by arithmetic.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import io
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from backend import InputError
from benchmarks.machine import describe_machine, in_words
from benchmarks.samples.error_sheet import draw_errors
from classes.neural_network import NeuralNetwork
from initializers.handwriting import prepare_digit
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script
from testing.inference.model_files import model_to_use
from testing.reading import Reading
from testing.reading.labelled_folders import read_folder, table_rows


@dataclass(frozen=True)
class HandwritingConfig:
    """The script's settings; every field is a flag."""

    folder: Path | None = field(default=None, metadata={"help": "folder of pictures with labels.csv"})
    model: Path | None = field(
        default=None, metadata={"help": "model file (default: the newest, or the project's own)"}
    )
    errors: Path | None = field(
        default=None, metadata={"help": "picture to draw the errors into, by cause; further pages have numbers"}
    )
    speed: bool = field(default=False, metadata={"help": "measure the speed instead"})


def table(readings: Sequence[Reading]) -> str:
    """Return accuracy by folder, as Markdown."""
    lines = [
        f"| {folder} | {count} | {right} | {accuracy} |" for folder, count, right, accuracy in table_rows(readings)
    ]
    return "\n".join(["| folder | pictures | right | accuracy |", "|---|---|---|---|", *lines])


def _stroke(height: int, width: int) -> np.ndarray:
    """Return a seven of grey values 1 on 0."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (width, height))
    points = [(0.36 * width, 0.25 * height), (0.62 * width, 0.25 * height), (0.45 * width, 0.8 * height)]
    ImageDraw.Draw(picture).line(points, fill=1, width=height // 20)
    return np.asarray(picture, np.float32)


def photograph(generator: np.random.Generator, height: int = 3000) -> bytes:
    """Return a JPEG, of 12 megapixels by default: blue ink on yellowish paper, with a shadow and noise."""
    from PIL import Image

    width = 4 * height // 3
    ink = _stroke(height, width)[..., None]
    pixels = np.array([212, 206, 196]) * (1 - ink) + np.array([40, 50, 120]) * ink
    pixels *= np.linspace(1, 0.6, width)[:, None]
    pixels += generator.normal(0, 4, pixels.shape)
    stream = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def drawing() -> np.ndarray:
    """Return a drawing of 280 x 280, black on white."""
    return (255 * (1 - _stroke(280, 280))).astype(np.uint8)


def _milliseconds(call: Callable[[], object], times: int) -> str:
    """Return the median and the quartiles of the time of a call."""
    call()
    taken = []
    for _ in range(times):
        started = time.perf_counter_ns()
        call()
        taken.append((time.perf_counter_ns() - started) / 1e6)
    low, middle, high = statistics.quantiles(taken, n=4)
    return f"{middle:.1f} ms (quartiles {low:.1f} to {high:.1f})"


def say_speed(console: Console) -> None:
    """Measure and print the time of the preparation."""
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
        raise InputError("--folder", expected="a folder with labels.csv", found="none", advice="Or use --speed.")
    network = NeuralNetwork.load_model(model_to_use(config.model, console.note))
    readings = read_folder(network, config.folder)
    console.say(table(readings))
    for path in draw_errors(readings, config.errors) if config.errors else ():
        console.say(f"Errors drawn in {path}")


if __name__ == "__main__":
    sys.exit(run_script(main))
