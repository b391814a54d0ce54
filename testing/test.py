"""Test a trained model: accuracy, scores of every class, the most frequent confusions, and figures."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from backend import DEVICES
from backend.places import program
from classes.neural_network import NeuralNetwork
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script
from testing.inference.ensemble import load_predictor, predictor_name
from testing.inference.model_files import DATA_FIELD, EVALUATION_FOLDER, data_for, model_to_use, suited_dataset
from testing.report.terminal import evaluate_and_report


@dataclass(frozen=True)
class EvaluationConfig:
    """The script's settings; every field is a flag, and `model` takes several values."""

    model: tuple[Path, ...] = field(default=(), metadata={"flag": False})
    views: int = field(default=1, metadata={"help": "number of rotated views of every image to average over"})
    against: Path | None = field(
        default=None, metadata={"help": "another model file to compare with; none for no comparison"}
    )
    data: str = field(default="auto", metadata=DATA_FIELD)
    data_dir: Path | None = field(
        default=None, metadata={"help": "folder of MNIST's files; none takes $MNIST_DIR or data/"}
    )
    mirrors: tuple[str, ...] | None = field(
        default=None, metadata={"help": "addresses to download from; none takes $MNIST_MIRRORS, or known ones"}
    )
    output: Path = field(default=EVALUATION_FOLDER, metadata={"help": "folder for the report"})
    device: str = field(default="auto", metadata={"help": "where to compute", "choices": tuple(DEVICES)})


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog=program(__file__), description=__doc__)
    parser.add_argument(
        "--model", nargs="+", type=Path, action="extend", default=argparse.SUPPRESS, metavar="PATH",
        help="model file; several make an ensemble (default: the newest in model/, or the one that comes with the "
        "project)",
    )  # fmt: skip
    add_flags(parser, EvaluationConfig)
    return parser


def parse_flags(arguments: Sequence[str] | None = None) -> EvaluationConfig:
    """Return the configuration from the flags; a bad flag ends the script with usage and exit code 2.

    Examples
    --------
    >>> parse_flags(["--model", "a.pkl", "b.pkl", "--views", "8"]).views
    8
    """
    config = config_from_flags(new_parser().parse_args(arguments), EvaluationConfig())
    return replace(config, model=tuple(path.expanduser() for path in config.model))


def main(console: Console) -> None:
    """Load the models, then the data, and evaluate."""
    config = parse_flags()
    models = config.model or (model_to_use(None, console.note),)
    network = load_predictor(models, config.views, config.device)
    rival = NeuralNetwork.load_model(config.against, device=config.device) if config.against else None
    dataset = load_dataset(console, data_for(network, config.data), config.data_dir, config.mirrors)
    dataset = suited_dataset(network, dataset)
    evaluate_and_report(
        console, network, dataset, model=predictor_name(models, config.views), output=config.output, rival=rival,
        rival_model=config.against or "",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(run_script(main))
