"""The script, as a user starts it."""

import json

import pytest

from tests.project import copy_project, run


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project"))


def test_without_network_it_learns_the_embedded_digits_and_says_so(project, tmp_path):
    done = run(project / "training" / "train.py", "--epochs", 3, "--hidden-sizes", 32, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Test accuracy on embedded digits" in done.stdout
    assert "127.0.0.1:9" in done.stderr
    assert "train-images-idx3-ubyte.gz" in done.stderr
    assert (project / "model" / "default.pkl").exists()
    assert list(tmp_path.iterdir()) == []

    tested = run(project / "testing" / "test.py", cwd=tmp_path)
    assert tested.returncode == 0, tested.stderr
    report = json.loads((project / "model" / "evaluation" / "report.json").read_text())
    assert report["dataset"] == "embedded digits"
    assert f"Test accuracy on embedded digits: {report['accuracy']:.2%}" in done.stdout


def test_the_default_preset_learns_the_embedded_digits_well(project, tmp_path):
    done = run(project / "training" / "train.py", "--data", "embedded", "--output", tmp_path / "model.pkl")
    assert done.returncode == 0, done.stderr
    accuracy = float(done.stdout.split("Test accuracy on embedded digits: ")[1].split("%")[0])
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
        (("--optimizer", "magic"), "adagrad"),
        (("--epochs", "0"), "epochs"),
        (("--learning-rate", "-1"), "learning_rate"),
        (("--hidden-sizes", "0"), "units"),
        (("--dropout", "0.1,0.2,0.3"), "dropout"),
        (("--validation-fraction", "1.5"), "fraction"),
        (("--device", "gpu"), "gpu"),
        (("--learning-rate", "1e30", "--optimizer", "sgd", "--epochs", "1"), "epoch 1, batch"),
    ],
)
def test_bad_flags_end_with_a_line_and_no_traceback(project, tmp_path, flags, said):
    done = run(project / "training" / "train.py", "--data", "embedded", "--output", tmp_path / "m.pkl", *flags)
    assert done.returncode in (1, 2)
    assert said in done.stderr
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
