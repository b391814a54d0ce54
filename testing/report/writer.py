"""Write the report on an evaluation: report.json, the figures, report.html and report.md."""

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
    """Write report.json, every figure as PNG and SVG, report.html and report.md.

    Each file is written completely or not at all. The HTML page is self-contained; the Markdown page links to the PNGs.

    Parameters
    ----------
    inputs : ReportInputs
        The network, the data set and the evaluation. Figures without anything to draw are left out, such as training
        curves of a model file without a training history.
    folder : str or Path
        Created if it does not exist. Files of an earlier report in it are replaced.
    notify : callable, optional
        Called with each path once its file has been written.

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
    """Write the figures, yield the path of each PNG, and remove figures of an earlier report that do not apply.

    Parameters
    ----------
    inputs : ReportInputs
        What to draw.
    folder : Path
        Created if it does not exist.
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
    """Write the files of the report and yield their paths."""
    text = json.dumps(inputs.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
    yield write_text(folder / "report.json", encodable(text, "utf-8") + "\n")
    drawn = []
    for path in write_figures(inputs, folder):
        drawn.append(path.stem)
        yield path
    document = report_document(inputs, drawn)
    yield write_text(folder / "report.html", to_html(document, folder))
    yield write_text(folder / "report.md", to_markdown(document))
