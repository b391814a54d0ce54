"""Make the pretrained model: train it from several seeds, keep the best, and write its card.

``python training/pretrained.py`` writes model/pretrained.pkl in half precision, model/README.md, which says what the
model is worth, and a picture of all its mistakes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from backend import InputError
from backend.drawing import save_figure
from backend.files import whole_file, write_text
from classes import NeuralNetwork
from initializers.data_loader import DATA_CHOICES
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script
from testing.figures.image_grids import misclassified_grid
from testing.inference.calibration import calibrate
from testing.inference.model_files import PRETRAINED
from testing.metrics.evaluation import evaluate_on
from testing.reading.labelled_folders import by_folder, read_folder, read_labels
from testing.report.markdown import to_markdown
from training.checkpoints import CheckpointFolder
from training.config import TrainingConfig
from training.model_card import CardFacts, Contender, FolderScore, card
from training.presets import PRESETS
from training.workflow import new_network, split_data, suited_config, train_model

PRESET = "handwriting"
SPLIT_SEED = 0  # seed of the validation split, the same for all trainings
LARGEST = 3_000_000  # bytes of the model file
MOST_LOST = 1e-4  # largest loss of validation accuracy by rounding the weights
CHECKPOINT_EVERY = "5"
CARD = "README.md"


@dataclass(frozen=True)
class PretrainedConfig:
    """The script's settings; every field is a flag."""

    preset: str = field(default=PRESET, metadata={"help": "what to train", "choices": tuple(PRESETS)})
    seeds: tuple[int, ...] = field(default=(0, 1, 2), metadata={"help": "seeds, of which the best is kept"})
    epochs: int | None = field(default=None, metadata={"help": "passes over the images; none takes the preset's"})
    handwriting: Path | None = field(
        default=None,
        metadata={"help": "folder of pictures with labels.csv, for the card; none measures none"},
    )
    data: str = field(default="mnist", metadata={"help": "data set", "choices": DATA_CHOICES})
    data_dir: Path | None = field(
        default=None, metadata={"help": "folder of MNIST's files; none takes $MNIST_DIR or data/"}
    )
    workers: int | None = field(
        default=None, metadata={"help": "processes that share every step; none takes what suits the machine"}
    )
    output: Path = field(
        default=PRETRAINED, metadata={"help": "model file; the card and the figure of errors go next to it"}
    )
    resume: bool = field(default=False, metadata={"help": "continue an interrupted run"})


class Judge(NamedTuple):
    """Images that no contender is trained with, and their labels."""

    X: np.ndarray
    y: np.ndarray

    def contender(self, seed: int, network: NeuralNetwork) -> Contender:
        """Return the results of a trained network."""
        loss, accuracy = network.evaluate(self.X, self.y)
        return Contender(seed, accuracy, loss, network.info["test_accuracy"], network.info["seconds"])


def make_pretrained(
    console: Console, config: PretrainedConfig, settings: TrainingConfig, dataset: Dataset
) -> Path | None:
    """Train from every seed, keep the best in half precision, and write its card and the figure of its errors.

    Parameters
    ----------
    console : Console
        Where everything is shown.
    config : PretrainedConfig
        What to do.
    settings : TrainingConfig
        How to train: `config.preset` with the changes in `config`, including the number of validation images.
    dataset : Dataset
        Its test images are not used to choose.

    Returns
    -------
    Path or None
        The model file; None if a training was interrupted. An earlier file is kept until the new one is complete.

    Raises
    ------
    InputError
        If the file would be larger than `LARGEST`, there is nothing to choose by, or the rounded weights are worse.
    """
    _check(config, settings, dataset)
    judge, learned = hold_out(settings, dataset)
    networks = _trained_all(console, config, settings, learned)
    if networks is None:
        console.say("The same command with --resume continues from here.")
        return None
    contenders = [judge.contender(seed, network) for seed, network in networks.items()]
    chosen = best(contenders)
    network = rounded(networks[chosen.seed], judge)
    network.info |= _described(config, settings, chosen)
    evaluation = evaluate_on(network, dataset, f"model/{config.output.name}")
    network.info["test_accuracy"] = evaluation.accuracy
    handwriting = _handwriting(network, config.handwriting)  # if this fails, the earlier file is unchanged
    _write(network, config.output)
    facts = CardFacts(
        network=network, evaluation=evaluation, dataset=dataset, contenders=contenders, chosen=chosen.seed,
        validation_images=len(judge.y), before=chosen.validation_accuracy, after=network.evaluate(*judge)[1],
        path=config.output, errors=f"{config.output.stem}.errors.png", handwriting=handwriting,
    )  # fmt: skip
    _write_card(console, facts)
    return config.output


