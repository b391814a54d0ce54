"""An evaluation on disk: report.json, the figures, and pages that show both, in HTML and in Markdown."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from backend.drawing import save_figure
from backend.files import write_text
from interface.text import encodable
from testing.inference.model_files import EVALUATION_FOLDER
from testing.report.figures import FIGURES
from testing.report.html import to_html
from testing.report.inputs import ReportInputs
from testing.report.markdown import to_markdown
from testing.report.sections import report_document


def write_report(
    inputs: ReportInputs, folder: str | Path = EVALUATION_FOLDER, *, notify: Callable[[Path], None] | None = None
) -> list[Path]:
    """Write report.json, every figure as PNG with an SVG twin, report.html and report.md.

    Each file is written whole or not at all. The HTML page needs no other file; the Markdown one links to the PNGs.

    Parameters
    ----------
    inputs : ReportInputs
        A network, its data, and what `evaluate_model` found. Figures for which there is nothing to draw, as curves of
        a training that the network does not remember, are left out.
    folder : str or Path
        Made where it is missing. Files of an earlier report in it are replaced.
    notify : callable, optional
        Receives every path as soon as the file stands.

    Returns
    -------
    list of Path
        report.json, then the PNGs, then report.html and report.md.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    paths = []
    for path in _written(inputs, Path(folder)):
        paths.append(path)
        if notify:
            notify(path)
    return paths


def write_figures(inputs: ReportInputs, folder: Path) -> Iterator[Path]:
    """Write one figure after the other, yield each PNG's path, and remove those of an earlier inputs that do not apply.

    Parameters
    ----------
    inputs : ReportInputs
        What to draw.
    folder : Path
        Made where it is missing.
    """
    for name, drawing in FIGURES.items():
        path = folder / f"{name}.png"
        figure = drawing.draw(inputs)
        if figure is not None:
            yield save_figure(figure, path)
        else:
            for stale in (path, path.with_suffix(".svg")):
                stale.unlink(missing_ok=True)


def _written(inputs: ReportInputs, folder: Path) -> Iterator[Path]:
    """Write one file after the other and yield its path."""
    text = json.dumps(inputs.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    yield write_text(folder / "report.json", encodable(text, "utf-8") + "\n")
    drawn = []
    for path in write_figures(inputs, folder):
        drawn.append(path.stem)
        yield path
    document = report_document(inputs, drawn)
    yield write_text(folder / "report.html", to_html(document, folder))
    yield write_text(folder / "report.md", to_markdown(document))
