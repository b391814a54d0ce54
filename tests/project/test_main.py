"""The menu, through a pipe and in a pseudo-terminal."""

import shutil

import pytest

from tests.helpers.project import copy_project, run, without_mnist
from tests.helpers.terminal import Terminal

ENTRIES = (
    "Download and prepare the data",
    "Train a network",
    "Evaluate the newest model",
    "Try single images",
    "Train several configurations",
    "Project information",
    "Exit",
)
TRAIN = "2\n\n2\n\n\n\n"  # default preset, two epochs, and the defaults for all else


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path)


def opened(project, **size):
    return Terminal(str(project / "main.py"), **without_mnist(project), **size)


def test_every_entry_works_in_a_pipe(project):
    answers = f"1\n{TRAIN}3\n4\n\n7\nw\ns\nq\n5\ncompact-128\n\n1\n6\n7\n"
    done = run(project / "main.py", answers=answers)
    assert done.returncode == 0, done.stderr
    for said in (
        "Data: embedded digits",
        "Test accuracy on embedded digits",
        "Evaluation on embedded digits",
        "embedded digits: test image 7",
        "1 trainings on embedded digits",
        "fast.pkl",
    ):
        assert said in done.stdout
    assert done.stdout.count("Handwritten digits") == 7
    assert all(f"{number}  {entry}" in done.stdout for number, entry in enumerate(ENTRIES, 1))
    made = {path.name for path in (project / "model").iterdir()}
    assert {"fast.pkl", "comparison.csv", "evaluation"} <= made
    assert (project / "data" / "samples.png").exists()
    assert "Traceback" not in done.stderr


def test_what_fails_leads_back_to_the_menu(project):
    done = run(project / "main.py", answers="3\n4\n9\nx\n7\n")
    assert done.returncode == 0
    assert done.stderr.count("Train") == 2  # no model yet: said what to do, twice
    assert done.stdout.count("Handwritten digits") == 3


def test_the_pretrained_model_is_used_where_none_is_trained(project, model):
    (project / "model").mkdir()
    shutil.copy(model, project / "model" / "pretrained.pkl")
    done = run(project / "main.py", answers="4\n\nq\n6\n7\n")
    assert done.returncode == 0, done.stderr
    assert "No model has been trained here yet: the pretrained one is used" in done.stdout
    assert "pretrained.pkl, comes with the project" in done.stdout
    assert "No model has been trained yet." in done.stdout


def test_the_end_of_the_input_is_a_quiet_end(project):
    assert run(project / "main.py", answers="").returncode == 0
    done = run(project / "main.py", answers="2\n")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_narrow_terminal_shows_every_entry_unbroken(project):
    terminal = opened(project, columns=60)
    terminal.wait_for("Choose 1 to 7")
    assert [line.strip()[3:] for line in terminal.lines if line.strip()[:1].isdigit()] == list(ENTRIES)
    terminal.send("6\n")
    terminal.wait_for("No model has been trained yet.")
    terminal.wait_for("Choose 1 to 7")
    terminal.send("7\n")
    assert terminal.end() == 0


def test_an_interrupted_training_offers_its_best_weights(project):
    terminal = opened(project, columns=60, rows=50)
    for question, answer in (
        ("Choose 1 to 7", "2"), ("Preset", "funnel-128-64"), ("Epochs", "5000"), ("Batch size", ""),
        ("Learning rate", ""), ("Seed", ""),
    ):  # fmt: skip
        terminal.wait_for(question)
        terminal.send(f"{answer}\n")
    terminal.wait_for("Validation: loss")  # shown from the second epoch on
    terminal.send("\x03")
    terminal.wait_for("Evaluate and save them?")
    terminal.send("y\n")
    terminal.wait_for("Saved")
    terminal.wait_for("Choose 1 to 7")
    assert (project / "model" / "funnel-128-64.pkl").exists()
    terminal.send("\x04")
    assert terminal.end() == 0


def test_an_interrupt_at_the_menu_ends_it(project):
    terminal = opened(project)
    terminal.wait_for("Choose 1 to 7")
    terminal.send("\x03")
    assert terminal.end() == 130
    assert "Traceback" not in terminal.text
