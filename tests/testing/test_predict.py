"""The script, in this process and run as a user does."""

import contextlib
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from classes.neural_network import NeuralNetwork
from initializers.handwriting import prepare_digit
from interface.script import run_script
from testing.inference.prediction import predict_image
from testing.predict import main, parse_flags, readings
from tests.helpers.project import ROOT, copy_project, run
from tests.helpers.samples.labelled_digits import labelled_folder, write_labels
from tests.helpers.terminal import Terminal

SCRIPT = ROOT / "testing" / "predict.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, digits):
    """A model file of a network that has seen the embedded digits, three pictures of them, and a text."""
    folder = tmp_path_factory.mktemp("predict")
    network = NeuralNetwork(784, (16,), 10, optimizer="adam")
    network.train(digits.X_train, digits.y_train, epochs=5, verbose=False)
    network.save_model(folder / "small.pkl")
    for index in range(3):
        image = digits.X_test[index].reshape(28, 28)
        Image.fromarray(255 - np.kron(image, np.ones((5, 5), np.uint8))).save(folder / f"{index}.png")
    (folder / "note.txt").write_text("no picture")
    return folder


@pytest.fixture
def started(folder, monkeypatch, capsys):
    """Return a function that runs the script with flags in the folder, and returns its exit status and streams."""

    def start(*flags):
        monkeypatch.chdir(folder)
        monkeypatch.delenv("COLUMNS", raising=False)
        monkeypatch.setattr(sys, "argv", ["predict.py", "--model", "small.pkl", *map(str, flags)])
        code = run_script(main)
        return SimpleNamespace(returncode=code, **capsys.readouterr()._asdict())

    return start


def test_json_is_a_list_of_answers_as_the_network_gives_them(folder, started):
    done = started("--json", "0.png", "1.png", "2.png")
    assert (done.returncode, done.err) == (0, "")
    found = json.loads(done.out)
    network = NeuralNetwork.load_model(folder / "small.pkl")
    for item, name in zip(found, ("0.png", "1.png", "2.png"), strict=True):
        prepared = prepare_digit(folder / name)
        expected = predict_image(network, prepared.image.ravel())
        assert list(item) == ["path", "digits", "confidence", "sure", "refusal", "boxes", "probabilities"]
        assert (item["path"], item["digits"]) == (name, str(expected.digit))
        assert item["sure"] is (expected.is_sure and prepared.refusal is None)
        assert item["boxes"] == [prepared.box._asdict()]
        assert item["confidence"] == max(item["probabilities"][0]) == pytest.approx(expected.confidence)


def side_by_side(folder):
    """Return a picture of the three digits in a row, with paper around and between them."""
    with contextlib.ExitStack() as stack:
        images = [np.asarray(stack.enter_context(Image.open(folder / f"{index}.png"))) for index in range(3)]
    paper = np.full((images[0].shape[0], 30), 255, np.uint8)
    row = np.hstack([paper, *(part for image in images for part in (image, paper))])
    path = folder / "row.png"
    Image.fromarray(np.pad(row, 30, constant_values=255)).save(path)
    return path


def test_several_digits_are_read_in_order(folder, started):
    path = side_by_side(folder)
    (item,) = json.loads(started("--json", "--several", path.name).out)
    single = json.loads(started("--json", "0.png", "1.png", "2.png").out)
    assert item["digits"] == "".join(each["digits"] for each in single)
    assert [box["left"] for box in item["boxes"]] == sorted(box["left"] for box in item["boxes"])
    assert len(item["probabilities"]) == 3
    assert item["confidence"] == min(max(p) for p in item["probabilities"])
    (likelier,) = json.loads(started("--json", path.name).out)
    assert likelier == item
    (one,) = json.loads(started("--json", "--one", path.name).out)
    assert len(one["boxes"]) == 1
    path.unlink()


def test_a_blank_picture_is_never_sure(folder, started):
    Image.fromarray(np.full((90, 90), 250, np.uint8)).save(folder / "blank.png")
    (one,) = json.loads(started("--json", "blank.png").out)
    (many,) = json.loads(started("--json", "--several", "blank.png").out)
    assert (one["sure"], one["refusal"]) == (False, "The picture is blank.")
    assert (many["sure"], many["digits"], many["boxes"]) == (False, "", [])
    assert "; The picture is blank; " in started("blank.png").out
    (folder / "blank.png").unlink()


def test_every_step_can_be_seen(folder, started, tmp_path):
    done = started("--explain", str(tmp_path / "steps"), "0.png")
    assert done.returncode == 0
    assert {file.name for file in (tmp_path / "steps").iterdir()} == {"0.steps.png", "0.steps.svg"}


def test_one_that_fails_makes_the_status_1_and_the_others_are_answered(folder, started):
    done = started("--json", "note.txt", "0.png", "missing.png")
    assert (done.returncode, done.err) == (1, "")
    first, second, third = json.loads(done.out)
    assert list(first) == list(third) == ["path", "error"]
    assert "note.txt: expected a picture" in first["error"]
    assert second["path"] == "0.png"


