"""Single images, one at a time: what they show, and what a network makes of them."""

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
from initializers.handwriting import prepare_digit
from interface.console import Console, Style
from interface.digits import show_prediction
from interface.prompts import ask, choice, number
from testing.evaluation import worst_first
from testing.models import EVALUATION_FOLDER
from testing.prediction import Prediction, predict_image

_RANDOM, _WRONG, _SAVE, _QUIT = _WORDS = ("random", "wrong", "save", "quit")
_REPEATS = 9  # predictions of an image, of which the median's time is told


def show_samples(
    console: Console,
    network: NeuralNetwork,
    dataset: Dataset,
    *,
    seed: int | None = None,
    output: str | Path = EVALUATION_FOLDER,
) -> None:
    """Let the user look at images and predictions, one after the other, until they have seen enough.

    Each answer names an image: a random one (an empty line), a test image by its number, the next that is
    predicted wrong, or a picture on disk by its path. It is drawn beside all its probabilities; below stand the
    answer, the runner-up, whether the network is sure, and its speed.

    Parameters
    ----------
    console : Console
        Where to ask and show.
    network : NeuralNetwork
        A trained one.
    dataset : Dataset
        Its test images are shown.
    seed : int, optional
        The same seed draws the same images; None draws others every time.
    output : str or Path
        Folder for pictures of single images.

    Raises
    ------
    EndOfInput
        When no more answers can come.
    InputError
        If the test images do not suit the network.
    """
    browser = _Browser(console, network, dataset, seed, Path(output))
    browser.introduce()
    while (action := ask(console, "Image", browser.parse, _RANDOM, hint="Enter: random, q: back")) is not None:
        action()


@dataclass(frozen=True, eq=False)
class _Sample:
    """An image that can be shown, what to call it, and its class number where that is known."""

    name: str
    file_name: str
    image: np.ndarray
    truth: int | None = None


