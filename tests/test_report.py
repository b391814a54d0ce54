"""The files of a report."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from testing.evaluation import evaluate_model
from testing.report import write_report
from tests.small import small_dataset, small_network

FIGURES = ("confusion_matrix", "per_class", "confidence", "misclassified", "predictions")


def report(dataset, network, folder, **options):
    evaluation = evaluate_model(
        network, dataset.X_test, dataset.y_test, dataset_name=dataset.name, class_names=dataset.class_names
    )
    return evaluation, write_report(evaluation, network, dataset, folder, **options)


def test_every_file_stands_and_is_told(tmp_path):
    dataset, told = small_dataset(), []
    evaluation, paths = report(dataset, small_network(dataset), tmp_path / "new", notify=told.append)
    names = ["report.json", *(f"{figure}.png" for figure in (*FIGURES, "training_curves"))]
    assert paths == told == [tmp_path / "new" / name for name in names]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        *names,
        *(name.replace(".png", ".svg") for name in names[1:]),
    }
    assert json.loads(paths[0].read_text(encoding="utf-8")) == evaluation.to_dict()
    for path in paths[1:]:
        with Image.open(path) as picture:
            picture.verify()


def test_a_perfect_network_has_a_report_too(tmp_path):
    dataset = small_dataset(noise=1.0)
    evaluation, paths = report(dataset, small_network(dataset, epochs=20), tmp_path)
    assert evaluation.accuracy == 1.0
    assert tmp_path / "misclassified.png" in paths


def test_without_a_training_no_curves_stay(tmp_path):
    dataset = small_dataset()
    report(dataset, small_network(dataset), tmp_path)
    _, paths = report(dataset, small_network(dataset, epochs=0), tmp_path)
    assert not list(tmp_path.glob("training_curves.*"))
    assert all(path.exists() for path in paths)


def test_curves_carry_the_name_of_the_data_trained_on(tmp_path, monkeypatch):
    titles = []

    def recorded(figure, path):
        titles.append(figure.axes[0].get_title(loc="left") or figure.axes[0].texts[0].get_text())
        return path

    monkeypatch.setattr("testing.report.save_figure", recorded)
    network = small_network(small_dataset("MNIST"))
    report(replace(small_dataset(), name="embedded digits"), network, tmp_path)
    assert titles[-1] == "MNIST: training"
    assert all(title.startswith("embedded digits, trained on MNIST: ") for title in titles[:-1])


def test_a_folder_that_is_a_file_is_an_operating_systems_error(tmp_path):
    dataset = small_dataset()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        report(dataset, small_network(dataset, epochs=0), tmp_path / "file")
