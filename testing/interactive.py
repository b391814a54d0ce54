"""Single images, one at a time: what they show, and what a network makes of them."""

from functools import cached_property
from itertools import count
from pathlib import Path

import numpy as np

from classes.neural_network import NeuralNetwork
from initializers.dataset import Dataset
from interface.console import Console
from interface.digits import show_prediction
from interface.prompts import ask_number, choose_from_menu
from testing.evaluation import worst_first
from testing.models import EVALUATION_FOLDER


def show_samples(
    console: Console,
    network: NeuralNetwork,
    dataset: Dataset,
    *,
    seed: int | None = None,
    output: str | Path = EVALUATION_FOLDER,
) -> None:
    """Let the user look at test images and predictions, one after the other, until they have seen enough.

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
        If the images do not suit the network.
    """
    browser = _Browser(console, network, dataset, seed, Path(output))
    actions = (
        ("A random image", browser.show_random),
        ("An image by its number", browser.show_numbered),
        ("The next misclassified image, the worst first", browser.show_next_mistake),
        ("Save the last image as a picture, with its pixels' values", browser.save_pixels),
    )
    entries = [name for name, _ in actions] + ["Back"]
    while (choice := choose_from_menu(console, f"Test images of {dataset.name}", entries)) < len(actions):
        actions[choice][1]()


class _Browser:
    """The test images, the last one shown, and how many mistakes have been shown already."""

    def __init__(
        self, console: Console, network: NeuralNetwork, dataset: Dataset, seed: int | None, output: Path
    ) -> None:
        self.console, self.network, self.dataset, self.output = console, network, dataset, output
        self.rng = np.random.default_rng(seed)
        self.last: int | None = None
        self.mistakes_shown = count()

    @cached_property
    def mistakes(self) -> np.ndarray:
        """Numbers of the misclassified images, worked out when they are first asked for."""
        p = self.network.predict_proba(self.dataset.X_test)
        return worst_first(self.dataset.y_test, p.argmax(axis=1), p)

    def show_random(self) -> None:
        """Show any image."""
        self.show(int(self.rng.integers(len(self.dataset.y_test))))

    def show_numbered(self) -> None:
        """Show the image that the user names."""
        highest = len(self.dataset.y_test) - 1
        self.show(ask_number(self.console, f"Number of the image, 0 to {highest}", 0, 0, highest))

    def show_next_mistake(self) -> None:
        """Show one misclassified image after the other; begin anew after the last."""
        if not len(self.mistakes):
            self.console.say("Every test image is predicted right.", "good")
            return
        turn = next(self.mistakes_shown) % len(self.mistakes)
        self.console.say(f"Mistake {turn + 1} of {len(self.mistakes)}")
        self.show(int(self.mistakes[turn]))

    def show(self, number: int) -> None:
        """Show an image, all its probabilities, and in words whether the network is right."""
        self.last = number
        image, truth = self.dataset.X_test[number], int(self.dataset.y_test[number])
        p = self.network.predict_proba(image[None])[0]
        names = self.dataset.class_names
        self.console.title(f"{self.dataset.name}: test image {number}, true class {names[truth]}")
        show_prediction(self.console, image.reshape(self.dataset.image_shape), p, names, truth)
        first, second = np.argsort(-p, kind="stable")[:2]
        self.console.say()
        self.console.say(
            f"{'Right' if first == truth else 'Wrong'}: taken for {names[first]} with {p[first]:.2%}; "
            f"runner-up {names[second]} with {p[second]:.2%}.",
            "good" if first == truth else "bad",
        )

    def save_pixels(self) -> None:
        """Save the last image with every pixel's value written on it."""
        if self.last is None:
            self.console.say("Look at an image first.", "warn")
            return
        from initializers.pictures import pixel_values, save_figure

        truth = self.dataset.class_names[self.dataset.y_test[self.last]]
        image = self.dataset.X_test[self.last].reshape(self.dataset.image_shape)
        figure = pixel_values(image, f"{self.dataset.name}: test image {self.last}, true class {truth}")
        path = save_figure(figure, self.output / f"test_image_{self.last}.png")
        self.console.say(f"Written: {path}")
