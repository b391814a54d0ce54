"""The files of a report."""

import json
import re
from dataclasses import replace

import pytest
from PIL import Image

from testing.report import write_report
from testing.report.figures import FIGURES
from tests.helpers.cases import HOSTILE, small_case

NO_PICTURE = b"no picture, but long enough to be asked for its size"
FEW = ("confusion_matrix", "misclassified", "training_curves")
NAMES = ["report.json", *(f"{figure}.png" for figure in FIGURES), "report.html", "report.md"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A inputs, its report's folder, what was returned and what was told."""
    inputs, folder, told = small_case(rival_epochs=0), tmp_path_factory.mktemp("report") / "new", []
    return inputs, folder, write_report(inputs, folder, notify=told.append), told


@pytest.fixture
def few_figures(monkeypatch):
    """Fewer figures, which take most of the time."""
    monkeypatch.setattr("testing.report.writer.FIGURES", {name: FIGURES[name] for name in FEW})


def test_every_file_stands_and_is_reported(whole):
    inputs, folder, paths, told = whole
    assert paths == told == [folder / name for name in NAMES]
    assert {path.name for path in folder.iterdir()} == {*NAMES, *(f"{figure}.svg" for figure in FIGURES)}
    assert json.loads(paths[0].read_text(encoding="utf-8")) == inputs.to_dict()
    for path in folder.glob("*.png"):
        with Image.open(path) as picture:
            picture.verify()


def test_both_pages_show_every_figure(whole):
    inputs, folder, _, _ = whole
    markdown, page = ((folder / name).read_text(encoding="utf-8") for name in ("report.md", "report.html"))
    links = re.findall(r"\]\((.*?)\)", markdown)
    assert links == [f"{figure}.png" for figure in FIGURES]
    assert page.count("<img ") == len(FIGURES)
    for text in (inputs.against.verdict(), "0" * 64, *(drawing.title for drawing in FIGURES.values())):
        assert text in markdown
        assert text in page


def test_a_perfect_network_has_a_report_too(tmp_path, few_figures):
    inputs = small_case(epochs=20, noise=1.0)
    assert inputs.evaluation.accuracy == 1.0
    assert tmp_path / "misclassified.png" in write_report(inputs, tmp_path)
    assert "All 60 images were classified correctly." in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_without_a_training_no_curves_stay(tmp_path, few_figures):
    write_report(small_case(), tmp_path)
    paths = write_report(small_case(epochs=0), tmp_path)
    assert not list(tmp_path.glob("training_curves.*"))
    assert "training_curves" not in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert all(path.exists() for path in paths)


def test_curves_carry_the_name_of_the_data_trained_on(tmp_path, monkeypatch, few_figures):
    titles = {}

    def recorded(figure, path):
        titles[path.stem] = figure.axes[0].get_title(loc="left") or figure.axes[0].texts[0].get_text()
        path.write_bytes(NO_PICTURE)
        return path

    monkeypatch.setattr("testing.report.writer.save_figure", recorded)
    inputs = small_case(info={"dataset": "MNIST"})
    write_report(inputs, tmp_path)
    assert titles.pop("training_curves") == "MNIST: training"
    assert titles["confusion_matrix"] == "three stripes, trained on MNIST: confusion matrix"


def test_hostile_names_reach_every_file_as_text(tmp_path, monkeypatch):
    def as_svg(figure, path):  # a PNG says nothing in letters
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        path.write_bytes(NO_PICTURE)
        return path

    monkeypatch.setattr("testing.report.writer.save_figure", as_svg)
    inputs = small_case(names=HOSTILE, model="<b>.pkl", info={"dataset": HOSTILE[0]})
    inputs = replace(inputs, dataset=replace(inputs.dataset, source=HOSTILE[1]))
    write_report(inputs, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert 'onload="' not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert len(drawings := list(tmp_path.glob("*.svg"))) == len(FIGURES)
    assert not any("<script" in drawing.read_text(encoding="utf-8") for drawing in drawings)
    assert "<" not in (tmp_path / "report.md").read_text(encoding="utf-8")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["class_names"][:2] == list(HOSTILE[:2])


def test_a_folder_that_is_a_file_is_an_operating_systems_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_report(small_case(epochs=0), tmp_path / "file")
