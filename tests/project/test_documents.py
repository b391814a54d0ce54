"""Statements of the documents about the code: paths, links, registries and names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS = ["README.md", "CHANGELOG.md", *PAGES]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)\)")
SOURCE = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`(?!\]\()")  # not the text of a link, whose target is checked
REGISTRY = re.compile(r"`([A-Z_]+)` in `([a-z_/]+\.py)`")


def read(document):
    return (ROOT / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document):
    folder = (ROOT / document).parent
    missing = [target for target in LINK.findall(read(document)) if not (folder / target).exists()]
    assert not missing


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md", "docs/code.md", "docs/mathematics.md"])
def test_source_files_are_named_by_their_full_path(document):
    missing = [name for name in SOURCE.findall(read(document)) if not (ROOT / name).exists()]
    assert not missing


def test_registries_are_where_the_architecture_says():
    registries = REGISTRY.findall(read("docs/architecture.md"))
    assert len(registries) > 5
    for name, path in registries:
        assert re.search(rf"^{name}\b.* = ", read(path), re.MULTILINE), (name, path)


def test_every_package_is_in_the_tree():
    tree = read("docs/code.md")
    packages = [path.parent.relative_to(ROOT) for path in ROOT.glob("*/*/__init__.py")]
    named = [p for p in packages if p.parts[0] not in ("tests", ".venv")]
    assert len(named) > 15
    assert not [str(p) for p in named if f"{p.name}/" not in tree]


def test_names_of_the_network_in_documents_exist():
    from classes import NeuralNetwork

    names = {name for document in DOCUMENTS for name in re.findall(r"`NeuralNetwork\.(\w+)", read(document))}
    assert names
    assert not [name for name in names if not hasattr(NeuralNetwork, name)]
