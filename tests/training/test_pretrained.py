"""Training of the pretrained model."""

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend import InputError
from classes import History, NeuralNetwork
from classes.files.model_file import read_contents
from initializers.handwriting.picture_files import is_picture_name
from initializers.mnist.embedded import embedded_digits
from interface.console import Console
from interface.progress import TrainingBar
from testing.inference.model_files import PRETRAINED
from tests.helpers.project import copy_project, run
from tests.helpers.samples.drawn_digits import ink, on_paper
from training import pretrained
from training.config import TrainingConfig
from training.model_card import Contender
from training.presets import PRESETS
from training.pretrained import Judge, PretrainedConfig, best, hold_out, make_pretrained, rounded

SETTINGS = TrainingConfig(
    hidden_sizes=(16,), epochs=4, batch_size=32, workers=1, keep_best=True, data_dir=Path("a_secret_folder")
)


@pytest.fixture(scope="module")
def digits():
    return embedded_digits()


def made(digits, folder, settings=SETTINGS, **changes):
    """Make a model in a folder; return its path and what was said."""
    out = io.StringIO()
    config = PretrainedConfig(**{"preset": "fast", "seeds": (0, 1), "output": folder / "pretrained.pkl"} | changes)
    return make_pretrained(Console(out, out, width=120), config, settings, digits), out.getvalue()