class _Browser:
    """The test images, the last one shown, and how many mistakes have been shown already."""

    def __init__(
        self, console: Console, network: NeuralNetwork, dataset: Dataset, seed: int | None, output: Path
    ) -> None:
        self.console, self.network, self.dataset, self.output = console, network, dataset, output
        self.highest = len(dataset.y_test) - 1
        self.rng = np.random.default_rng(seed)
        self.last: _Sample | None = None
        self.mistakes_shown = count()

    def introduce(self) -> None:
        """Say what may be answered."""
        self.console.title(f"Single images: {self.dataset.name}, or your own")
        self.console.facts(
            [
                ("Enter", "a random test image"),
                (f"0 to {self.highest}", "the test image of that number"),
                ("w", "the next one that is predicted wrong, the worst first"),
                ("a path", "a picture of a digit on disk"),
                ("s", "save the last image as a picture, with its pixels' values"),
                ("q", "back"),
            ]
        )
        self.console.say()

    def parse(self, answer: str) -> Callable[[], None] | None:
        """Return what an answer asks for, None for the end; or raise InputError."""
        if answer.lstrip("+-").isdecimal():
            index = number(answer, "number of the image", int, 0, self.highest)
            return lambda: self.show(self.numbered(index))
        path = Path(answer.strip("'\"")).expanduser()  # terminals put quotes around a file that is dropped on them
        if len(path.parts) > 1 or path.suffix or path.is_file():
            sample = self.from_disk(path)
            return lambda: self.show(sample)
        actions = {_RANDOM: self.show_random, _WRONG: self.show_next_mistake, _SAVE: self.save_pixels}
        return actions.get(self.word(answer))

    def word(self, answer: str) -> str:
        """Return the word that an answer begins; InputError tells all that may be answered."""
        try:
            return choice(answer, "your answer", _WORDS)
        except InputError as error:
            expected = f"a number from 0 to {self.highest}, a picture's path, or {error.expected}"
            advice = "The first letter of a word will do."
            raise InputError(error.wrong, expected=expected, found=error.found, advice=advice) from None

    @cached_property
    def mistakes(self) -> np.ndarray:
        """Numbers of the misclassified images, worked out when they are first asked for."""
        p = self.network.predict_proba(self.dataset.X_test)
        return worst_first(self.dataset.y_test, p.argmax(axis=1), p)

    def numbered(self, index: int) -> _Sample:
        """Return a test image."""
        name = f"{self.dataset.name}: test image {index}"
        return _Sample(name, f"test_image_{index}", self.dataset.X_test[index], int(self.dataset.y_test[index]))

    def from_disk(self, path: Path) -> _Sample:
        """Return a picture from disk; InputError if it cannot be read, or is not what the network takes."""
        prepared = prepare_digit(path)
        if prepared.refusal:
            advice = "Take a picture of one digit."
            raise InputError(f"picture {path}", expected="a digit", found=prepared.refusal.rstrip("."), advice=advice)
        image = prepared.image.ravel()
        predict_image(self.network, image)
        return _Sample(str(path), f"picture_{path.stem}", image)

    def show_random(self) -> None:
        """Show any test image."""
        self.show(self.numbered(int(self.rng.integers(self.highest + 1))))

    def show_next_mistake(self) -> None:
        """Show one misclassified image after the other; begin anew after the last."""
        if not len(self.mistakes):
            self.console.say("Every test image is predicted right.", "good")
            return
        turn = next(self.mistakes_shown) % len(self.mistakes)
        self.console.say(f"Mistake {turn + 1} of {len(self.mistakes)}")
        self.show(self.numbered(int(self.mistakes[turn])))

    def show(self, sample: _Sample) -> None:
        """Show an image, all its probabilities, and in words what the network makes of it."""
        prediction, seconds = self.timed(sample.image)
        self.last = sample
        self.console.title(self.caption(sample))
        names = self.network.class_names if sample.truth is None else self.dataset.class_names
        pixels = sample.image.reshape(self.dataset.image_shape)
        show_prediction(self.console, pixels, prediction.probabilities, names, sample.truth)
        self.console.say()
        self.console.say(*_verdict(prediction, names, sample.truth))
        self.console.say(prediction.certainty())
        self.console.say(f"{1 / seconds:,.0f} images/s, one at a time", "quiet")
        self.console.say()

    def caption(self, sample: _Sample) -> str:
        """Return what stands above an image."""
        if sample.truth is None:
            return sample.name
        return f"{sample.name}, true class {self.dataset.class_names[sample.truth]}"

    def timed(self, image: np.ndarray) -> tuple[Prediction, float]:
        """Return what the network makes of an image, and the seconds that takes: the median of some predictions."""
        times = []
        for _ in range(_REPEATS):
            start = time.perf_counter()
            prediction = predict_image(self.network, image)
            times.append(time.perf_counter() - start)
        return prediction, max(float(np.median(times)), 1e-9)

    def save_pixels(self) -> None:
        """Save the last image with every pixel's value written on it."""
        if self.last is None:
            self.console.say("Look at an image first.", "warn")
            return
        from initializers.pictures import pixel_values, save_figure

        figure = pixel_values(self.last.image.reshape(self.dataset.image_shape), self.caption(self.last))
        path = save_figure(figure, self.output / f"{self.last.file_name}.png")
        self.console.say(f"Written: {path}")


def _verdict(prediction: Prediction, names: Sequence[str], truth: int | None) -> tuple[str, Style]:
    """Return the answer and the runner-up in a sentence, and the style of the sentence."""
    second = prediction.probabilities[prediction.runner_up]
    told = f"{names[prediction.digit]} with {prediction.confidence:.2%}"
    told += f"; runner-up {names[prediction.runner_up]} with {second:.2%}."
    if truth is None:
        return f"Taken for {told}", "strong"
    return (f"Right: taken for {told}", "good") if truth == prediction.digit else (f"Wrong: taken for {told}", "bad")