def _check(config: PretrainedConfig, settings: TrainingConfig, dataset: Dataset) -> None:
    """Refuse what cannot become the model, rather now than after hours of training."""
    needed = 2 * new_network(settings, dataset).parameter_count
    if needed > LARGEST:
        raise InputError(
            f"preset {config.preset}",
            expected=f"weights of at most {LARGEST:,} bytes in half precision",
            found=f"{needed:,} bytes",
            advice="Use a preset with fewer units.",
        )
    if not config.seeds:
        raise InputError("--seeds", expected="at least one", found="none", advice="Use 0,1,2, for example.")
    hold_out(settings, dataset)
    if config.handwriting:
        read_labels(config.handwriting)


def hold_out(settings: TrainingConfig, dataset: Dataset) -> tuple[Judge, Dataset]:
    """Return the images that judge all contenders, and the data set without them.

    Raises
    ------
    InputError
        If the settings hold out none.
    """
    X, y, X_val, y_val = split_data(replace(settings, seed=SPLIT_SEED), dataset)
    if X_val is None or y_val is None:
        raise InputError(
            "validation_fraction", expected="more than 0, to choose a seed by", found="0", advice="Use another preset."
        )
    return Judge(X_val, y_val), replace(dataset, X_train=X, y_train=y)


def best(contenders: Sequence[Contender]) -> Contender:
    """Return the contender of the highest validation accuracy; of equals, the one of the lowest loss.

    Examples
    --------
    >>> best([Contender(0, 0.98, 0.1, 0.99, 1.0), Contender(1, 0.99, 0.3, 0.98, 1.0)]).seed
    1
    """
    return max(contenders, key=lambda each: (each.validation_accuracy, -each.validation_loss))


def _trained_all(
    console: Console, config: PretrainedConfig, settings: TrainingConfig, learned: Dataset
) -> dict[int, NeuralNetwork] | None:
    """Return the networks of all seeds; None as soon as a training is interrupted."""
    networks = {}
    for seed in dict.fromkeys(config.seeds):
        network = _trained(console, config, replace(settings, seed=seed), learned)
        if network is None:
            return None
        networks[seed] = network
    return networks


def _trained(
    console: Console, config: PretrainedConfig, settings: TrainingConfig, learned: Dataset
) -> NeuralNetwork | None:
    """Train from one seed, or continue an interrupted run; None if this one is interrupted."""
    path = config.output.with_suffix(".seeds") / f"{settings.seed}.pkl"
    settings = replace(
        settings, validation_fraction=0.0, keep_best=False, output=path, checkpoint_every=CHECKPOINT_EVERY
    )
    checkpoint = CheckpointFolder(path).newest(console.warn) if config.resume else None
    if checkpoint is not None:
        asked = {name: value for name, value in vars(settings).items() if name != "workers"}
        settings = checkpoint.config_under(config.preset, asked)
    elif config.resume and path.is_file():
        network = NeuralNetwork.load_model(path)
        if network.info["config"] == settings.to_dict() and len(network.history) == settings.epochs:
            console.say(f"Seed {settings.seed} has been trained before: {path}.")
            return network
    trained = train_model(console, settings, config.preset, learned, checkpoint)
    is_complete = trained is not None and len(trained.network.history) == settings.epochs
    return trained.network if trained is not None and is_complete else None


