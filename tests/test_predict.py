"""The script, as a user starts it."""

import contextlib
import json

import numpy as np
import pytest
from PIL import Image

from classes.neural_network import NeuralNetwork
from initializers.embedded import embedded_digits
from initializers.handwriting import prepare_digit
from testing.predict import answers, files_of, parse_flags
from testing.prediction import predict_image
from tests.project import ROOT, copy_project, run
from tests.terminal import Terminal

SCRIPT = ROOT / "testing" / "predict.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model file of a network that has seen the embedded digits, three pictures of them, and a text."""
    folder = tmp_path_factory.mktemp("predict")
    dataset = embedded_digits()
    network = NeuralNetwork(784, (16,), 10, optimizer="adam")
    network.train(dataset.X_train, dataset.y_train, epochs=5, verbose=False)
    network.save_model(folder / "small.pkl")
    for index in range(3):
        image = dataset.X_test[index].reshape(28, 28)
        Image.fromarray(255 - np.kron(image, np.ones((5, 5), np.uint8))).save(folder / f"{index}.png")
    (folder / "note.txt").write_text("no picture")
    return folder


def started(folder, *flags):
    return run(SCRIPT, "--model", "small.pkl", *flags, cwd=folder)


def test_json_is_a_list_of_answers_as_the_network_gives_them(folder):
    done = started(folder, "--json", "0.png", "1.png", "2.png")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
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


def test_several_digits_are_read_in_order(folder):
    path = side_by_side(folder)
    (item,) = json.loads(started(folder, "--json", "--several", path.name).stdout)
    single = json.loads(started(folder, "--json", "0.png", "1.png", "2.png").stdout)
    assert item["digits"] == "".join(each["digits"] for each in single)
    assert [box["left"] for box in item["boxes"]] == sorted(box["left"] for box in item["boxes"])
    assert len(item["probabilities"]) == 3
    assert item["confidence"] == min(max(p) for p in item["probabilities"])
    path.unlink()


def test_a_blank_picture_is_never_sure(folder):
    Image.fromarray(np.full((90, 90), 250, np.uint8)).save(folder / "blank.png")
    (one,) = json.loads(started(folder, "--json", "blank.png").stdout)
    (many,) = json.loads(started(folder, "--json", "--several", "blank.png").stdout)
    assert (one["sure"], one["refusal"]) == (False, "The picture is blank.")
    assert (many["sure"], many["digits"], many["boxes"]) == (False, "", [])
    assert "The picture is blank." in started(folder, "blank.png").stdout
    (folder / "blank.png").unlink()


def test_a_folder_stands_for_the_pictures_in_it_and_its_folders(folder, tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("deep/a.png", "b.PNG", "note.txt"):
        (tmp_path / name).write_bytes((folder / "0.png").read_bytes())
    assert list(files_of([str(tmp_path), "x.png"])) == [
        str(tmp_path / "b.PNG"),
        str(tmp_path / "deep" / "a.png"),
        "x.png",
    ]


def test_every_step_can_be_seen(folder, tmp_path):
    done = started(folder, "--explain", str(tmp_path / "steps"), "0.png")
    assert done.returncode == 0
    assert {file.name for file in (tmp_path / "steps").iterdir()} == {"0.steps.png", "0.steps.svg"}


def test_one_that_fails_makes_the_status_1_and_the_others_are_answered(folder):
    done = started(folder, "--json", "note.txt", "0.png", "missing.png")
    assert (done.returncode, done.stderr) == (1, "")
    first, second, third = json.loads(done.stdout)
    assert list(first) == list(third) == ["path", "error"]
    assert "note.txt: expected a picture" in first["error"]
    assert second["path"] == "0.png"


def test_lines_for_people_and_errors_beside_them(folder):
    done = started(folder, "0.png", "note.txt", "1.png")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["0.png", "1.png"]
    assert all("runner-up" in line and "sure" in line for line in lines)
    assert done.stderr.startswith("Error: picture note.txt: ")
    assert len(done.stderr.splitlines()) == 1


def test_json_is_never_folded(folder):
    long = "./" * 60 + "note.txt"
    done = Terminal(str(SCRIPT), "--model", str(folder / "small.pkl"), "--json", str(folder / long), columns=40)
    assert done.end() == 1
    assert json.loads(done.raw)[0]["path"].endswith("/note.txt")


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_a_drawing_where_it_is_wanted(folder, columns):
    path = str(folder / "0.png")
    terminal = Terminal(str(SCRIPT), "--model", str(folder / "small.pkl"), "--show", path, columns=columns, rows=45)
    assert terminal.end() == 0
    assert "← predicted" in terminal.text
    assert "▀" in terminal.text


def test_the_newest_model_is_the_one_asked_unless_told(folder, tmp_path):
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
    (answer,) = answers(NeuralNetwork(64, (4,), 10), [str(folder / "0.png")])
    assert answer.digits == ()
    assert answer.to_dict("0123456789") == {"path": answer.path, "error": answer.error}
    assert "64" in answer.error
