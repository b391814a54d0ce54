"""The script run as a user does."""

import json
import sys

import pytest

from interface.script import run_script
from tests.helpers.project import copy_project, run
from tests.helpers.terminal import Recorded
from tests.helpers.trainings import without_curves
from training.train import main


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project"))


TEST_PY = """
import pathlib, sys
sys.path[0] = str(pathlib.Path(__file__).parents[1])
from interface.script import run_script
from testing import test
from testing.report import writer as report
report.FIGURES = {}
sys.exit(run_script(test.main))
"""


def undrawn_test_script(project):
    """Return a twin of test.py that spares the time of drawing; tests/testing/test_test.py looks at the figures."""
    script = project / "testing" / "undrawn.py"
    script.write_text(TEST_PY)
    return script


def main_here(monkeypatch, *flags):
    """Run the script's `main` in this process; return its exit code and the console."""
    monkeypatch.setattr(sys, "argv", ["train.py", *map(str, flags)])
    console = Recorded()
    with without_curves():
        return run_script(main, console), console


def test_without_network_it_learns_the_embedded_digits_and_reports_it(project, tmp_path):
    done = run(project / "training" / "train.py", "--epochs", 3, "--hidden-sizes", 32, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Test accuracy on embedded digits" in done.stdout
    assert "127.0.0.1:9" in done.stderr
    assert "train-images-idx3-ubyte.gz" in done.stderr
    assert (project / "model" / "fast.pkl").exists()
    assert list(tmp_path.iterdir()) == []

    tested = run(undrawn_test_script(project), cwd=tmp_path)
    assert tested.returncode == 0, tested.stderr
    report = json.loads((project / "model" / "evaluation" / "report.json").read_text())
    assert report["dataset"] == "embedded digits"
    assert f"Test accuracy on embedded digits: {report['accuracy']:.2%}" in done.stdout


def test_the_default_preset_learns_the_embedded_digits_well(monkeypatch, tmp_path):
    code, console = main_here(monkeypatch, "--data", "embedded", "--output", tmp_path / "model.pkl")
    assert code == 0, console.err
    accuracy = float(console.out.split("Test accuracy on embedded digits: ")[1].split("%")[0])
    assert accuracy > 96.0


def test_mnist_or_nothing(project, tmp_path):
    flags = ("--data", "mnist", "--data-dir", tmp_path / "data", "--output", tmp_path / "model.pkl")
    done = run(project / "training" / "train.py", *flags)
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "model.pkl").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--epochs", "0"), "epochs"),
        (("--learning-rate", "-1"), "learning_rate"),
        (("--hidden-sizes", "0"), "units"),
        (("--dropout", "0.1,0.2,0.3"), "dropout"),
        (("--validation-fraction", "1.5"), "fraction"),
        (("--device", "gpu"), "gpu"),
        (("--learning-rate", "1e30", "--optimizer", "sgd", "--epochs", "1"), "epoch 1, batch"),
    ],
)
def test_bad_flags_end_with_a_line(monkeypatch, tmp_path, flags, said):
    code, console = main_here(monkeypatch, "--data", "embedded", "--output", tmp_path / "m.pkl", *flags)
    assert code == 1
    assert said in console.err
    assert not (tmp_path / "m.pkl").exists()


def test_an_unknown_choice_ends_with_all_that_there_are(project, tmp_path):
    done = run(project / "training" / "train.py", "--optimizer", "magic", "--output", tmp_path / "m.pkl")
    assert done.returncode == 2
    assert "adagrad" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "m.pkl").exists()


def test_help_names_every_preset_and_flag(project):
    done = run(project / "training" / "train.py", "--help")
    for word in (
        "--preset",
        "classic",
        "--epochs",
        "--batch-size",
        "--seed",
        "--data",
        "--data-dir",
        "--device",
        "--output",
    ):
        assert word in done.stdout


def test_comparing_ends_with_a_table(project, tmp_path):
    flags = ("--presets", "compact-128,funnel-128-64", "--epochs", 1, "--output", tmp_path / "table.csv")
    done = run(project / "training" / "compare.py", *flags, "--data", "embedded")
    assert done.returncode == 0, done.stderr
    assert "2 trainings on embedded digits" in done.stdout
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 3
