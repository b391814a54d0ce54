"""Interactive testing of single images."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path

import numpy as np

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from initializers.geometry import FRAME
from interface.console import Console, Style
from interface.digits import show_digit, show_prediction
from interface.prompts import ask, choice, number
from testing.figures.preparation_steps import save_explanation
from testing.inference.model_files import EVALUATION_FOLDER
from testing.inference.prediction import Prediction, predict_image
from testing.metrics.evaluation import worst_first
from testing.reading import Digits, Reading, read_digits

_RANDOM, _WRONG, _SAVE, _EXPLAIN, _QUIT = _WORDS = ("random", "wrong", "save", "explain", "quit")
_SHORT = {"x": _EXPLAIN}  # abbreviations in addition to the first letters
_REPEATS = 9  # predictions of an image, whose median time is shown
_GAP, _BETWEEN = 2, 60  # pixels between two digits, and their grey value
_MOST = 24  # largest number of digits of a picture that are drawn


def show_samples(
    console: Console,
    network: NeuralNetwork,
    dataset: Dataset,
    *,
    seed: int | None = None,
    output: str | Path = EVALUATION_FOLDER,
) -> None:
    """Show images and predictions one by one until the user quits.

    Each answer chooses an image: a random one (an empty line), a test image by its number, the next misclassified one,
    or a picture by its path. It is drawn next to its probabilities; below are the prediction, the runner-up, whether
    the confidence reaches the threshold, and the speed. A picture with several digits is shown digit by digit.

    Parameters
    ----------
    console : Console
        Where to ask and show.
    network : NeuralNetwork
        A trained network.
    dataset : Dataset
        Its test images are shown.
    seed : int, optional
        Seed of the choice of random images; None for a different choice each time.
    output : str or Path
        Folder for saved images.

    Raises
    ------
    EndOfInput
        At the end of input.
    InputError
        If the test images do not fit the network.
    """
    browser = _Browser(console, network, dataset, seed, Path(output))
    browser.introduce()
    while (action := ask(console, "Image", browser.parse, _RANDOM, hint="Enter: random, q: back")) is not None:
        action()


@dataclass(frozen=True, eq=False)
class _Sample:
    """An image to show, with its name, its label and the reason for its refusal, if they are known."""

    name: str
    file_name: str
    image: np.ndarray
    truth: int | None = None
    refusal: str | None = None


class _Browser:
    """The state of the dialogue: the last image shown, and the number of misclassified images shown."""

    def __init__(
        self, console: Console, network: NeuralNetwork, dataset: Dataset, seed: int | None, output: Path
    ) -> None:
        self.console, self.network, self.dataset, self.output = console, network, dataset, output
        self.highest = len(dataset.y_test) - 1
        self.rng = np.random.default_rng(seed)
        self.last: Sequence[_Sample] = ()
        self.picture: Reading | None = None
        self.mistakes_shown = count()

    def introduce(self) -> None:
        """Show the possible answers."""
        self.console.title(f"Single images: {self.dataset.name}, or your own")
        self.console.facts(
            [
                ("Enter", "a random test image"),
                (f"0 to {self.highest}", "the test image of that number"),
                ("w", "the next misclassified image, the worst first"),
                ("a path", "a picture file with one digit or several"),
                ("s", "save the last image with the value of every pixel"),
                ("x", "explain the last picture file: save the image after each step of its preparation"),
                ("q", "back"),
            ]
        )
        self.console.say()

    def parse(self, answer: str) -> Callable[[], None] | None:
        """Return the action that an answer asks for, or None to quit; raise InputError for other answers."""
        if answer.lstrip("+-").isdecimal():
            index = number(answer, "number of the image", int, 0, self.highest)
            return lambda: self.show(self.numbered(index))
        path = Path(answer.strip("'\"")).expanduser()  # terminals put quotes around a file that is dropped on them
        if len(path.parts) > 1 or path.suffix or path.is_file():
            reading = self.from_disk(path)
            return lambda: self.show_reading(reading)
        actions = {
            _RANDOM: self.show_random,
            _WRONG: self.show_next_mistake,
            _SAVE: self.save_pixels,
            _EXPLAIN: self.save_steps,
        }
        return actions.get(_SHORT.get(answer.lower()) or self.word(answer))

    def word(self, answer: str) -> str:
        """Return the word that an answer abbreviates; the InputError lists all possible answers."""
        try:
            return choice(answer, "your answer", _WORDS)
        except InputError as error:
            expected = f"a number from 0 to {self.highest}, a picture's path, or {error.expected}"
            advice = "The first letter of a word is enough."
            raise InputError(error.wrong, expected=expected, found=error.found, advice=advice) from None

    @cached_property
    def mistakes(self) -> np.ndarray:
        """Numbers of the misclassified images, computed when they are first needed."""
        p = self.network.predict_proba(self.dataset.X_test)
        return worst_first(self.dataset.y_test, p.argmax(axis=1), p)

    def numbered(self, index: int) -> _Sample:
        """Return a test image."""
        name = f"{self.dataset.name}: test image {index}"
        return _Sample(name, f"test_image_{index}", self.dataset.X_test[index], int(self.dataset.y_test[index]))

    def from_disk(self, path: Path) -> Reading:
        """Return the digits of a picture file; raise InputError if it cannot be read, or does not fit the network."""
        return Reading(str(path), read_digits(self.network, path, several=None))

    def show_reading(self, reading: Reading) -> None:
        """Show the digits of a picture file, and the reason for a refusal."""
        self.picture, names = reading, self.network.class_names
        stem = f"picture_{Path(reading.path).stem}"
        if len(reading.digits) == 1:
            self.show(_Sample(reading.path, stem, reading.digits[0][0].image.ravel(), refusal=reading.refusal))
            return
        self.console.title(f"{reading.path}: {len(reading.digits)} digits")
        drawn = reading.digits[:_MOST]
        self.last = [
            _Sample(f"{reading.path}, digit {number}", f"{stem}_{number}", prepared.image.ravel())
            for number, (prepared, _) in enumerate(drawn, 1)
        ]
        room = max((self.console.width + _GAP) // (FRAME + _GAP), 1)
        for first in range(0, len(drawn), room):
            self.draw_row(drawn[first : first + room], names)
        if len(drawn) < len(reading.digits):
            self.console.say(f"... and {len(reading.digits) - len(drawn)} more.", "quiet")
        self.console.say(f"Read as {reading.text(names)}; lowest confidence {reading.confidence:.2%}.", "strong")
        self.say_doubts(reading)

    def draw_row(self, digits: Digits, names: Sequence[str]) -> None:
        """Draw digits next to each other, with their predictions below."""
        gap = np.full((FRAME, _GAP), _BETWEEN, np.uint8)
        images = [part for prepared, _ in digits for part in (prepared.image, gap)][:-1]
        show_digit(self.console, np.hstack(images))
        words = [f"{names[found.digit]} with {found.confidence:.2%}" for _, found in digits]
        self.console.say("".join(word.center(FRAME + _GAP) for word in words).rstrip(), "strong")
        self.console.say()

    def say_doubts(self, reading: Reading) -> None:
        """Show the reason for a refusal, or whether all confidences reach the threshold."""
        if reading.refusal:
            self.console.say(f"Not accepted: {reading.refusal}", "warn")
        elif reading.is_sure:
            self.console.say("All digits are above the confidence threshold.")
        else:
            unsure = sum(not found.is_sure for _, found in reading.digits)
            self.console.say(f"{unsure} of {len(reading.digits)} digits are below the confidence threshold.")
        self.console.say()

    def show_random(self) -> None:
        """Show a random test image."""
        self.show(self.numbered(int(self.rng.integers(self.highest + 1))))

    def show_next_mistake(self) -> None:
        """Show the next misclassified image; start again after the last."""
        if not len(self.mistakes):
            self.console.say("All test images are classified correctly.", "good")
            return
        turn = next(self.mistakes_shown) % len(self.mistakes)
        self.console.say(f"Misclassified image {turn + 1} of {len(self.mistakes)}")
        self.show(self.numbered(int(self.mistakes[turn])))

    def show(self, sample: _Sample) -> None:
        """Show an image, its probabilities, and the prediction in words."""
        prediction, seconds = self.timed(sample.image)
        self.last = [sample]
        self.console.title(self.caption(sample))
        names = self.network.class_names if sample.truth is None else self.dataset.class_names
        pixels = sample.image.reshape(self.dataset.image_shape)
        show_prediction(self.console, pixels, prediction.probabilities, names, sample.truth)
        self.console.say()
        self.console.say(*_verdict(prediction, names, sample.truth))
        if sample.refusal:
            self.console.say(f"Not accepted: {sample.refusal}", "warn")
        else:
            self.console.say(prediction.certainty())
        self.console.say(f"{1 / seconds:,.0f} images/s, one at a time", "quiet")
        self.console.say()

    def caption(self, sample: _Sample) -> str:
        """Return the title of an image."""
        if sample.truth is None:
            return sample.name
        return f"{sample.name}, true class {self.dataset.class_names[sample.truth]}"

    def timed(self, image: np.ndarray) -> tuple[Prediction, float]:
        """Return the prediction for an image, and the median time of a prediction in seconds."""
        times = []
        for _ in range(_REPEATS):
            start = time.perf_counter()
            prediction = predict_image(self.network, image)
            times.append(time.perf_counter() - start)
        return prediction, max(float(np.median(times)), 1e-9)

    def save_pixels(self) -> None:
        """Save the last image, or all digits of the last picture, with the value of every pixel."""
        if not self.last:
            self.console.say("Look at an image first.", "warn")
            return
        from backend.drawing import pixel_values, save_figure

        for sample in self.last:
            figure = pixel_values(sample.image.reshape(self.dataset.image_shape), self.caption(sample))
            path = save_figure(figure, self.output / f"{sample.file_name}.png")
            self.console.say(f"Written: {path}")

    def save_steps(self) -> None:
        """Save figures of all steps of the preparation of the last picture file."""
        if self.picture is None:
            self.console.say("Enter the path of a picture first: test images need no preparation.", "warn")
            return
        path, several = self.picture.path, len(self.picture.digits) != 1
        try:
            reading = Reading(path, read_digits(self.network, path, several=several, explain=True))
        except InputError as error:  # the file may have been deleted since
            self.console.say(error, "warn")
            return
        for saved in save_explanation(reading, self.network.class_names, self.output, f"picture_{Path(path).stem}"):
            self.console.say(f"Written: {saved}")


def _verdict(prediction: Prediction, names: Sequence[str], truth: int | None) -> tuple[str, Style]:
    """Return the prediction and the runner-up in a sentence, and the style of the sentence."""
    second = prediction.probabilities[prediction.runner_up]
    told = f"{names[prediction.digit]} with {prediction.confidence:.2%}"
    told += f"; runner-up {names[prediction.runner_up]} with {second:.2%}."
    if truth is None:
        return f"Classified as {told}", "strong"
    is_correct = truth == prediction.digit
    return (f"Correct: classified as {told}", "good") if is_correct else (f"Wrong: classified as {told}", "bad")
