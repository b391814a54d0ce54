"""The HTML report is valid and self-contained, and escapes its contents."""

import base64
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from PIL import Image

from testing.report.blocks import Document, Fact, Facts, Picture, Section, Table, Text
from testing.report.html import embedded, png_size, to_html
from tests.helpers.cases import HOSTILE

VOID = {"meta", "img"}


class Page(HTMLParser):
    """A page taken apart; raises where a tag is closed that was not open."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} is given twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def folder(tmp_path):
    """A folder with a PNG of 300 x 150 pixels, and an SVG beside it that is shorter."""
    Image.effect_noise((300, 150), 50).save(tmp_path / "a.png")
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg">\n  <path id="é#1" d="M 0 0"/>\n</svg>')
    return tmp_path


def page_of(folder, *texts):
    """Return a page in which every text stands in every place."""
    blocks = [
        *(Text(text, kind) for text in texts for kind in ("", "good")),
        *(Facts([Fact(text, text, text)], text, prominent) for text in texts for prominent in (False, True)),
        *(Table(text, (text, text), [[text, text]]) for text in texts),
        *(Picture("a.png", text, text, text) for text in texts),
    ]
    document = Document(texts[0], texts[0], [Section(text, blocks) for text in texts])
    return Page(to_html(document, folder))


def test_it_needs_nothing_beside_itself(folder):
    page = page_of(folder, "plain", "text")
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "embed", "base", "form"} == set()
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("src", "data:image/").startswith("data:image/")
        assert attributes.get("href", "#").startswith("#")
    (policy,) = (meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_it_is_sound_and_can_be_used_by_all(folder):
    page = page_of(folder, "plain", "text")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) == 2
    assert [link["href"] for link in page.all("a")] == [f"#{name}" for name in ids]
    assert all(image["alt"] and image["width"] == "192" and image["height"] == "96" for image in page.all("img"))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    frames = [attributes for _, attributes in page.tags if "scroll" in attributes.get("class", "")]
    assert len(frames) == len(page.all("table")) + len(page.all("img"))
    assert all(frame["tabindex"] == "0" and frame["aria-label"] for frame in frames)


def test_hostile_text_stays_text(folder):
    innocent, page = page_of(folder, "a", "b c", "d e"), page_of(folder, *HOSTILE)
    names = [(tag, list(attributes)) for tag, attributes in page.tags]
    assert names == [(tag, list(attributes)) for tag, attributes in innocent.tags]  # no tag and no attribute more
    assert HOSTILE[0] in page.texts
    assert HOSTILE[1] in page.texts
    assert {image["alt"] for image in page.all("img")} > set(HOSTILE[:2])


def test_rows_have_heads_and_numbers_stand_right(folder):
    table = Table("T", ("Class", "Taken for", "Images"), [["a", "b", 3]], words=2)
    page = Page(to_html(Document("t", "l", [Section("s", [table])]), folder))
    assert page.all("th") == [{"scope": "col"}, {"scope": "col"}, {"scope": "col", "class": "number"}, {"scope": "row"}]
    assert page.all("td") == [{}, {"class": "number"}]


def test_tables_in_a_row_share_a_line(folder):
    table, text = Table("T", ("a",), [[1]]), Text("between")
    page = Page(to_html(Document("t", "l", [Section("s", [table, table, text, table])]), folder))
    assert [attributes for attributes in page.all("div") if attributes.get("class") == "tables"] == [
        {"class": "tables"}
    ] * 2


def test_the_shorter_picture_is_taken(folder):
    data = embedded(folder / "a.png")
    head, _, body = data.partition(",")
    assert head == "data:image/svg+xml"
    assert unquote(body) == '<svg xmlns="http://www.w3.org/2000/svg"> <path id="é#1" d="M 0 0"/> </svg>'
    assert not set('<>"#&') & set(data)
    (folder / "a.svg").write_text("<svg>" + "x" * 200_000 + "</svg>")
    longer = embedded(folder / "a.png")
    (folder / "a.svg").unlink()
    png = "data:image/png;base64," + base64.b64encode((folder / "a.png").read_bytes()).decode()
    assert embedded(folder / "a.png") == longer == png


def test_the_size_of_a_png_is_read_from_its_head(folder):
    assert png_size(folder / "a.png") == (300, 150)
