"""The notebook runs, and its stored output is current."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
EVERY_NOTEBOOK = pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_is_a_tour():
    assert (NOTEBOOKS / "tour.ipynb").is_file()


@EVERY_NOTEBOOK
def test_all_cells_run_on_the_small_digits(path):
    program = "\n".join("".join(cell["source"]) for cell in code_cells(path))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=NOTEBOOKS, env=os.environ | {"TOUR_DATA": "embedded"}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "embedded digits: 1,438 training images, 359 test images" in done.stdout
    assert "of the test images are classified correctly" in done.stdout


@EVERY_NOTEBOOK
def test_the_outputs_are_those_of_one_whole_run(path):
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 9
    text = "".join("".join(output.get("text", "")) for output in outputs)
    assert "MNIST: 60,000 training images" in text
    assert str(Path.home()) not in json.dumps(cells)  # nothing of the machine that it ran on
