"""Write a model in the format of another tool, chosen by the suffix of the output."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
from dataclasses import dataclass, field

from backend.places import program
from classes.neural_network import NeuralNetwork
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script
from testing.inference.model_files import check_output
from training.exchange import write_model


@dataclass(frozen=True)
class ConversionConfig:
    """The script's settings; every field is a flag."""

    device: str = field(default="cpu", metadata={"help": "where to load the model", "choices": ("cpu", "gpu", "auto")})


def convert(console: Console, source: Path, target: Path, config: ConversionConfig) -> int:
    """Read a model file and write it in the format of the target's suffix; return the exit status."""
    network = NeuralNetwork.load_model(source, device=config.device)
    console.say(f"Written to {write_model(network, check_output(target))}")
    return 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog=program(__file__), description=__doc__)
    parser.add_argument("source", type=Path, help="model file to read (.pkl)")
    parser.add_argument("target", type=Path, help="file to write (.onnx or .pkl)")
    add_flags(parser, ConversionConfig)
    return parser


def main(console: Console) -> int:
    """Run the conversion; return the exit status."""
    namespace = new_parser().parse_args()
    config = config_from_flags(namespace, ConversionConfig())
    return convert(console, namespace.source, namespace.target, config)


if __name__ == "__main__":
    sys.exit(run_script(main))
