"""The script run as a user does: its output and files."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from classes.neural_network import NeuralNetwork
from interface.console import Console
from testing.corruptions import CORRUPTIONS
from testing.corruptions.scores import CLEAN, Robustness
from testing.robustness import (
    ROBUSTNESS_FOLDER,
    RobustnessConfig,
    measure_and_report_robustness,
    parse_flags,
    robustness_csv,
    show_robustness,
)

SCRIPT = Path(__file__).parents[2] / "testing" / "robustness.py"
FILES = {"robustness.json", "robustness.csv", "robustness.png", "robustness.svg", "corruptions.png", "corruptions.svg"}


def started(*flags, folder):
    """Run the script from a folder and return the finished process."""
    command = [sys.executable, "-W", "error", str(SCRIPT), *map(str, flags)]
    environment = {**os.environ, "PYTHONPATH": "", "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=100
    )


def test_it_works_from_any_folder_and_says_what_it_writes(model, tmp_path):
    flags = ["--model", model, "--baseline", model, "--data", "embedded", "--device", "cpu", "--images", "100"]
    done = started(*flags, "--seed", "4", "--output", "report", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "report").iterdir()} == FILES
    report = json.loads((tmp_path / "report" / "robustness.json").read_text(encoding="utf-8"))
    assert (report["model"], report["baseline"], report["dataset"]) == (str(model), str(model), "embedded digits")
    assert (report["images"], report["seed"]) == (100, 4)
    assert report["mean_corruption_error"] == pytest.approx(1)
    for row in report["corruptions"]:
        (line,) = (line for line in done.stdout.splitlines() if line.strip().startswith(spaced(row) + "  "))
        assert f"{row['accuracy']:.2%}" in line
    assert f"{report['mean_corruption_accuracy']:.2%}" in done.stdout
    with (tmp_path / "report" / "robustness.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["accuracy"]) for row in rows] == [row["accuracy"] for row in report["corruptions"]]


def spaced(row):
    return row["corruption"].replace("_", " ")


def test_a_missing_model_is_one_line_and_an_exit_code(tmp_path):
    done = started("--model", "no.pkl", "--data", "embedded", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no.pkl" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("flags", [["--images", "0"], ["--seed", "-1"], ["--data", "nothing"], ["--epochs", "3"]])
def test_a_bad_flag_shows_the_usage(flags, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse_flags(flags)
    assert "usage: robustness.py" in capsys.readouterr().err


def test_flags_and_their_defaults():
    assert parse_flags([]) == RobustnessConfig()
    assert RobustnessConfig().output == ROBUSTNESS_FOLDER
    config = parse_flags(["--model", "a.pkl", "--baseline", "b.pkl", "--images", "9", "--seed", "2"])
    assert (config.model, config.baseline, config.images, config.seed) == (Path("a.pkl"), Path("b.pkl"), 9, 2)


def said(result):
    out = io.StringIO()
    show_robustness(Console(out, width=120), result)
    return out.getvalue()


def test_the_table_says_what_is_lost():
    text = said(Robustness(1000, 0, 0.98, {"shot_noise": 0.9, "fog": 0.5}))
    assert "1,000 images, seed 0" in text
    lines = {line.strip(" ▸").split("  ")[0]: line.split() for line in text.splitlines()}
    assert lines["clean"][1] == "98.00%"
    assert (lines["shot noise"][2], lines["shot noise"][-1]) == ("90.00%", "8.00")
    assert (lines["mean corruption"][-3:]) == ["70.00%", "–", "28.00"]
    assert "aseline" not in text


def test_the_table_compares_with_a_baseline_and_leaves_out_what_there_is_not():
    weak = Robustness(1000, 0, 0.96, {"shot_noise": 0.8, "fog": 1.0})
    text = said(Robustness(1000, 0, 0.98, {"shot_noise": 0.9, "fog": 0.5}, weak))
    lines = {line.strip(" ▸").split("  ")[0]: line.split() for line in text.splitlines()}
    assert lines["shot noise"][-2:] == ["80.00%", "0.500"]
    assert lines["fog"][-2:] == ["100.00%", "–"]
    assert lines["mean corruption"][-2:] == ["90.00%", "–"]
    assert "Errors that corruption adds" not in text


def test_the_relative_figure_is_reported_where_there_is_one():
    weak = Robustness(1000, 0, 0.96, {"fog": 0.5})
    assert "over those it adds to the baseline: 0.500" in said(Robustness(1000, 0, 0.98, {"fog": 0.75}, weak))


def test_the_csv_has_a_line_a_corruption():
    header, *lines = robustness_csv(Robustness(10, 0, 1.0, dict.fromkeys(CORRUPTIONS, 0.5))).splitlines()
    assert header == "corruption,accuracy,interval_low,interval_high"
    assert [line.split(",")[0] for line in lines] == [CLEAN, *CORRUPTIONS]


def test_the_same_seed_writes_the_same_bytes(model, digits, tmp_path):
    network = NeuralNetwork.load_model(model)
    for name in ("a", "b"):
        console = Console(io.StringIO(), io.StringIO())
        measure_and_report_robustness(console, network, digits, images=30, output=tmp_path / name)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.fixture
def no_figures(monkeypatch):
    """Spare the time that drawing takes."""
    monkeypatch.setattr("testing.robustness.corruption_gallery", lambda *_: None)
    monkeypatch.setattr("testing.robustness.save_figure", lambda figure, path: path)


def test_a_terminal_sees_which_corruption_has_its_turn(model, digits, tmp_path, no_figures):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    out = Terminal()
    network = NeuralNetwork.load_model(model)
    measure_and_report_robustness(Console(out, io.StringIO()), network, digits, images=10, output=tmp_path)
    assert "Measuring: canny edges" in out.getvalue()


def test_a_model_of_other_data_is_warned_of(model, digits, tmp_path, no_figures):
    err, network = io.StringIO(), NeuralNetwork.load_model(model)
    network.info = {"dataset": "MNIST"}
    console = Console(io.StringIO(), err, width=200)
    measure_and_report_robustness(console, network, digits, images=10, output=tmp_path)
    assert "trained on MNIST, but is evaluated on embedded digits" in err.getvalue()
