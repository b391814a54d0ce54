"""The script run as a user does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from initializers.mnist.embedded import embedded_digits
from interface.console import Console
from testing.inference.ensemble import load_predictor
from testing.inference.model_files import EVALUATION_FOLDER, ModelChoice
from testing.report.figures import FIGURES
from testing.test import EvaluationConfig, main, parse_flags
from tests.helpers.terminal import Recorded
from training.train import main as train

SCRIPT = Path(__file__).parents[2] / "testing" / "test.py"


def started(*flags, folder):
    """Run the script from a folder and return the finished process."""
    command = [sys.executable, "-W", "error", str(SCRIPT), *map(str, flags)]
    environment = {**os.environ, "PYTHONPATH": "", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=100
    )


def test_it_works_from_any_folder_and_reports_what_the_network_does(model, tmp_path):
    flags = ("--data", "embedded", "--output", "report", "--device", "cpu")
    done = started("--model", model, "--against", model, *flags, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    dataset = embedded_digits()
    _, accuracy = NeuralNetwork.load_model(model).evaluate(dataset.X_test, dataset.y_test)
    assert report["accuracy"] == pytest.approx(accuracy)
    assert report["model"] == str(model)
    assert report["dataset"] == report["trained_on"] == "embedded digits"
    assert f"{accuracy:.2%}" in done.stdout
    assert "embedded digits" in done.stdout
    assert {path.stem for path in (tmp_path / "report").glob("*.png")} == set(FIGURES)
    assert (tmp_path / "report" / "report.html").exists()
    assert report["against"]["same_model"] is True
    assert "they are the same model" in done.stdout


def test_several_models_are_an_ensemble_and_may_look_in_several_ways(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("testing.report.writer.FIGURES", {})
    flags = ["--model", str(model), str(model), "--views", "2", "--data", "embedded", "--output", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["test.py", *flags])
    main(Console(width=100))
    out = " ".join(capsys.readouterr().out.split())
    assert "ensemble of 2, 2 views" in out
    assert "mean probabilities over 2 networks and 2 views of every image" in out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["models"], report["views"]) == ([str(model)] * 2, 2)
    dataset = embedded_digits()
    expected = load_predictor([model, model], views=2).evaluate(dataset.X_test, dataset.y_test)
    assert (report["loss"], report["accuracy"]) == pytest.approx(expected)


def test_where_none_was_trained_the_pretrained_model_is_tested(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "testing.inference.model_files.usual_model", lambda folder: ModelChoice(Path(model), is_pretrained=True)
    )
    monkeypatch.setattr("testing.report.writer.FIGURES", {})
    monkeypatch.setattr("sys.argv", ["test.py", "--data", "embedded", "--output", str(tmp_path)])
    main(Console(width=100))
    assert "the pretrained one is used" in " ".join(capsys.readouterr().err.split())
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["model"] == str(model)


def test_a_missing_rival_is_one_line_and_an_exit_code(model, tmp_path):
    done = started("--model", model, "--against", "no.pkl", "--data", "embedded", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no.pkl" in done.stderr


def test_a_missing_model_is_one_line_and_an_exit_code(tmp_path):
    done = started("--model", "no.pkl", "--data", "embedded", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no.pkl" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("flags", [["--data", "nothing"], ["--device", "abacus"], ["--epochs", "3"]])
def test_a_bad_flag_shows_the_usage(flags, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse_flags(flags)
    assert "usage: test.py" in capsys.readouterr().err


def test_flags_and_their_defaults(tmp_path):
    assert parse_flags([]) == EvaluationConfig((), 1, None, "auto", None, None, EVALUATION_FOLDER, "auto")
    flags = ["--model", "a.pkl", "--data-dir", str(tmp_path), "--mirrors", "http://localhost:1/", "--output", "there"]
    config = parse_flags(flags)
    assert (config.model, config.data_dir, config.output) == ((Path("a.pkl"),), tmp_path, Path("there"))
    assert config.mirrors == ("http://localhost:1/",)
    several = parse_flags(["--model", "a.pkl", "~/b.pkl", "--views", "8", "--model", "c.pkl"])
    assert several.model == (Path("a.pkl"), Path.home() / "b.pkl", Path("c.pkl"))
    assert several.views == 8


@pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="MNIST_DIR does not name a folder with MNIST's files")
def test_a_model_of_the_embedded_digits_is_warned_of_on_mnist(model, tmp_path):
    done = started("--model", model, "--data", "mnist", "--output", tmp_path, folder=tmp_path)
    assert done.returncode == 0
    assert "trained on embedded digits, but is evaluated on MNIST" in " ".join(done.stderr.split())
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["images"] == 10_000


def test_a_model_of_own_data_is_tested_on_them_with_their_names(tmp_path, monkeypatch):
    monkeypatch.setattr("testing.report.writer.FIGURES", {})
    digits = embedded_digits()
    names = np.array(["even", "odd"])
    np.savez(tmp_path / "parity.npz", X=digits.X_train[:400], y=names[digits.y_train[:400] % 2])
    monkeypatch.chdir(tmp_path)
    flags = ("--data", "parity.npz", "--epochs", "3", "--output", "model.pkl", "--save-data", "saved.npz")
    monkeypatch.setattr("sys.argv", ["train.py", *flags])
    assert train(Recorded()) == 0
    reports = []
    for data in ((), ("--data", "saved.npz")):
        monkeypatch.setattr("sys.argv", ["test.py", "--model", "model.pkl", "--output", "report", *data])
        main(Recorded())
        reports.append(json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8")))
    assert reports[0]["class_names"] == reports[1]["class_names"] == ["even", "odd"]
    assert reports[0]["dataset"] == "parity"
    assert reports[0]["accuracy"] == reports[1]["accuracy"] > 0.6
    monkeypatch.setattr("sys.argv", ["test.py", "--model", "model.pkl", "--data", "embedded"])
    with pytest.raises(InputError, match="expected some of even, odd, found 0, 1, 2"):
        main(Recorded())
