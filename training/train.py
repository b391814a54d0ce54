"""Train a network from the command line: ``python training/train.py --help``."""

import argparse
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.places import program
from interface.console import Console
from interface.flags import add_flags, given_flags
from interface.loading import load_dataset
from interface.script import run_script
from training.checkpoints import Checkpoint
from training.config import TrainingConfig
from training.presets import DEFAULT, PRESETS, preset_config
from training.workflow import TrainedModel, checkpoint_to_resume, suited_config, train_model


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(
        prog=program(__file__), description="Train a neural network on handwritten digits, evaluate it and save it."
    )
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), help=f"preset with the values of all other settings (default: {DEFAULT})"
    )
    add_flags(parser, TrainingConfig)
    return parser


def main(console: Console) -> int:
    """Train according to the flags; return the exit status."""
    namespace = new_parser().parse_args()
    overrides = given_flags(namespace, TrainingConfig)
    if overrides.get("resume") and (checkpoint := checkpoint_to_resume(console, namespace.preset, overrides)):
        trained = _go_on(console, checkpoint, checkpoint.config_under(namespace.preset, overrides))
    else:
        trained = _begin(console, namespace.preset or DEFAULT, overrides)
    return 130 if trained is None else 0


def _begin(console: Console, preset: str, overrides: dict[str, Any]) -> TrainedModel | None:
    """Train from the beginning."""
    asked = preset_config(preset, overrides)
    dataset = load_dataset(console, asked.data, asked.data_dir, asked.mirrors)
    return train_model(console, suited_config(preset, overrides, dataset), preset, dataset)


def _go_on(console: Console, checkpoint: Checkpoint, config: TrainingConfig) -> TrainedModel | None:
    """Train from where a training was interrupted."""
    dataset = load_dataset(console, config.data, config.data_dir, config.mirrors)
    return train_model(console, config, checkpoint.preset, dataset, checkpoint)


if __name__ == "__main__":
    sys.exit(run_script(main))
