"""Train a network from the command line: ``python training/train.py --help``."""

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.places import program
from backend.ranks import Ranks, current_ranks
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import add_flags, given_flags
from interface.loading import load_dataset
from interface.script import run_script, silent_unless
from training.config import TrainingConfig
from training.presets import DEFAULT, PRESETS, preset_config
from training.workflow import TrainedModel, check_same_data, checkpoint_to_resume, suited_config, train_model


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
    """Train according to the flags, together with the other ranks that mpiexec started; return the exit status."""
    ranks = current_ranks()
    with ranks.together(), silent_unless(ranks.is_first):
        trained = _train(console if ranks.is_first else Console(), ranks)
        return 0 if trained or not ranks.is_first else 130


def _train(console: Console, ranks: Ranks) -> TrainedModel | None:
    """Train from the beginning, or from where a training was interrupted."""
    namespace = new_parser().parse_args()
    overrides = given_flags(namespace, TrainingConfig)
    checkpoint = None
    if overrides.get("resume"):
        found = checkpoint_to_resume(console, namespace.preset, overrides) if ranks.is_first else None
        checkpoint = ranks.first(found)
    if checkpoint is not None:
        config, preset = checkpoint.config_under(namespace.preset, overrides), checkpoint.preset
        return train_model(console, config, preset, _data(console, config, ranks), checkpoint, ranks)
    preset = namespace.preset or DEFAULT
    dataset = _data(console, preset_config(preset, overrides), ranks)
    return train_model(console, suited_config(preset, overrides, dataset), preset, dataset, ranks=ranks)


def _data(console: Console, config: TrainingConfig, ranks: Ranks) -> Dataset:
    """Load the data, on the first rank before the others, so that no two of them download the same file."""
    dataset = None
    for turn in range(2):
        if ranks.is_first == (turn == 0):
            dataset = load_dataset(console, config.data, config.data_dir, config.mirrors)
        ranks.first(None)  # the others wait for the first
    assert dataset is not None
    check_same_data(dataset, ranks)
    return dataset


if __name__ == "__main__":
    sys.exit(run_script(main))
