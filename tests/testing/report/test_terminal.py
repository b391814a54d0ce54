"""The evaluation in the terminal."""

import io
import json
from dataclasses import replace

import pytest

from backend.errors import InputError
from classes.neural_network import NeuralNetwork
from interface.console import Console
from testing.inference.ensemble import Ensemble
from testing.report.terminal import evaluate_and_report, warn_of_other_data
from tests.helpers.small import NAMES, small_dataset, small_network


@pytest.fixture
def no_figures(monkeypatch):
    """A report without figures, which take most of the time."""
    monkeypatch.setattr("testing.report.writer.FIGURES", {})


def said(network, dataset, folder, **options):
    """Return standard output and standard error of an evaluation."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, width=100)
    evaluation = evaluate_and_report(console, network, dataset, model="model/a.pkl", output=folder, **options)
    return evaluation, out.getvalue(), err.getvalue()


def test_everything_that_matters_is_reported(tmp_path):
    dataset = small_dataset()
    evaluation, out, err = said(small_network(dataset), dataset, tmp_path)
    low, high = (f"{end:.2%}" for end in evaluation.interval)
    for text in (
        "Evaluation on three stripes",
        "model/a.pkl",
        "60 test images",
        "a generator",
        f"{evaluation.accuracy:.2%} (95 % interval {low} to {high})",
        "Precision",
        "Most frequent confusions",
        "report.json",
        "confusion_matrix.png",
        "report.html",
        "Brier score",
    ):
        assert text in out
    for name, row in evaluation.per_class().items():
        (line,) = (line for line in out.splitlines() if line.split()[:1] == [name] and "%" in line)
        assert line.split()[-1] == str(row["support"])
        assert f"{row['f1']:.2%}" in line
    assert err == ""
    assert (tmp_path / "report.json").exists()


def test_two_models_are_set_side_by_side(tmp_path, no_figures):
    dataset = small_dataset()
    rival = small_network(dataset, epochs=0)
    evaluation, out, err = said(small_network(dataset), dataset, tmp_path, rival=rival, rival_model="model/b.pkl")
    _, accuracy = rival.evaluate(dataset.X_test, dataset.y_test)
    assert "a against b" in out
    assert f"Accuracy of b         {accuracy:.2%} (95 % interval" in out
    assert f"{100 * (evaluation.accuracy - accuracy):+.2f} percentage points" in out
    assert "Image by image" in out
    assert "that a improves:" in out
    assert err == ""
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["against"]["accuracy"] == accuracy


def test_of_two_models_the_one_that_knows_other_data_is_named(tmp_path, no_figures):
    dataset, rival = small_dataset(), small_network(small_dataset("MNIST"))
    _, _, err = said(small_network(dataset), dataset, tmp_path, rival=rival, rival_model="model/b.pkl")
    assert " ".join(err.split()).startswith("Warning: model/b.pkl was trained on MNIST, but is evaluated on three")


def test_a_model_against_itself_is_reported_to_be_one(tmp_path, no_figures):
    dataset = small_dataset()
    network = small_network(dataset)
    _, out, _ = said(network, dataset, tmp_path, rival=network, rival_model="model/a.pkl")
    assert "they are the same model" in out
    assert "+0.00 percentage points" in out
    assert "p = 1" in out


@pytest.mark.parametrize(
    ("rival", "message"),
    [
        (NeuralNetwork(16, (4,), 3, class_names=NAMES), "64 pixels per image and 3 classes.*16 pixels and 3 classes"),
        (NeuralNetwork(64, (4,), 2), "the same classes.*3 .top, middle, bottom. and 2 .0, 1."),
        (NeuralNetwork(64, (4,), 3, class_names=("a", "b", "c")), "the same classes"),
    ],
    ids=["other pixels", "fewer classes", "other classes"],
)
def test_models_that_cannot_be_compared_are_refused_before_anything_is_written(tmp_path, rival, message):
    dataset = small_dataset()
    with pytest.raises(InputError, match=message):
        said(small_network(dataset), dataset, tmp_path, rival=rival, rival_model="model/b.pkl")
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_other_images_is_refused_by_its_name(tmp_path):
    with pytest.raises(InputError, match=r"model model/a\.pkl: expected 64 pixels"):
        said(NeuralNetwork(784, (4,), 10), small_dataset(), tmp_path)


def warnings_of(network, dataset):
    """Return what is said on standard error about a network and the data."""
    err = io.StringIO()
    warn_of_other_data(Console(io.StringIO(), err, width=200), network, dataset)
    return err.getvalue()


def test_a_model_of_other_data_is_warned_of():
    network = small_network(small_dataset("MNIST"))
    assert "trained on MNIST, but is evaluated on embedded digits" in warnings_of(
        network, small_dataset("embedded digits")
    )


def test_other_files_of_the_same_data_are_warned_of():
    dataset = small_dataset()
    warning = warnings_of(small_network(dataset), replace(dataset, fingerprint="1" * 64))
    assert "other three stripes files" in warning


@pytest.mark.parametrize("info", [{}, {"dataset": "three stripes"}])
def test_what_is_not_recorded_is_no_reason_to_warn(info):
    dataset = small_dataset()
    network = small_network(dataset, epochs=0)
    network.info = info
    assert warnings_of(network, dataset) == ""


def test_a_perfect_network_has_no_confusions_but_its_warning(tmp_path, no_figures):
    dataset = small_dataset(noise=1.0)
    network = small_network(dataset, epochs=20)
    _, out, err = said(network, replace(dataset, name="other stripes"), tmp_path)
    assert "trained on three stripes" in err
    assert "All 60 images were classified correctly." in out
    assert "Predicted" not in out


def ensemble_of(*networks, views=1):
    return Ensemble(networks, views, [f"model/{name}.pkl" for name, _ in zip("xyz", networks, strict=False)])


def test_an_ensemble_is_reported_to_be_one_and_stands_beside_a_network(tmp_path, no_figures):
    dataset = small_dataset()
    network = small_network(dataset)
    ensemble = ensemble_of(network, small_network(dataset, epochs=1), views=2)
    evaluation, out, err = said(ensemble, dataset, tmp_path, rival=network, rival_model="model/b.pkl")
    assert evaluation.accuracy == ensemble.evaluate(dataset.X_test, dataset.y_test)[1]
    for text in (
        "model/x.pkl, model/y.pkl",
        "mean probabilities over 2 networks and 2 views of every image",
        "a against b",
        "hidden layers and saliency are left out for an",
    ):
        assert text in " ".join(out.split())
    assert err == ""


def test_of_an_ensemble_every_network_is_checked(tmp_path, no_figures):
    dataset = small_dataset()
    knows_other_data = small_network(small_dataset("MNIST"))
    _, _, err = said(ensemble_of(small_network(dataset), knows_other_data), dataset, tmp_path)
    assert " ".join(err.split()).startswith("Warning: model/y.pkl was trained on MNIST, but is evaluated on three")
    with pytest.raises(InputError, match=r"model model/x\.pkl: expected 64 pixels"):
        said(ensemble_of(NeuralNetwork(16, (4,), 3), NeuralNetwork(16, (4,), 3)), dataset, tmp_path)
