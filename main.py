"""The menu: seven actions, each a call into the packages."""

import sys
from pathlib import Path

from backend.drawing import save_figure
from backend.places import HOME, command
from backend.versions import library_versions
from classes import NeuralNetwork
from initializers.data_loader import DATA_FOLDER, sample_grid
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import ask_fields
from interface.loading import load_dataset
from interface.prompts import ask_choice, ask_row, choose_from_menu
from interface.script import run_script
from testing.inference.model_files import (
    MODEL_FOLDER,
    PRETRAINED,
    data_for,
    model_to_use,
    suited_dataset,
    trained_models,
)
from testing.interactive import show_samples
from testing.report.terminal import evaluate_and_report
from testing.robustness import measure_and_report_robustness
from training.compare import ComparisonConfig, compare
from training.overview import PRESET_COLUMNS, device_in_words, preset_row, show_models, show_status
from training.presets import DEFAULT, PRESETS
from training.workflow import suited_config, train_model

SAMPLES = HOME / "data" / "samples.png"
ASKED_BEFORE_TRAINING = ("epochs", "batch_size", "learning_rate", "seed")
ASKED_BEFORE_COMPARING = ("presets", "seeds", "epochs")
PAGE = f"To draw digits with a mouse, a finger or a pen, open the page: {command('web/serve.py')}"


class Menu:
    """The actions, and what they share: the data set, once it has been loaded."""

    def __init__(self) -> None:
        self._datasets: dict[str, Dataset] = {}

    @property
    def loaded(self) -> Dataset | None:
        """MNIST, or what takes its place, if it has been loaded."""
        return self._datasets.get("auto")

    def dataset(self, console: Console, data: str = "auto") -> Dataset:
        """Return a data set, loaded when it is first needed."""
        if data not in self._datasets:
            self._datasets[data] = load_dataset(console, data)
        return self._datasets[data]

    def dataset_of(self, console: Console, network: NeuralNetwork) -> Dataset:
        """Return the data set that a network was trained on."""
        return suited_dataset(network, self.dataset(console, data_for(network)))

    def prepare_data(self, console: Console) -> None:
        """Download or find the data, and draw samples of them."""
        self._datasets.clear()  # search again, also after embedded digits were used instead of MNIST
        dataset = self.dataset(console)
        console.title(f"Data: {dataset.name}")
        console.facts(
            [
                ("From", dataset.source),
                ("Images to train", f"{len(dataset.X_train):,}"),
                ("Images to test", f"{len(dataset.X_test):,}"),
                ("Samples drawn in", save_figure(sample_grid(dataset), SAMPLES)),
            ]
        )

    def train(self, console: Console) -> None:
        """Ask for a preset and its settings, then train."""
        preset = ask_row(console, "Preset", PRESET_COLUMNS, [preset_row(name) for name in PRESETS], DEFAULT)
        config = suited_config(preset, {}, self.dataset(console))
        changes = ask_fields(console, config, ASKED_BEFORE_TRAINING)
        train_model(console, suited_config(preset, changes, self.dataset(console)), preset, self.dataset(console))

    def evaluate(self, console: Console) -> None:
        """Evaluate the newest model; then offer the robustness test, and a comparison with another model."""
        path, network = self._newest(console)
        dataset = self.dataset_of(console, network)
        evaluate_and_report(console, network, dataset, model=path)
        while console.is_answered_by_hand:  # a pipe contains only answers to the menu
            follow_up = ask_choice(console, "Next", ("menu", "robustness", "compare"), "menu")
            if follow_up == "menu":
                break
            if follow_up == "robustness":
                measure_and_report_robustness(console, network, dataset, models=(str(path), ""))
            else:
                self._compare_with(console, path, network)

    def _compare_with(self, console: Console, path: Path, network: NeuralNetwork) -> None:
        """Evaluate the newest model next to another one."""
        others = {other.name: other for other in [*trained_models(), PRETRAINED] if other != path and other.is_file()}
        if not others:
            console.say("There is no other model to compare with. Train another preset first.", "warn")
            return
        other = others[ask_choice(console, "Compare with", tuple(others), next(iter(others)))]
        rival = NeuralNetwork.load_model(other)
        dataset = self.dataset_of(console, network)
        evaluate_and_report(console, network, dataset, model=path, rival=rival, rival_model=other)

    def try_samples(self, console: Console) -> None:
        """Show single images and predictions."""
        console.say(PAGE, "quiet")
        _, network = self._newest(console)
        show_samples(console, network, self.dataset_of(console, network))

    def compare(self, console: Console) -> None:
        """Ask which presets to train, then show them in one table and one figure."""
        changes = ask_fields(console, ComparisonConfig(), ASKED_BEFORE_COMPARING)
        compare(console, ComparisonConfig(**changes), self.dataset(console))

    def show_information(self, console: Console) -> None:
        """Show the version, the device, and the models on disk."""
        console.title("neural_network_digit: a neural network for handwritten digits, written from scratch")
        versions = library_versions()
        console.facts(
            [
                ("Python", versions["python"]),
                ("Device", device_in_words()),
                ("Data", f"{DATA_FOLDER}, or the folder that MNIST_DIR names"),
                ("Models", MODEL_FOLDER),
            ]
        )
        console.say()
        rows = [[name, preset.network, preset.config.optimizer, preset.claim] for name, preset in PRESETS.items()]
        console.table(["Preset", "Network", "Optimizer", "Claim"], rows, title="Presets")
        show_models(console, trained_models())
        console.say()
        console.say(PAGE, "quiet")

    def _newest(self, console: Console) -> tuple[Path, NeuralNetwork]:
        """Return the newest model file, or the pretrained one, and its network."""
        path = model_to_use(None, console.say)
        console.say(f"Model: {path}")
        return path, NeuralNetwork.load_model(path)


def main(console: Console) -> None:
    """Show the menu until the user has had enough; an action that fails or is interrupted leads back to it."""
    menu = Menu()
    actions = (
        ("Download and prepare the data", menu.prepare_data),
        ("Train a network", menu.train),
        ("Evaluate the newest model", menu.evaluate),
        ("Try single images", menu.try_samples),
        ("Train several configurations", menu.compare),
        ("Project information", menu.show_information),
    )
    entries = [name for name, _ in actions] + ["Exit"]
    show_status(console, None)
    while (choice := choose_from_menu(console, "Handwritten digits", entries)) < len(actions):
        run_script(actions[choice][1], console)
        show_status(console, menu.loaded)


if __name__ == "__main__":
    sys.exit(run_script(main))
