"""What the evaluation says in a terminal."""

import io
from dataclasses import replace

import pytest

from interface.console import Console
from testing.command import evaluate_command, warn_of_other_data
from tests.small import small_dataset, small_network


def said(network, dataset, folder):
    """Return standard output and standard error of an evaluation."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, width=100)
    evaluation = evaluate_command(console, network, dataset, model="model/a.pkl", output=folder)
    return evaluation, out.getvalue(), err.getvalue()


def test_everything_that_matters_is_said(tmp_path):
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
    ):
        assert text in out
    for name, row in evaluation.per_class().items():
        (line,) = (line for line in out.splitlines() if line.split()[:1] == [name] and "%" in line)
        assert line.split()[-1] == str(row["support"])
        assert f"{row['f1']:.2%}" in line
    assert err == ""
    assert (tmp_path / "report.json").exists()


def warnings_of(network, dataset):
    """Return what is said on standard error about a network and the data."""
    err = io.StringIO()
    warn_of_other_data(Console(io.StringIO(), err, width=200), network, dataset)
    return err.getvalue()


def test_a_model_of_other_data_is_warned_of():
    network = small_network(small_dataset("MNIST"))
    assert "trained on MNIST, but the data here are embedded digits" in warnings_of(
        network, small_dataset("embedded digits")
    )


def test_other_files_of_the_same_data_are_warned_of():
    dataset = small_dataset()
    warning = warnings_of(small_network(dataset), replace(dataset, fingerprint="1" * 64))
    assert "other files of three stripes" in warning


@pytest.mark.parametrize("info", [{}, {"dataset": "three stripes"}])
def test_what_is_not_recorded_is_no_reason_to_warn(info):
    dataset = small_dataset()
    network = small_network(dataset, epochs=0)
    network.info = info
    assert warnings_of(network, dataset) == ""


def test_a_perfect_network_has_no_confusions_but_its_warning(tmp_path):
    dataset = small_dataset(noise=1.0)
    network = small_network(dataset, epochs=20)
    _, out, err = said(network, replace(dataset, name="other stripes"), tmp_path)
    assert "trained on three stripes" in err
    assert "All 60 images were predicted right." in out
    assert "Taken for" not in out
