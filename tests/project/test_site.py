"""The documentation as a site: built without warnings, links that lead somewhere, no request to another host."""

import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from backend.drawing import save_figure
from classes import ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES
from docs.site.blocks import run_blocks
from docs.site.hooks import documented_modules, on_page_content, on_page_markdown
from docs.site.tutorial_pictures import PICTURES, TUTORIAL
from initializers.augmentation.policies import AUGMENTATIONS
from tests.helpers.terminal import ROOT
from tests.web.page import conftest as browser

chromium, short_folder = browser.chromium, browser.short_folder  # fixtures
REFERENCE = ROOT / "docs" / "reference"
PACKAGES = ("mkdocs", "material", "mkdocstrings", "latex2mathml")
LOADED = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
}
CSS_ADDRESS = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")]+)")


class Page(HTMLParser):
    """The links, identifiers and files to be loaded of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "link" and {"stylesheet", "icon", "preload", "preconnect", "manifest"} & set(found["rel"].split()):
            self.loaded.append(found["href"])
        if LOADED.get(tag) in found:
            self.loaded.append(found[LOADED[tag]])
        self.loaded += found.get("srcset", "").split()[::2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site; return its folder."""
    for package in PACKAGES:
        pytest.importorskip(package, reason="the site needs requirements-docs.txt")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)], cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site, by its path."""
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def is_elsewhere(address):
    """Return whether an address is on another host."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https")


def lost_links(site, pages):
    """Return each link that leads to no file or to no place in a page, with the page that has it."""
    lost = []
    for path, page in pages.items():
        if path.name == "404.html":  # its addresses start at the root of the host
            continue
        for link in page.links:
            if is_elsewhere(link) or link.startswith("mailto:"):
                continue
            target, anchor = urldefrag(link)
            file = (path.parent / unquote(target)).resolve() if target else path
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file() or (anchor and file in pages and unquote(anchor) not in pages[file].ids):
                lost.append((path.relative_to(site).as_posix(), link))
    return lost


def requests_elsewhere(site, pages):
    """Return the addresses on other hosts that pages or style sheets load."""
    loaded = [address for page in pages.values() for address in page.loaded if is_elsewhere(address)]
    styles = [path.read_text(encoding="utf-8") for path in [*site.rglob("*.css"), *pages]]
    return loaded + [address for text in styles for address in CSS_ADDRESS.findall(text)]


def test_every_link_leads_to_a_page_and_a_place_in_it(site, pages):
    assert len(pages) > 30
    assert lost_links(site, pages) == []


def test_no_page_requests_another_host(site, pages):
    assert any(page.loaded for page in pages.values())
    assert requests_elsewhere(site, pages) == []


def test_lost_links_and_requests_would_be_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="x"><a href="b.html">1</a> <a href="c.html">2</a> <a href="b.html#y">3</a>'
        '<a href="#x">4</a> <a href="#z">5</a>'
        '<img src="//c.org/d.png"><script src="e.js"></script><style>p { background: url("https://f.org/g") }</style>'
    )
    (tmp_path / "b.html").write_text('<link rel="stylesheet" href="https://h.org/i.css">')
    made = {path: Page(path) for path in sorted(tmp_path.iterdir())}
    assert lost_links(tmp_path, made) == [("a.html", "c.html"), ("a.html", "b.html#y"), ("a.html", "#z")]
    assert requests_elsewhere(tmp_path, made) == ["//c.org/d.png", "https://h.org/i.css", "https://f.org/g"]


def test_no_page_scrolls_sideways_on_a_telephone(site, pages, chromium):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wide = {}
    for path in pages:
        chromium.get(path.as_uri())
        wide[path.name] = chromium.execute_script("return document.documentElement.scrollWidth") - size["width"]
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert {name: pixels for name, pixels in wide.items() if pixels > 0} == {}


def test_formulas_are_mathml_and_the_sources_are_no_part_of_the_site(site, pages):
    for path in pages:
        assert "arithmatex" not in path.read_text(encoding="utf-8"), path
    assert (site / "tutorial" / "3-chain-rule.html").read_text(encoding="utf-8").count("<math") >= 3
    assert list(site.rglob("*.py")) == []


@pytest.mark.parametrize(
    ("registry", "page"),
    [(ACTIVATIONS, "activations"), (LAYERS, "layers"), (LOSSES, "losses"), (OPTIMIZERS, "optimizers"),
     (SCHEDULES, "optimizers"), (AUGMENTATIONS, "data")],
)  # fmt: skip
def test_the_reference_names_every_entry_of_a_registry(registry, page):
    text = (REFERENCE / f"{page}.md").read_text(encoding="utf-8")
    assert [name for name in registry if f"`{name}`" not in text] == []


def on_page(markdown, uri):
    return on_page_markdown(markdown, page=SimpleNamespace(file=SimpleNamespace(src_uri=uri)))


def test_links_to_the_source_lead_to_the_reference_or_become_text():
    losses = documented_modules(REFERENCE)["classes.losses"]
    assert losses == "losses.md#classes.losses"
    assert on_page("[a](../classes/losses.py) b", "mathematics.md") == f"[a](reference/{losses}) b"
    assert on_page("[a](../../classes/losses.py) b", "howto/x.md") == f"[a](../reference/{losses}) b"
    assert on_page("[a](../backend/team.py), [b](../LICENSE)", "mathematics.md") == "a, b"


@pytest.mark.parametrize(
    "kept", ["[a](page.md)", "[a](#b)", "[a](page.md#b)", "![a](figures/a.png)", "[a](https://b.org)"]
)
def test_other_links_are_left_alone(kept):
    assert on_page(kept, "mathematics.md") == kept


def test_formulas_become_mathml():
    pytest.importorskip("latex2mathml", reason="the site needs requirements-docs.txt")
    made = on_page_content(r'<p>x</p><div class="arithmatex">\[ a &lt; b \]</div>')
    assert made.startswith("<p>x</p><math")
    assert 'display="block"' in made
    assert "<mi>b</mi>" in made
    assert "arithmatex" not in made


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_drawn_from_the_code_of_the_pages(name, tmp_path):
    draw, count = PICTURES[name]
    with redirect_stdout(io.StringIO()):
        figure = draw(run_blocks(TUTORIAL / f"{name}.md", tmp_path, count))
    path = save_figure(figure, tmp_path / "picture.png")
    assert path.stat().st_size > 10_000
    kept = TUTORIAL / "pictures" / f"{name}.png"
    assert 0.5 < path.stat().st_size / kept.stat().st_size < 2.0  # the same up to fonts and rounding


def test_every_step_of_the_tutorial_has_its_picture_which_it_shows():
    steps = sorted(path.stem for path in TUTORIAL.glob("[0-9]*.md"))
    assert steps == sorted(PICTURES)
    for name in steps:
        assert f"](pictures/{name}.png)" in (TUTORIAL / f"{name}.md").read_text(encoding="utf-8")
        assert (Path(TUTORIAL) / "pictures" / f"{name}.png").is_file()
