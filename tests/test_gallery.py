"""The gallery in docs/: every figure, with its sentence."""

import io

from docs.figures import write_gallery
from interface.console import Console
from testing.report_figures import FIGURES
from tests.cases import small_case


def test_every_figure_stands_in_the_gallery_with_its_sentence(tmp_path, monkeypatch):
    some = {name: FIGURES[name] for name in ("confidence", "training_curves")}
    monkeypatch.setattr("testing.report.FIGURES", some)
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