@pytest.fixture(scope="module")
def handwriting(tmp_path_factory):
    """A folder of drawings with labels."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("handwriting")
    lines = ["path,label"]
    for digit in "17":
        name = f"drawn/{digit}.png"
        assert is_picture_name(folder / name)
        (folder / "drawn").mkdir(exist_ok=True)
        Image.fromarray(on_paper(ink(digit))).save(folder / name)
        lines.append(f"{name},{digit}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(digits, handwriting, tmp_path_factory):
    """A finished making: its folder, and what was said."""
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:  # without curves, which take most of the time
        patch.setattr("training.saving.training_curves", lambda *_: None)
        patch.setattr("training.saving.save_figure", lambda figure, path: path)
        path, said = made(digits, folder, handwriting=handwriting)
    assert path == folder / "pretrained.pkl"
    return folder, said


def test_the_model_is_kept_in_half_precision_and_works(done, digits):
    contents = read_contents(done[0] / "pretrained.pkl")
    assert {packed["dtype"] for packed in contents.parameters.values()} == {"<f2"}
    network = NeuralNetwork.load_model(done[0] / "pretrained.pkl")
    assert network.evaluate(digits.X_test, digits.y_test)[1] == network.info["test_accuracy"] > 0.5
    assert network.temperature != 1.0


def test_it_is_the_seed_that_did_best_on_images_that_none_was_trained_with(done, digits):
    network = NeuralNetwork.load_model(done[0] / "pretrained.pkl")
    judge, _ = hold_out(SETTINGS, digits)
    scores = {}
    for seed in (0, 1):
        contender = NeuralNetwork.load_model(done[0] / "pretrained.seeds" / f"{seed}.pkl")
        loss, accuracy = contender.evaluate(*judge)
        scores[seed] = (accuracy, -loss)
    chosen = network.info["config"]["seed"]
    assert chosen == max(scores, key=scores.get)
    assert network.info["validation_accuracy"] == scores[chosen][0]
    assert (network.info["seeds"], len(network.history)) == ([0, 1], 4)


def test_all_seeds_are_judged_by_the_same_images_and_learn_from_all_others(digits):
    judge, learned = hold_out(SETTINGS, digits)
    again, _ = hold_out(replace(SETTINGS, seed=5), digits)
    np.testing.assert_array_equal(judge.X, again.X)
    assert len(judge.y) + len(learned.y_train) == len(digits.y_train)
    together = np.concatenate([judge.X, learned.X_train])
    assert sorted(map(bytes, together)) == sorted(map(bytes, digits.X_train))


def test_the_card_stands_beside_it_and_tells_what_was_found(done):
    folder, said = done
    card = (folder / "README.md").read_text(encoding="utf-8")
    network = NeuralNetwork.load_model(folder / "pretrained.pkl")
    accuracy = f"{network.info['test_accuracy']:.2%}"
    assert f"Its accuracy on 359 test images is {accuracy}." in card
    assert accuracy in said.split("The best of 2")[1]
    assert re.search(r"\| drawn \| 2 \| [012] \|", card)
    assert re.search(r"Handwriting, drawn +[012] of 2", said)


def test_all_mistakes_are_drawn(done):
    network = NeuralNetwork.load_model(done[0] / "pretrained.pkl")
    assert (done[0] / "pretrained.errors.png").stat().st_size > 1000
    drawn = (done[0] / "pretrained.errors.svg").read_text(encoding="utf-8")
    wrong = round((1 - network.info["test_accuracy"]) * 359)
    assert f"All {wrong} errors" in (done[0] / "README.md").read_text(encoding="utf-8")
    assert drawn.count("<image") >= wrong


def test_neither_the_file_nor_the_card_tells_of_this_machines_folders(done):
    for name in ("pretrained.pkl", "README.md"):
        data = (done[0] / name).read_bytes()
        assert b"secret" not in data
        assert str(done[0]).encode() not in data


@pytest.fixture
def no_figures(monkeypatch):
    """Without figures, which take most of the time."""
    for module in ("training.saving", "training.pretrained"):
        monkeypatch.setattr(f"{module}.save_figure", lambda figure, path: path)
    monkeypatch.setattr("training.saving.training_curves", lambda *_: None)
    monkeypatch.setattr(pretrained, "misclassified_grid", lambda *_, **__: None)


def test_an_interrupted_making_continues_where_it_stopped(digits, tmp_path, monkeypatch, no_figures):
    train, trained = pretrained.train_model, []

    def interrupted(console, settings, *rest):
        trained.append(settings.seed)
        return None if trained == [0, 1] else train(console, settings, *rest)

    monkeypatch.setattr(pretrained, "train_model", interrupted)
    path, said = made(digits, tmp_path, resume=True)
    assert (path, trained) == (None, [0, 1])
    assert "--resume" in said
    assert not (tmp_path / "pretrained.pkl").exists()
    path, said = made(digits, tmp_path, resume=True)
    assert (path, trained) == (tmp_path / "pretrained.pkl", [0, 1, 1])
    assert "Seed 0 has been trained before" in said
    made(digits, tmp_path, replace(SETTINGS, epochs=5), resume=True, seeds=(0,))
    assert trained == [0, 1, 1, 0]  # anew, as something else is asked for
    made(digits, tmp_path, replace(SETTINGS, epochs=5, learning_rate=0.01), resume=True, seeds=(0,))
    assert trained == [0, 1, 1, 0, 0]


def test_ctrl_c_within_a_training_costs_nothing_but_the_epochs_since_the_last_checkpoint(
    digits, tmp_path, monkeypatch, no_figures
):
    monkeypatch.setattr(pretrained, "CHECKPOINT_EVERY", "1")
    whole, _ = made(digits, tmp_path / "whole", seeds=(0,))
    show = TrainingBar.on_epoch

    def stopped(bar, record):
        if record.epoch == 3:
            raise KeyboardInterrupt
        show(bar, record)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingBar, "on_epoch", stopped)
        assert made(digits, tmp_path / "torn", seeds=(0,))[0] is None
    with pytest.raises(InputError, match="--resume"):
        made(digits, tmp_path / "torn", seeds=(0,))
    torn, said = made(digits, tmp_path / "torn", seeds=(0,), resume=True)
    assert "Resuming from" in said
    assert read_contents(torn).parameters == read_contents(whole).parameters


def test_a_seed_is_trained_once_and_what_is_judged_are_the_rounded_weights(digits, tmp_path, monkeypatch, no_figures):
    train, judge, trained, judged = pretrained.train_model, pretrained.evaluate_on, [], []
    monkeypatch.setattr(pretrained, "train_model", lambda *given: trained.append(given[1].seed) or train(*given))
    monkeypatch.setattr(pretrained, "evaluate_on", lambda *given: judged.append(given[0]) or judge(*given))
    made(digits, tmp_path, seeds=(0, 0))
    (network,) = judged
    assert trained == [0]
    values = network.stack.parameters.values
    np.testing.assert_array_equal(values, values.astype("float16"))


def test_a_model_that_was_saved_before_its_last_epoch_is_trained_again(digits, tmp_path, no_figures):
    made(digits, tmp_path, seeds=(0,))
    path = tmp_path / "pretrained.seeds" / "0.pkl"
    network = NeuralNetwork.load_model(path)
    network.history = History(list(network.history)[:-1])
    network.save_model(path)
    _, said = made(digits, tmp_path, seeds=(0,), resume=True)
    assert "has been trained before" not in said
    assert len(NeuralNetwork.load_model(path).history) == SETTINGS.epochs


def test_nothing_that_an_earlier_run_left_is_taken_unless_asked_for(digits, tmp_path, monkeypatch, no_figures):
    made(digits, tmp_path, seeds=(0,))
    monkeypatch.setattr(pretrained, "train_model", lambda *_: None)
    assert made(digits, tmp_path, seeds=(0,))[0] is None


@pytest.fixture
def no_training(monkeypatch):
    monkeypatch.setattr(pretrained, "train_model", lambda *_: pytest.fail("trained before the check"))


def test_what_would_be_too_large_is_refused_before_the_training(digits, tmp_path, no_training):
    with pytest.raises(InputError, match="3,000,000 bytes in half precision, found 3,"):
        made(digits, tmp_path, replace(SETTINGS, hidden_sizes=(1024, 1024)))


@pytest.mark.parametrize(("settings", "changes", "said"), [
    ({"validation_fraction": 0.0}, {}, "validation_fraction"),
    ({}, {"seeds": ()}, "--seeds"),
    ({}, {"handwriting": Path("nowhere")}, r"labels\.csv"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_before_the_training(digits, tmp_path, no_training, settings, changes, said):
    with pytest.raises(InputError, match=said):
        made(digits, tmp_path, replace(SETTINGS, **settings), **changes)


def test_a_file_that_has_become_too_large_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "pretrained.pkl"
    path.write_bytes(b"old")
    monkeypatch.setattr(pretrained, "LARGEST", 500)
    with pytest.raises(InputError, match="at most 500 bytes"):
        pretrained._write(NeuralNetwork(30, (), 10), path)
    assert (path.read_bytes(), [each.name for each in tmp_path.iterdir()]) == (b"old", ["pretrained.pkl"])


def network_with(weights):
    network = NeuralNetwork(2, (), 2)
    network.stack.parameters.view("0.W")[...] = weights
    return network


def test_rounding_that_costs_accuracy_is_refused():
    judge = Judge(np.eye(2, dtype="float32"), np.array([0, 1]))
    assert rounded(network_with([[1.0, 0.0], [0.0, 1.0]]), judge).evaluate(*judge)[1] == 1.0
    with pytest.raises(InputError, match=r"100\.00% as before, to within 0\.01 points, found 50\.00%"):
        rounded(network_with([[1000.0, 999.9], [999.9, 1000.0]]), judge)


def test_equal_accuracies_are_parted_by_the_loss_and_tests_choose_nothing():
    low, high = Contender(0, 0.9, 0.5, 0.99, 1.0), Contender(1, 0.9, 0.4, 0.5, 1.0)
    assert best([low, high]) == best([high, low]) == high


def test_no_preset_is_named_like_the_model():
    assert PRETRAINED.stem not in PRESETS
    assert pretrained.PRESET in PRESETS


def test_the_flags_say_what_is_made(digits, monkeypatch):
    asked = []
    monkeypatch.setattr("sys.argv", "pretrained.py --seeds 4,5 --epochs 9 --workers 1 --preset classic".split())
    monkeypatch.setattr(pretrained, "load_dataset", lambda console, *what: asked.append(what) or digits)
    monkeypatch.setattr(pretrained, "make_pretrained", lambda console, *rest: asked.append(rest))
    assert pretrained.main(Console()) == 130  # as nothing was made
    what, (config, settings, dataset) = asked
    assert (what, dataset) == (("mnist", None), digits)
    assert (config.seeds, config.preset, config.output) == ((4, 5), "classic", PRETRAINED)
    assert (settings.epochs, settings.workers, settings.hidden_sizes) == (9, 1, (256, 128))


def test_the_script_starts(tmp_path):
    project = copy_project(tmp_path)
    done = run(project / "training" / "pretrained.py", "--data", "embedded", "--preset", "compact-128")
    assert (done.returncode, "validation_fraction" in done.stderr) == (1, True)  # it learns from all images
    assert not (project / "model").exists()
