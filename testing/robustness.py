"""Measure a model's robustness to the fifteen corruptions of MNIST-C, optionally against another model."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from backend import DEVICES
from backend.drawing import save_figure
from backend.errors import InputError
from backend.files import write_text
from backend.places import program
from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script
from testing.corruptions.scores import Robustness, measure_robustness, samples
from testing.figures.robustness import corruption_gallery, robustness_bars, spoken
from testing.inference.model_files import DATA_FIELD, MODEL_FOLDER, data_for, model_to_use, suited_dataset
from testing.report.terminal import warn_of_other_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROBUSTNESS_FOLDER = MODEL_FOLDER / "robustness"


@dataclass(frozen=True)
class RobustnessConfig:
    """The script's settings; every field is a flag."""

    model: Path | None = field(default=None, metadata={"help": "model file; none takes the newest in model/"})
    baseline: Path | None = field(default=None, metadata={"help": "another model file, to compare errors with"})
    data: str = field(default="auto", metadata=DATA_FIELD)
    data_dir: Path | None = field(
        default=None, metadata={"help": "folder of MNIST's files; none takes $MNIST_DIR or data/"}
    )
    mirrors: tuple[str, ...] | None = field(
        default=None, metadata={"help": "addresses to download from; none takes $MNIST_MIRRORS, or known ones"}
    )
    images: int | None = field(default=None, metadata={"help": "test images, from the first on; none takes all"})
    seed: int = field(default=0, metadata={"help": "seed of the corruptions"})
    output: Path = field(default=ROBUSTNESS_FOLDER, metadata={"help": "folder for the report"})
    device: str = field(default="auto", metadata={"help": "where to compute", "choices": tuple(DEVICES)})

    def __post_init__(self) -> None:
        for name, least in (("images", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(name, expected=f"at least {least}", found=str(value), advice=f"Use {least} or more.")


def measure_and_report_robustness(
    console: Console,
    network: NeuralNetwork,
    dataset: Dataset,
    *,
    baseline: NeuralNetwork | None = None,
    models: tuple[str, str] = ("", ""),
    images: int | None = None,
    seed: int = 0,
    output: str | Path = ROBUSTNESS_FOLDER,
) -> Robustness:
    """Measure a network's robustness on a data set's test images, print the result, and write the report.

    Parameters
    ----------
    console : Console
        Where to print.
    network, baseline : NeuralNetwork
        Trained ones.
    dataset : Dataset
        Its test part is used, in frames of 28 x 28 pixels.
    models : tuple of two str
        Paths of the network's and of the baseline's file, for the report.
    images : int, optional
        How many of the test images, from the first on; all by default.
    seed : int
        Of the corruptions.
    output : str or Path
        Folder for robustness.json, robustness.csv and the figures.

    Raises
    ------
    InputError
        If network and data do not belong together.
    OSError
        If the folder cannot be written to.
    """
    console.title(f"Robustness on {dataset.name}")
    for known in (network, baseline):
        if known is not None:
            warn_of_other_data(console, known, dataset)
    X, y = dataset.X_test[:images], dataset.y_test[:images]
    result = _measured(console, network, X, y, baseline, seed)
    show_robustness(console, result)
    console.say()
    console.say(f"Written to {output}, each figure as PNG and SVG:", "title")
    gallery = corruption_gallery(*samples(network, X, y, dataset.class_names, seed=seed), dataset.name)
    about = {"dataset": dataset.name, "model": models[0], "baseline": models[1]}
    for path in write_robustness(result, about, gallery, output):
        console.say(f"  {path.name}")
    return result


def _measured(
    console: Console, network: NeuralNetwork, X: np.ndarray, y: np.ndarray, baseline: NeuralNetwork | None, seed: int
) -> Robustness:
    """Measure, and show in a terminal which corruption has its turn."""
    measure = partial(measure_robustness, network, X, y, baseline=baseline, seed=seed)
    if not console.is_terminal:
        return measure()
    with console.live() as draw:
        return measure(notify=lambda name: draw(console.text(f"Measuring: {spoken(name)}", "quiet")))


def show_robustness(console: Console, result: Robustness) -> None:
    """Print a line a corruption, and the means."""
    rows = [_cells(spoken(row["corruption"]), row, result) for row in result.rows()]
    mean: dict[str, Any] = {"accuracy": result.mean_accuracy}
    if result.baseline:
        mean |= {"baseline_accuracy": result.baseline.mean_accuracy, "error_ratio": result.mean_error_ratio}
    rows.append(_cells("mean corruption", mean, result))
    columns = ["Corruption", "Accuracy", "95 % interval", "Lost", "Baseline", "Errors / baseline's"]
    title = f"{result.images:,} images, seed {result.seed}; lost in percentage points"
    console.table(columns[: len(rows[0])], rows, title=title, highlight_row=len(rows) - 1)
    if result.relative_error_ratio is not None:
        console.say(
            f"Errors that corruption adds, over those it adds to the baseline: {result.relative_error_ratio:.3f}"
        )


def _cells(name: str, row: dict[str, Any], result: Robustness) -> list[object]:
    """Return one line of the table: what is missing in the row is a dash."""
    interval = f"{row['interval_low']:.2%} to {row['interval_high']:.2%}" if "interval_low" in row else None
    cells: list[object] = [name, f"{row['accuracy']:.2%}", interval, f"{100 * (result.clean - row['accuracy']):.2f}"]
    if result.baseline is None:
        return cells
    ratio = row["error_ratio"]
    return [*cells, f"{row['baseline_accuracy']:.2%}", None if ratio is None else f"{ratio:.3f}"]


def robustness_csv(result: Robustness) -> str:
    """Return a header line, a line for the clean images, and a line a corruption.

    Examples
    --------
    >>> robustness_csv(Robustness(100, 0, 1.0, {"fog": 0.5})).splitlines()[0]
    'corruption,accuracy,interval_low,interval_high'
    """
    rows = result.rows()
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def write_robustness(
    result: Robustness, about: dict[str, str], gallery: "Figure", folder: str | Path = ROBUSTNESS_FOLDER
) -> list[Path]:
    """Write robustness.json, robustness.csv and the figures, each atomically; return the paths.

    Parameters
    ----------
    result : Robustness
        What was measured.
    about : dict of str to str
        Names of the data set, of the model and of the baseline: the first entries of the JSON.
    gallery : matplotlib.figure.Figure
        What `corruption_gallery` drew.
    folder : str or Path
        Created if missing; files of an earlier report are replaced.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    folder = Path(folder)
    text = json.dumps(about | result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    bars = robustness_bars(
        result.accuracies, result.clean, about["dataset"], result.baseline.accuracies if result.baseline else None
    )
    return [
        write_text(folder / "robustness.json", text + "\n"),
        write_text(folder / "robustness.csv", robustness_csv(result)),
        save_figure(bars, folder / "robustness.png"),
        save_figure(gallery, folder / "corruptions.png"),
    ]


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog=program(__file__), description=__doc__)
    add_flags(parser, RobustnessConfig)
    return parser


def parse_flags(arguments: Sequence[str] | None = None) -> RobustnessConfig:
    """Return the configuration from the flags; a bad flag ends the script with usage and exit code 2.

    Examples
    --------
    >>> parse_flags(["--images", "1000"]).images
    1000
    """
    parser = new_parser()
    namespace = parser.parse_args(arguments)
    try:
        return config_from_flags(namespace, RobustnessConfig())
    except InputError as error:
        parser.error(str(error))


def main(console: Console) -> None:
    """Load the models, then the data, and measure."""
    config = parse_flags()
    path = model_to_use(config.model, console.say)
    network = NeuralNetwork.load_model(path, device=config.device)
    baseline = NeuralNetwork.load_model(config.baseline, device=config.device) if config.baseline else None
    dataset = load_dataset(console, data_for(network, config.data), config.data_dir, config.mirrors)
    measure_and_report_robustness(
        console,
        network,
        suited_dataset(network, dataset),
        baseline=baseline,
        models=(str(path), str(config.baseline or "")),
        images=config.images,
        seed=config.seed,
        output=config.output,
    )


if __name__ == "__main__":
    sys.exit(run_script(main))
