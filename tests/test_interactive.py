"""The conversation about single images."""

import io

import numpy as np
import pytest

from interface.console import Console
from interface.prompts import EndOfInput
from testing.interactive import show_samples
from tests.small import NAMES, small_dataset, small_network

DATASET = small_dataset(noise=90.0)
NETWORK = small_network(DATASET)
BACK = "5"


def conversation(answers, network=NETWORK, dataset=DATASET, **options):
    """Return what is said in reply to the answers."""
    out = io.StringIO()
    console = Console(out, out, io.StringIO("\n".join(answers) + "\n"), width=100)
    show_samples(console, network, dataset, seed=3, **options)
    return out.getvalue()


def shown(text):
    """Return the numbers of the images shown."""
    return [int(line.split("test image ")[1].split(",")[0]) for line in text.splitlines() if "test image " in line]


def test_going_back_shows_nothing():
    assert shown(conversation([BACK])) == []


def test_an_image_by_its_number_with_all_its_probabilities():
    text = conversation(["2", "7", BACK])
    assert shown(text) == [7]
    p = NETWORK.predict_proba(DATASET.X_test[7:8])[0]
    first, second = np.argsort(-p)[:2]
    truth = DATASET.y_test[7]
    assert f"true class {NAMES[truth]}" in text
    verdict = "Right" if first == truth else "Wrong"
    assert f"{verdict}: taken for {NAMES[first]} with {p[first]:.2%}; runner-up {NAMES[second]}" in text
    assert all(any(line.count(name) and "%" in line for line in text.splitlines()) for name in NAMES)


def test_an_impossible_number_is_asked_for_again():
    text = conversation(["2", "60", "-1", "seven", "59", BACK])
    assert shown(text) == [59]
    assert text.count("from 0 to 59, found") == 3


def test_random_images_are_repeated_by_the_seed():
    assert shown(conversation(["1", "1", "1", BACK])) == shown(conversation(["1", "1", "1", BACK]))


def test_mistakes_come_worst_first_and_begin_anew():
    p = NETWORK.predict_proba(DATASET.X_test)
    wrong = [n for n in range(60) if p[n].argmax() != DATASET.y_test[n]]
    wrong.sort(key=lambda n: p[n, DATASET.y_test[n]])
    assert len(wrong) > 1
    text = conversation(["3"] * (len(wrong) + 1) + [BACK])
    assert shown(text) == [*wrong, wrong[0]]
    assert f"Mistake 2 of {len(wrong)}" in text
    assert text.count("Wrong: ") == len(wrong) + 1


def test_without_mistakes_it_says_so():
    dataset = small_dataset(noise=1.0)
    text = conversation(["3", BACK], small_network(dataset, epochs=20), dataset)
    assert "Every test image is predicted right." in text


def test_the_last_image_is_saved_with_its_pixels(tmp_path):
    text = conversation(["4", "2", "7", "4", BACK], output=tmp_path)
    assert "Look at an image first." in text
    assert {path.name for path in tmp_path.iterdir()} == {"test_image_7.png", "test_image_7.svg"}


def test_the_inputs_end_is_the_callers_to_handle():
    with pytest.raises(EndOfInput):
        conversation(["1"])
