"""Draw every figure of an evaluation on MNIST, and write the gallery that explains them: docs/gallery.md."""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse

from backend.drawing import save_figure
from backend.files import write_text
from classes import NeuralNetwork
from initializers.dataset import Dataset
from interface.console import Console
from interface.loading import load_dataset
from interface.script import run_script
from testing.figures.augmentation_steps import augmentation_steps
from testing.inference.model_files import MODEL_FOLDER
from testing.metrics.evaluation import evaluate_on
from testing.report import write_figures
from testing.report.blocks import Document, Picture, Section
from testing.report.inputs import ReportInputs
from testing.report.markdown import to_markdown
from testing.report.sections import picture
from training.presets import DEFAULT

DOCS = Path(__file__).resolve().parent
STEPS_READING = (
    "One digit of each class, unchanged in the first row, and below it the result of each augmentation step, most of "
    "them stronger than in training so that they are visible: strokes add flags to ones, bars to sevens and tails to "
    "nines, mixup averages two digits, non-digits replaces some images, and the last row is the augmentation "
    "handwriting with all steps."
)
STEPS_ALT = "Ten digits, and the same ten in a row for every step of augmentation"


def write_gallery(console: Console, inputs: ReportInputs, docs: Path) -> Path:
    """Write the figures to `docs`/figures and the gallery to `docs`/gallery.md, and return the gallery's path."""
    drawn = []
    for path in write_figures(inputs, docs / "figures"):
        console.say(path)
        drawn.append(path.stem)
    lead = (
        f"The figures of testing/test.py, here of {inputs.evaluation.label} on {inputs.dataset.name}, "
        f"{inputs.evaluation.accuracy:.2%} correct. To draw them again: make figures."
    )
    pictures = Section("Figures", [picture(name, inputs, "figures/") for name in drawn])
    steps = [augmentation_section(console, inputs.dataset, docs)] if shows_digits(inputs.dataset) else []
    return write_text(docs / "gallery.md", to_markdown(Document("Gallery", lead, [pictures, *steps])))


def shows_digits(dataset: Dataset) -> bool:
    """Return whether a data set contains digits in MNIST's format."""
    return dataset.image_shape == (28, 28) and dataset.class_names == tuple("0123456789")


def augmentation_section(console: Console, dataset: Dataset, docs: Path) -> Section:
    """Draw the augmentation steps to `docs`/figures, and return their section of the gallery."""
    path = save_figure(augmentation_steps(dataset), docs / "figures" / "augmentation.png")
    console.say(path)
    return Section("Training images", [Picture(f"figures/{path.name}", "Augmentation", STEPS_READING, STEPS_ALT)])


def main(console: Console) -> None:
    """Evaluate the model and write the gallery."""
    parser = argparse.ArgumentParser(prog="figures.py", description=__doc__)
    usual = MODEL_FOLDER / f"{DEFAULT}.pkl"
    parser.add_argument("model", nargs="?", type=Path, default=usual, help="model file (default: the default preset's)")
    model = parser.parse_args().model
    network = NeuralNetwork.load_model(model)
    dataset = load_dataset(console, "mnist")
    evaluation = evaluate_on(network, dataset, model)
    console.say(write_gallery(console, ReportInputs(evaluation, network, dataset), DOCS))


if __name__ == "__main__":
    sys.exit(run_script(main))
