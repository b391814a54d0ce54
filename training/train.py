"""Train a network from the command line: ``python training/train.py --help``."""

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from interface.console import Console
from interface.flags import add_flags, given_flags
from interface.loading import load_dataset
from interface.script import run_script
from training.config import TrainingConfig
from training.presets import PRESETS, preset_config
from training.workflow import suited_config, train_model


def main(console: Console) -> int:
    """Train as the flags say; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="train.py", description="Train a neural network on handwritten digits, evaluate it and save it."
    )
    parser.add_argument("--preset", default="default", choices=tuple(PRESETS), help="where all other values come from")
    add_flags(parser, TrainingConfig)
    namespace = parser.parse_args()
    overrides = given_flags(namespace, TrainingConfig)
    asked = preset_config(namespace.preset, overrides)
    dataset = load_dataset(console, asked.data, asked.data_dir, asked.mirrors)
    config = suited_config(namespace.preset, overrides, dataset)
    trained = train_model(console, config, namespace.preset, dataset)
    return 130 if trained is None else 0


if __name__ == "__main__":
    sys.exit(run_script(main))