def test_lines_for_people_and_errors_beside_them(folder, started):
    done = started("0.png", "note.txt", "1.png")
    assert done.returncode == 1
    lines = done.out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["0.png", "1.png"]
    assert all("runner-up" in line and "sure" in line for line in lines)
    assert done.err.startswith("Error: picture note.txt: ")
    assert len(done.err.splitlines()) == 1


def test_json_is_never_folded(folder):
    long = "./" * 60 + "note.txt"
    done = Terminal(str(SCRIPT), "--model", str(folder / "small.pkl"), "--json", str(folder / long), columns=40)
    assert done.end() == 1
    assert json.loads(done.raw)[0]["path"].endswith("/note.txt")


@pytest.mark.parametrize("columns", [60, 160])
def test_a_drawing_where_it_is_wanted(folder, columns):
    path = str(folder / "0.png")
    terminal = Terminal(str(SCRIPT), "--model", str(folder / "small.pkl"), "--show", path, columns=columns, rows=45)
    assert terminal.end() == 0
    assert "← predicted" in terminal.text
    assert "▀" in terminal.text


def test_the_newest_model_is_the_one_asked_unless_described(folder, tmp_path):
    project = copy_project(tmp_path)
    without = run(project / "testing" / "predict.py", folder / "0.png")
    assert without.returncode == 1
    assert "python training/train.py" in without.stderr
    (project / "model").mkdir()
    (project / "model" / "small.pkl").write_bytes((folder / "small.pkl").read_bytes())
    done = run(project / "testing" / "predict.py", folder / "0.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("flags", [[], ["--model"], ["a.png", "--json", "--show"], ["a.png", "--device", "abacus"]])
def test_a_bad_command_line_shows_the_usage(flags, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse_flags(flags)
    assert "usage: predict.py" in capsys.readouterr().err


def test_a_network_that_takes_other_images_is_an_error_a_picture(folder):
    (reading,) = readings(NeuralNetwork(64, (4,), 10), [str(folder / "0.png")])
    assert reading.digits == ()
    assert reading.to_dict("0123456789") == {"path": reading.path, "error": reading.error}
    assert "64" in reading.error


@pytest.mark.parametrize(
    ("arguments", "models", "pictures"),
    [
        (["--model", "a.pkl", "b.PKL", "0.png"], ["a.pkl", "b.PKL"], ["0.png"]),
        (["0.png", "--model", "a.pkl", "b.pkl", "--json"], ["a.pkl", "b.pkl"], ["0.png"]),
        (["--model=a.pkl", "b.pkl", "c.pkl", "0.png"], ["a.pkl", "b.pkl", "c.pkl"], ["0.png"]),
        (["--model", "odd name", "0.png", "--model", "b.pkl", "1.png"], ["odd name", "b.pkl"], ["0.png", "1.png"]),
        (["0.png", "--json", "1.png"], None, ["0.png", "1.png"]),
    ],
)
def test_models_and_pictures_are_distinguished(arguments, models, pictures):
    flags = parse_flags(arguments)
    assert flags.pictures == pictures
    assert (flags.model and [str(path) for path in flags.model]) == models


def test_several_models_and_views_answer_together(folder, started):
    other = NeuralNetwork(784, (8,), 10, seed=1)
    other.save_model(folder / "other.pkl")
    (item,) = json.loads(started("other.pkl", "0.png", "--json").out)
    image = prepare_digit(folder / "0.png").image.reshape(1, -1)
    first = NeuralNetwork.load_model(folder / "small.pkl")
    mean = (first.predict_proba(image) + other.predict_proba(image)) / 2
    np.testing.assert_allclose(item["probabilities"], mean, atol=1e-6)
    (viewed,) = json.loads(started("0.png", "--json", "--views", "4").out)
    assert viewed["probabilities"] != first.predict_proba(image).tolist()
    assert sum(viewed["probabilities"][0]) == pytest.approx(1)


@pytest.mark.parametrize("flags", [["--model", "missing.pkl", "0.png"], ["0.png", "--views", "0"]])
def test_a_model_that_is_missing_or_views_that_are_none_are_one_clear_error(started, flags):
    done = started(*flags)
    assert (done.returncode, done.out) == (1, "")
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1


def test_patterns_are_expanded_and_one_that_matches_nothing_is_described(folder, started):
    (folder / "odd[0].png").write_bytes((folder / "0.png").read_bytes())
    done = started("--json", "[0-1].png", "*.gif", "odd[0].png")
    found = json.loads(done.out)
    assert [item["path"] for item in found] == ["0.png", "1.png", "*.gif", "odd[0].png"]
    assert "expected pictures that match it" in found[2]["error"]
    assert done.returncode == 1
    (folder / "odd[0].png").unlink()


def test_one_figure_a_picture_though_names_are_alike(folder, started, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes((folder / "1.png").read_bytes())
    row = side_by_side(folder)
    assert started("--explain", tmp_path / "out", "0.png", tmp_path / "a", "note.txt").returncode == 1
    assert started("--explain", tmp_path / "out", "--several", row.name).returncode == 0
    names = {file.name for file in (tmp_path / "out").glob("*.png")}
    assert names == {"0.steps.png", "0-2.steps.png", "row.steps.png"}
    row.unlink()


def test_every_digit_of_several_is_drawn(folder, started):
    row = side_by_side(folder)
    done = started("--show", "--several", row.name)
    assert [f"row.png, digit {number} of 3" in done.out for number in (1, 2, 3, 4)] == [True, True, True, False]
    row.unlink()


def test_a_folder_with_labels_is_counted(started, tmp_path):
    folder = labelled_folder(tmp_path / "here")
    (folder / "unnamed.png").write_bytes((folder / "drawn" / "one.png").read_bytes())
    done = started(folder)
    assert (done.returncode, done.err) == (0, "")
    lines = done.out.splitlines()
    assert all(line.split("; ")[-1].startswith(("right", "wrong: it shows")) for line in lines[:5])
    assert lines[5].startswith(str(folder / "unnamed.png"))
    assert "right" not in lines[5]
    table = [line.split() for line in lines[-4:]]
    assert [row[:2] for row in table] == [["drawn", "3"], ["sheets", "1"], [".", "1"], ["all", "5"]]


def test_labels_may_name_pictures_whose_endings_say_nothing(started, tmp_path):
    folder = labelled_folder(tmp_path / "here")
    for name in ("drawn", "sheets"):
        for path in (folder / name).iterdir():
            path.rename(path.with_suffix(".data"))
    (folder / "blank.png").unlink()
    write_labels(folder, {"drawn/seven.data": "7", "sheets/two.data": "77/17"})
    done = started(folder)
    assert (done.returncode, done.err) == (0, "")
    assert "drawn/seven.data: " in done.out


def test_labels_in_json_stay_a_list_and_say_what_is_right(started, tmp_path):
    folder = labelled_folder(tmp_path / "here")
    (folder / "drawn" / "one.png").write_bytes(b"broken")
    done = started("--json", folder)
    found = json.loads(done.out)
    assert (done.returncode, done.err) == (1, "")
    assert [item["label"] for item in found] == ["7", "1", "77/17", "blank", "7"]
    assert found[1]["right"] is False
    assert "error" in found[1]
    assert found[3]["right"] is True
    assert all(item["right"] is (item["digits"] == item["label"]) for item in (found[0], found[4]))


def test_bad_labels_are_one_error_and_other_arguments_are_answered(started, tmp_path):
    folder = labelled_folder(tmp_path / "here", {"nowhere.png": "7"})
    done = started(folder, "0.png")
    assert done.returncode == 1
    assert done.err.startswith("Error: labels ")
    assert done.err.count("\n") == 1
    assert done.out.startswith("0.png: ")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and links")
def test_hostile_files_are_one_error_each_and_the_rest_is_answered(folder, started, tmp_path):
    hostile = tmp_path / "hostile"
    (hostile / "folder.png").mkdir(parents=True)
    os.mkfifo(hostile / "a pipe.png")
    (hostile / "circle").symlink_to(hostile)
    (hostile / "circle.png").symlink_to("circle.png")
    (hostile / "empty.png").touch()
    (hostile / "half.png").write_bytes((folder / "0.png").read_bytes()[:80])
    (hostile / "text.jpg").write_text("no picture")
    (hostile / "wrong ending.gif").write_bytes((folder / "0.png").read_bytes())
    Image.new("1", (10_000, 10_001)).save(hostile / "huge.png")
    found = json.loads(started("--json", hostile, "x" * 5000, "/dev/zero", "0.png").out)
    errors = {os.path.basename(item["path"])[:20]: item.get("error", "") for item in found}  # noqa: PTH119
    words = {
        "a pipe.png": "a file, found something else",
        "circle.png": "found nothing of that name",
        "empty.png": "found an empty file",
        "half.png": "a whole picture",
        "text.jpg": "a picture, found something else",
        "wrong ending.gif": "",
        "huge.png": "at most 50,000,000 pixels, found 10,000 x 10,001",
        "x" * 20: "File name too long",
        "zero": "a file, found something else",
        "0.png": "",
    }
    assert set(errors) == set(words)
    assert all(word in errors[name] and bool(word) is bool(errors[name]) for name, word in words.items())


def test_a_picture_that_may_not_be_read_is_one_error(started, monkeypatch):
    read = Path.read_bytes

    def guarded(path):
        if path.name == "1.png":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    done = started("0.png", "1.png", "2.png")
    assert done.returncode == 1
    assert "picture 1.png: expected a file that can be read, found Permission denied." in done.err
    assert len(done.out.splitlines()) == 2


def test_nothing_told_of_a_name_obeys_it(folder, started):
    name = "a\x1b[2Jb\udcff.png"
    done = started(name)
    assert "\x1b" not in done.err
    assert "nothing of that name" in done.err
    assert json.loads(started("--json", name).out)[0]["path"] == name
