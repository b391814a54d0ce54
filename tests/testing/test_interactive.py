"""The dialogue about single images."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from backend.drawing import new_figure
from classes.neural_network import NeuralNetwork
from initializers.handwriting import prepare_digit
from initializers.mnist.embedded import embedded_digits
from interface.console import Console
from interface.prompts import EndOfInput
from testing.inference.prediction import Prediction, predict_image
from testing.interactive import show_samples
from tests.helpers.samples.drawn_digits import ink, on_paper
from tests.helpers.samples.labelled_digits import Measures, labelled_folder
from tests.helpers.small import NAMES, small_dataset, small_network
from tests.helpers.terminal import Recorded, Terminal

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
    verdict = "Correct" if first == truth else "Wrong"
    assert f"{verdict}: classified as {NAMES[first]} with {p[first]:.2%}; runner-up {NAMES[second]} with" in text
    assert all(any(line.count(name) and "%" in line for line in text.splitlines()) for name in NAMES)
    assert Prediction(p).certainty() in text
    (speed,) = [line for line in text.splitlines() if "images/s, one at a time" in line]
    assert float(speed.split()[0].replace(",", "")) > 0


@pytest.mark.parametrize("answer", ["60", "-1", "99999999999999999999", "+-3"])
def test_an_impossible_number_is_reported_and_asked_for_again(answer):
    text = conversation([answer, "59", BACK])
    assert shown(text) == [59]
    assert f"from 0 to 59, found '{answer}'" in text


@pytest.mark.parametrize("answer", ["seven", "z", "7.5.", "!", "\x1b[2J"])
def test_a_wrong_answer_is_reported_and_asked_for_again(answer):
    text = conversation([answer, BACK])
    assert shown(text) == []
    assert text.count("Image [") == 2
    assert "expected" in text


def test_a_wrong_word_tells_all_that_may_be_answered():
    text = " ".join(conversation(["seven", BACK]).split())
    assert (
        "a number from 0 to 59, a picture's path, or one of random, wrong, save, explain, quit, found 'seven'" in text
    )


def test_enter_shows_random_images_which_the_seed_repeats():
    first = shown(conversation(["", "", "r", BACK]))
    assert first == shown(conversation(["", "random", "", BACK]))
    assert len(set(first)) > 1


def test_mistakes_come_worst_first_and_start_again():
    p = NETWORK.predict_proba(DATASET.X_test)
    wrong = [n for n in range(60) if p[n].argmax() != DATASET.y_test[n]]
    wrong.sort(key=lambda n: p[n, DATASET.y_test[n]])
    assert len(wrong) > 1
    text = conversation(["w"] * (len(wrong) + 1) + [BACK])
    assert shown(text) == [*wrong, wrong[0]]
    assert f"Misclassified image 2 of {len(wrong)}" in text
    assert text.count("Wrong: classified as") == len(wrong) + 1


def test_without_errors_it_says_so():
    dataset = small_dataset(noise=1.0)
    text = conversation(["w", BACK], small_network(dataset, epochs=20), dataset)
    assert "All test images are classified correctly." in text


def test_the_last_image_is_saved_with_its_pixels(tmp_path):
    text = conversation(["s", "7", "s", BACK], output=tmp_path)
    assert "Look at an image first." in text
    assert {path.name for path in tmp_path.iterdir()} == {"test_image_7.png", "test_image_7.svg"}


def test_the_inputs_end_is_the_callers_to_handle():
    with pytest.raises(EndOfInput):
        conversation([""])


@pytest.fixture(scope="module")
def pair(model, digits):
    """A network that has seen some of the embedded digits, and these."""
    return NeuralNetwork.load_model(model), digits


@pytest.fixture
def picture(pair, tmp_path):
    """A test image on disk, large, dark on white, under a name with a space."""
    image = pair[1].X_test[3].reshape(28, 28)
    path = tmp_path / "my digit.png"
    Image.fromarray(255 - np.kron(image, np.ones((5, 5), np.uint8))).save(path)
    return path


def test_a_picture_from_disk_is_shown_without_a_true_class_and_can_be_saved(pair, picture, tmp_path):
    text = conversation([str(picture), f"'{picture}'", "s", BACK], *pair, output=tmp_path / "out", width=160)
    answer = predict_image(pair[0], prepare_digit(picture).image.ravel()).digit
    assert text.count(f"Classified as {answer} with") == 2
    assert text.count("← predicted") == 2
    assert "true" not in text
    assert (tmp_path / "out" / "picture_my digit.png").is_file()


def test_a_picture_that_cannot_be_read_is_reported_and_asked_for_again(pair, tmp_path):
    (tmp_path / "note.png").write_text("no picture")
    text = conversation([str(tmp_path / "nothing.png"), str(tmp_path / "note.png"), "3", BACK], *pair, width=400)
    assert "nothing.png: expected a file, found nothing of that name" in text
    assert "note.png: expected a picture, found something else" in text
    assert shown(text) == [3]


def test_a_picture_that_the_network_does_not_take_is_reported(picture):
    text = conversation([str(picture), "3", BACK])
    assert "expected" in text
    assert shown(text) == [3]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder of drawn digits: one, several in rows, none, and a great many."""
    folder = labelled_folder(tmp_path_factory.mktemp("drawn") / "here")
    rows = np.tile(ink("7", height=60, pen=6, margin=20), (3, 10))
    Image.fromarray(on_paper(rows)).save(folder / "many.png")
    return folder


