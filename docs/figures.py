"""Draw every figure of an evaluation on MNIST, and write the gallery that explains them: docs/gallery.md."""

import sys
from pathlib import Path

if __name__ == "__main__":  # the project's root belongs where Python puts the script's own folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse

from classes import NeuralNetwork
from initializers.files import write_text
from interface.console import Console
from interface.loading import load_dataset
from interface.script import run_script
from testing.case import Case
from testing.document import Document, Section
from testing.evaluation import evaluate_on
from testing.models import MODEL_FOLDER
from testing.report import write_figures
from testing.report_markdown import to_markdown
from testing.report_sections import picture

DOCS = Path(__file__).resolve().parent


def write_gallery(console: Console, case: Case, docs: Path) -> Path:
    """Write a case's figures into `docs`/figures and `docs`/gallery.md, and return the latter's path."""
    drawn = []
    for path in write_figures(case, docs / "figures"):
        console.say(path)
        drawn.append(path.stem)
    lead = (
        f"The figures that testing/test.py draws, here of {case.evaluation.label} on {case.dataset.name}, "
        f"{case.evaluation.accuracy:.2%} right. To draw them again: make docs."
    )
    pictures = Section("Figures", [picture(name, case, "figures/") for name in drawn])
    return write_text(docs / "gallery.md", to_markdown(Document("Gallery", lead, [pictures])))


def main(console: Console) -> None:
    """Evaluate the model and make the gallery."""
    parser = argparse.ArgumentParser(prog="figures.py", description=__doc__)
    default = MODEL_FOLDER / "default.pkl"
    parser.add_argument(
        "model", nargs="?", type=Path, default=default, help="model file (default: the default preset's)"
    )
    model = parser.parse_args().model
    network = NeuralNetwork.load_model(model)
    dataset = load_dataset(console, "mnist")
    evaluation = evaluate_on(network, dataset, model)
    console.say(write_gallery(console, Case(evaluation, network, dataset), DOCS))


if __name__ == "__main__":
    sys.exit(run_script(main))
