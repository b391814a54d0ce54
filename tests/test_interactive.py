"""The conversation about single images."""

import io

import numpy as np
import pytest
from PIL import Image

from classes.neural_network import NeuralNetwork
from initializers.embedded import embedded_digits
from interface.console import Console
from interface.prompts import EndOfInput
from testing.interactive import show_samples
from testing.prediction import Prediction
from tests.small import NAMES, small_dataset, small_network
from tests.terminal import Terminal

DATASET = small_dataset(noise=90.0)
NETWORK = small_network(DATASET)
BACK = "q"


def conversation(answers, network=NETWORK, dataset=DATASET, *, width=100, encoding="utf-8", **options):
    """Return what is said in reply to the answers."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(out, out, io.StringIO("\n".join(answers) + "\n"), width=width)
    show_samples(console, network, dataset, seed=3, **options)
    return raw.getvalue().decode(encoding)


def shown(text):
    """Return the numbers of the images shown."""
    return [int(line.split("test image ")[1].split(",")[0]) for line in text.splitlines() if ": test image " in line]


@pytest.mark.parametrize("answer", ["q", "quit", "Q", "qu"])
def test_going_back_shows_nothing(answer):
    assert shown(conversation([answer])) == []


def test_an_image_by_its_number_with_all_its_probabilities():
    text = conversation(["7", BACK])
    assert shown(text) == [7]
    p = NETWORK.predict_proba(DATASET.X_test[7:8])[0]
    first, second = np.argsort(-p)[:2]
    truth = DATASET.y_test[7]
    assert f"true class {NAMES[truth]}" in text
    verdict = "Right" if first == truth else "Wrong"
    assert f"{verdict}: taken for {NAMES[first]} with {p[first]:.2%}; runner-up {NAMES[second]} with" in text
    assert all(any(line.count(name) and "%" in line for line in text.splitlines()) for name in NAMES)
    assert Prediction(p).certainty() in text
    (speed,) = [line for line in text.splitlines() if "images/s, one at a time" in line]
    assert float(speed.split()[0].replace(",", "")) > 0


@pytest.mark.parametrize("answer", ["60", "-1", "99999999999999999999", "+-3"])
def test_an_impossible_number_is_told_and_asked_for_again(answer):
    text = conversation([answer, "59", BACK])
    assert shown(text) == [59]
    assert f"from 0 to 59, found '{answer}'" in text


@pytest.mark.parametrize("answer", ["seven", "x", "7.5.", "!", "\x1b[2J"])
def test_a_wrong_answer_is_told_and_asked_for_again(answer):
    text = conversation([answer, BACK])
    assert shown(text) == []
    assert text.count("Image [") == 2
    assert "expected" in text


def test_a_wrong_word_tells_all_that_may_be_answered():
    text = " ".join(conversation(["seven", BACK]).split())
    assert "a number from 0 to 59, a picture's path, or one of random, wrong, save, quit, found 'seven'" in text


def test_enter_shows_random_images_which_the_seed_repeats():
    first = shown(conversation(["", "", "r", BACK]))
    assert first == shown(conversation(["", "random", "", BACK]))
    assert len(set(first)) > 1


def test_mistakes_come_worst_first_and_begin_anew():
    p = NETWORK.predict_proba(DATASET.X_test)
    wrong = [n for n in range(60) if p[n].argmax() != DATASET.y_test[n]]
    wrong.sort(key=lambda n: p[n, DATASET.y_test[n]])
    assert len(wrong) > 1
    text = conversation(["w"] * (len(wrong) + 1) + [BACK])
    assert shown(text) == [*wrong, wrong[0]]
    assert f"Mistake 2 of {len(wrong)}" in text
    assert text.count("Wrong: ") == len(wrong) + 1


def test_without_mistakes_it_says_so():
    dataset = small_dataset(noise=1.0)
    text = conversation(["w", BACK], small_network(dataset, epochs=20), dataset)
    assert "Every test image is predicted right." in text


def test_the_last_image_is_saved_with_its_pixels(tmp_path):
    text = conversation(["s", "7", "s", BACK], output=tmp_path)
    assert "Look at an image first." in text
    assert {path.name for path in tmp_path.iterdir()} == {"test_image_7.png", "test_image_7.svg"}


def test_the_inputs_end_is_the_callers_to_handle():
    with pytest.raises(EndOfInput):
        conversation([""])


@pytest.fixture(scope="module")
def digits():
    """The embedded digits, and a network that has seen some of them."""
    dataset = embedded_digits()
    network = NeuralNetwork(784, (16,), 10, optimizer="adam")
    network.train(dataset.X_train, dataset.y_train, epochs=5, verbose=False)
    return network, dataset


@pytest.fixture
def picture(digits, tmp_path):
    """A test image on disk, large, dark on white, under a name with a space."""
    image = digits[1].X_test[3].reshape(28, 28)
    path = tmp_path / "my digit.png"
    Image.fromarray(255 - np.kron(image, np.ones((5, 5), np.uint8))).save(path)
    return path


def test_a_picture_from_disk_is_shown_without_a_truth_and_can_be_saved(digits, picture, tmp_path):
    text = conversation([str(picture), f"'{picture}'", "s", BACK], *digits, output=tmp_path / "out", width=160)
    truth = digits[1].y_test[3]
    assert text.count(f"Taken for {truth} with") == 2
    assert text.count("← predicted") == 2
    assert "true" not in text
    assert (tmp_path / "out" / "picture_my digit.png").is_file()


def test_a_picture_that_cannot_be_read_is_told_and_asked_for_again(digits, tmp_path):
    (tmp_path / "note.png").write_text("no picture")
    text = conversation([str(tmp_path / "nothing.png"), str(tmp_path / "note.png"), "3", BACK], *digits, width=400)
    assert "nothing.png: expected a file, found nothing of that name" in text
    assert "note.png: expected a picture, found something else" in text
    assert shown(text) == [3]


def test_a_picture_that_the_network_does_not_take_is_told(picture):
    text = conversation([str(picture), "3", BACK])
    assert "expected" in text
    assert shown(text) == [3]


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_everything_fits_the_screen(digits, width, encoding):
    text = conversation(["3", "w", "x", BACK], *digits, width=width, encoding=encoding)
    assert max(map(len, text.splitlines())) <= width
    assert "predicted, right" in text
    assert "predicted, wrong" in text


START = """
from interface.console import Console
from interface.script import run_script
from testing.interactive import show_samples
from tests.small import small_dataset, small_network
dataset = small_dataset(noise=90.0)
network = small_network(dataset)
raise SystemExit(run_script(lambda console: show_samples(console, network, dataset)))
"""


@pytest.mark.parametrize(("key", "code", "said"), [("\x03", 130, "Stopped."), ("\x04", 0, "The input has ended.")])
def test_ctrl_c_and_ctrl_d_end_it_with_a_line(key, code, said):
    terminal = Terminal("-c", START, columns=60, rows=40)
    terminal.wait_for("Image [Enter: random, q: back]:")
    terminal.send("7\n")
    terminal.wait_for("images/s, one at a time")
    terminal.send(key)
    assert terminal.end() == code
    assert terminal.lines[-1] == said
    assert "Traceback" not in terminal.text