def rounded(network: NeuralNetwork, judge: Judge) -> NeuralNetwork:
    """Return a network whose weights half precision holds, calibrated, once it is as good as it was.

    Raises
    ------
    InputError
        If a weight is beyond half precision, or the accuracy suffers by more than `MOST_LOST`.
    """
    with tempfile.TemporaryDirectory() as folder:
        halved = NeuralNetwork.load_model(network.save_model(Path(folder) / "halved.pkl", weights="float16"))
    (_, before), (_, after) = network.evaluate(*judge), halved.evaluate(*judge)
    if before - after > MOST_LOST:
        raise InputError(
            "weights in half precision",
            expected=f"a validation accuracy of {before:.2%} as before, to within {100 * MOST_LOST:g} points",
            found=f"{after:.2%}",
            advice="Train with more weight decay, so that weights differ less in size.",
        )
    calibrate(halved, *judge)
    return halved


def _described(config: PretrainedConfig, settings: TrainingConfig, chosen: Contender) -> dict[str, object]:
    """Return the record of the training for the file, without this machine's folders."""
    told = replace(settings, seed=chosen.seed, keep_best=False, output=None, data_dir=None, mirrors=None)
    return {
        "config": told.to_dict(),
        "seeds": list(config.seeds),
        "validation_accuracy": chosen.validation_accuracy,
    }


def _write(network: NeuralNetwork, path: Path) -> None:
    """Write the model, unless it has become too large; what stood there before stays until then."""
    with whole_file(path) as temporary:
        size = network.save_model(temporary, weights="float16").stat().st_size
        if size > LARGEST:
            raise InputError(
                f"model file {path}", expected=f"at most {LARGEST:,} bytes", found=f"{size:,}",
                advice="Use fewer units or fewer epochs.",
            )  # fmt: skip


def _handwriting(network: NeuralNetwork, folder: Path | None) -> list[FolderScore]:
    """Return the accuracy on real handwriting, by folder."""
    if folder is None:
        return []
    return [FolderScore(*score) for score in by_folder(read_folder(network, folder))]


def _write_card(console: Console, facts: CardFacts) -> None:
    """Draw the errors, write the card, and print the results and paths."""
    e, path = facts.evaluation, facts.path
    mistakes = misclassified_grid(
        facts.dataset.X_test, e.y_true, e.y_pred, e.probabilities, e.class_names, e.dataset, limit=len(e)
    )
    save_figure(mistakes, path.with_name(facts.errors))
    write_text(path.with_name(CARD), to_markdown(card(facts)))
    low, high = e.interval
    console.title(f"The best of {len(facts.contenders)}: seed {facts.chosen}")
    console.facts(
        [
            ("Test accuracy", f"{e.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%})"),
            ("Validation accuracy", f"{facts.after:.2%}, and {facts.before:.2%} before the weights were rounded"),
            *((f"Handwriting, {score.folder}", f"{score.right} of {score.pictures}") for score in facts.handwriting),
            ("Model", f"{path} ({path.stat().st_size:,} bytes)"),
            ("Card", path.with_name(CARD)),
            ("Mistakes", path.with_name(facts.errors)),
        ]
    )


def main(console: Console) -> int:
    """Make the model; return the exit status."""
    parser = argparse.ArgumentParser(prog="pretrained.py", description=__doc__)
    add_flags(parser, PretrainedConfig)
    config = config_from_flags(parser.parse_args(), PretrainedConfig())
    dataset = load_dataset(console, config.data, config.data_dir)
    overrides = {name: getattr(config, name) for name in ("epochs", "data_dir", "workers", "data")}
    given = {name: value for name, value in overrides.items() if value is not None}
    return 130 if make_pretrained(console, config, suited_config(config.preset, given, dataset), dataset) is None else 0


if __name__ == "__main__":
    sys.exit(run_script(main))
