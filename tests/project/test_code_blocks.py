"""The Python blocks of README and of docs/: those of a page run one after the other, as one program."""

import re
import shutil
import warnings
from dataclasses import replace

import pytest

from classes import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS
from docs.site.blocks import python_blocks, run_blocks
from initializers.data_loader import MNISTDataLoader
from tests.helpers.terminal import ROOT

PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if python_blocks(path)]
TUTORIAL = ("1-neuron", "2-loss", "3-chain-rule", "4-digits", "5-network", "6-inside")
IDS = [path.relative_to(ROOT).as_posix() for path in PAGES]
NEEDED = {"docs/howto/mlflow.md": "mlflow"}  # packages that are not among those of the suite
SHOWN = re.compile(r"\bprints `([^`]+)`")


@pytest.fixture
def workplace(tmp_path, digits, monkeypatch):
    """A folder with the pictures and the pretrained model, where every loader has a few embedded digits."""
    shutil.copytree(ROOT / "docs" / "pictures", tmp_path / "docs" / "pictures")
    (tmp_path / "model").mkdir()
    shutil.copy(ROOT / "model" / "pretrained.pkl", tmp_path / "model")
    few = replace(
        digits, X_train=digits.X_train[:600], y_train=digits.y_train[:600], X_test=digits.X_test[:100],
        y_test=digits.y_test[:100],
    )  # fmt: skip
    monkeypatch.setattr(MNISTDataLoader, "load_data", lambda self: few)
    return tmp_path


@pytest.fixture
def own_parts_are_forgotten():
    """Restore the registries, to which pages add their own parts."""
    kept = [(registry, dict(registry)) for registry in (ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS)]
    yield
    for registry, entries in kept:
        registry.clear()
        registry.update(entries)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
@pytest.mark.usefixtures("own_parts_are_forgotten")
def test_the_code_of_a_page_runs(page, workplace, capsys):
    needed = NEEDED.get(page.relative_to(ROOT).as_posix())
    with warnings.catch_warnings():
        if needed:
            pytest.importorskip(needed)
            warnings.simplefilter("default")  # its own are not ours
        run_blocks(page, workplace)
    printed = capsys.readouterr().out
    shown = SHOWN.findall(page.read_text(encoding="utf-8"))
    assert [text for text in shown if text not in printed] == []


def test_the_tutorial_and_its_statements_are_among_the_pages():
    assert {f"docs/tutorial/{name}.md" for name in TUTORIAL} <= set(IDS)
    assert SHOWN.findall((ROOT / "docs" / "tutorial" / "1-neuron.md").read_text(encoding="utf-8"))


def test_a_block_that_fails_names_the_line_of_its_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n```python\na = 1\n```\n\nText\n\n```python\nb = a\nraise KeyError(b)\n```\n")
    with pytest.raises(KeyError) as caught:
        run_blocks(page, tmp_path)
    assert caught.traceback[-1].lineno == 11 - 1  # counted from 0
    assert run_blocks(page, tmp_path, 1)["a"] == 1
