"""Draw the figures that README and docs/ show, from the model of the default preset: ``python docs/figures.py``."""

import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import shutil
import tempfile

from classes import NeuralNetwork
from interface.console import Console
from interface.loading import load_dataset
from interface.script import run_script
from testing.evaluation import evaluate_model
from testing.models import MODEL_FOLDER
from testing.report import write_report

FIGURES = Path(__file__).parent / "figures"
SHOWN = ("confusion_matrix.png", "misclassified.png", "predictions.png", "training_curves.png")


def main(console: Console) -> None:
    """Evaluate the default preset's model and keep those of its figures that are shown."""
    network = NeuralNetwork.load_model(MODEL_FOLDER / "default.pkl")
    dataset = load_dataset(console, "mnist")
    evaluation = evaluate_model(
        network, dataset.X_test, dataset.y_test, dataset_name=dataset.name, class_names=dataset.class_names
    )
    FIGURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_report(evaluation, network, dataset, folder)
        for name in SHOWN:
            console.say(shutil.copy(Path(folder) / name, FIGURES / name))


if __name__ == "__main__":
    sys.exit(run_script(main))
