"""The gallery in docs/."""

import io
from dataclasses import replace

from docs.figures import STEPS_READING, augmentation_section, shows_digits, write_gallery
from initializers.mnist.embedded import embedded_digits
from interface.console import Console
from testing.report.figures import FIGURES
from tests.helpers.cases import small_case


def test_every_figure_stands_in_the_gallery_with_its_sentence(tmp_path, monkeypatch):
    some = {name: FIGURES[name] for name in ("confidence", "training_curves")}
    monkeypatch.setattr("testing.report.writer.FIGURES", some)
    out = io.StringIO()
    path = write_gallery(Console(out, width=200), small_case(), tmp_path)
    text = path.read_text(encoding="utf-8")
    assert path == tmp_path / "gallery.md"
    for name, drawing in some.items():
        png = tmp_path / "figures" / f"{name}.png"
        assert png.exists()
        assert f"{name}.png" in out.getvalue()
        assert f"](figures/{name}.png)\n\n{drawing.reading}" in text
    assert text.count("![") == len(some)
    assert "a.pkl on three stripes" in text


def test_the_steps_of_augmentation_are_shown_where_there_are_digits(tmp_path):
    digits = embedded_digits()
    assert shows_digits(digits)
    assert not shows_digits(small_case().dataset)
    assert not shows_digits(replace(digits, class_names=tuple("abcdefghij")))
    (picture,) = augmentation_section(Console(io.StringIO()), digits, tmp_path).blocks
    assert (tmp_path / picture.file).stat().st_size > 10_000
    assert picture.reading == STEPS_READING
