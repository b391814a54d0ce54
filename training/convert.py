"""Convert a model from the format of one tool to that of another, chosen by the suffixes of the paths."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
from dataclasses import dataclass, field

from backend.places import program
from classes.activations import ACTIVATIONS
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.script import run_script
from testing.inference.model_files import check_output
from training.exchange import READERS, STATES, WRITERS, read_model, write_model
from training.exchange.description import SCALINGS, Hints
from training.exchange.pytorch.modules import sequential_code


@dataclass(frozen=True)
class ConversionConfig:
    """The script's settings; every field is a flag. They are for files that do not say these things themselves."""

    layers: str | None = field(
        default=None, metadata={"help": "the layers in the compact notation, such as 32C3-MP2-128"}
    )
    activation: str = field(
        default="relu", metadata={"help": "activation of all hidden layers", "choices": tuple(ACTIVATIONS)}
    )
    input_scaling: str = field(
        default="unit",
        metadata={"help": "what was done to the pixels: unit (0 to 1), standard or raw (nothing)", "choices": SCALINGS},
    )
    class_names: tuple[str, ...] = field(default=(), metadata={"help": "names of the classes, separated by commas"})
    image_size: int = field(default=28, metadata={"help": "height and width of the images of convolutions, in pixels"})

    def hints(self) -> Hints:
        """Return the settings as the readers take them."""
        names = self.class_names or None
        return Hints(self.layers, self.activation, self.input_scaling, names, self.image_size)


def convert(console: Console, source: Path, target: Path, config: ConversionConfig) -> int:
    """Read a model and write it in the format of the target's suffix; return the exit status."""
    network = read_model(source, config.hints())
    console.say(f"Written to {write_model(network, check_output(target))}")
    if target.suffix.lower() in STATES:
        console.say(f"Load its tensors into this network:\n\n{sequential_code(network)}")
    return 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog=program(__file__), description=__doc__)
    parser.add_argument("source", type=Path, help=f"model to read ({', '.join(READERS)})")
    parser.add_argument("target", type=Path, help=f"file to write ({', '.join(WRITERS)})")
    add_flags(parser, ConversionConfig)
    return parser


def main(console: Console) -> int:
    """Run the conversion; return the exit status."""
    namespace = new_parser().parse_args()
    config = config_from_flags(namespace, ConversionConfig())
    return convert(console, namespace.source, namespace.target, config)


if __name__ == "__main__":
    sys.exit(run_script(main))