def several(folder, *answers, name="sheets/two.png", **options):
    """Return the conversation about a picture of several digits."""
    return conversation([str(folder / name), *answers, BACK], Measures(), embedded_digits(), **options)


@pytest.mark.parametrize(("width", "rows"), [(60, 2), (120, 1)])
def test_several_digits_are_a_string_each_drawn_above_its_class(drawn, width, rows):
    text = several(drawn, width=width)
    assert "two.png: 4 digits" in " ".join(text.split())
    assert sum("with 91.00%" in line and "Read" not in line for line in text.splitlines()) == rows
    assert text.count("with 91.00%") == 4
    assert "Read as " in text
    assert "All digits are above the confidence threshold." in text
    assert text.count("▀") + text.count("█") > 60
    assert max(len(line) for line in text.splitlines() if not line.startswith("Image [")) <= width


def test_doubts_about_a_string_are_reported(drawn):
    text = conversation([str(drawn / "sheets" / "two.png"), BACK], Measures(0.6), embedded_digits(), width=120)
    assert "4 of 4 digits are below the confidence threshold." in text


def test_of_a_great_many_digits_some_are_drawn(drawn):
    text = several(drawn, name="many.png", width=120)
    assert "... and 6 more." in text
    assert f"Read as {'/'.join(3 * ['7777777777'])}" in text


def test_all_digits_of_a_string_are_saved(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "backend.drawing.pixel_values", lambda pixels, title: new_figure(1, 1)
    )  # 784 numbers take a second
    several(drawn, "s", output=tmp_path)
    assert {path.name for path in tmp_path.glob("*.png")} == {f"picture_two_{number}.png" for number in (1, 2, 3, 4)}


def test_a_refused_picture_is_drawn_with_the_reason(pair, drawn):
    text = conversation([str(drawn / "blank.png"), BACK], *pair)
    assert "Not accepted: The picture is blank." in text
    assert "ure: " not in text
    assert "← predicted" in text


@pytest.mark.parametrize("answer", ["X", "explain"])
def test_the_last_picture_is_explained(drawn, tmp_path, answer):
    text = several(drawn, "3", answer, output=tmp_path, width=400)
    assert f"Written: {tmp_path / 'picture_two.steps.png'}" in text
    assert (tmp_path / "picture_two.steps.png").is_file()
    assert (tmp_path / "picture_two.steps.svg").read_text(encoding="utf-8").count("<image") > 4 * 2  # of four digits


def test_a_single_digit_is_explained_as_a_strip(drawn, tmp_path):
    assert "Written: " in " ".join(several(drawn, "x", name="drawn/seven.png", output=tmp_path).split())
    assert (tmp_path / "picture_seven.steps.png").is_file()


def test_there_is_nothing_to_explain_without_a_picture_or_after_it_has_gone(drawn, tmp_path):
    assert "Enter the path of a picture first" in conversation(["7", "x", BACK])
    gone = tmp_path / "gone.png"
    gone.write_bytes((drawn / "drawn" / "seven.png").read_bytes())

    def answers():
        yield f"{gone}\n"
        gone.unlink()
        yield from ("x\n", "q\n")

    console = Recorded()
    console._stdin = SimpleNamespace(readline=answers().__next__, isatty=lambda: False)
    show_samples(console, Measures(), embedded_digits(), output=tmp_path)
    assert "nothing of that name" in console.out


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_everything_fits_the_screen(pair, width, encoding):
    text = conversation(["3", "w", "z", BACK], *pair, width=width, encoding=encoding)
    assert max(map(len, text.splitlines())) <= width
    assert "predicted, right" in text
    assert "predicted, wrong" in text


START = """
from interface.console import Console
from interface.script import run_script
from testing.interactive import show_samples
from tests.helpers.small import small_dataset, small_network
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
