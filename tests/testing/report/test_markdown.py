"""The Markdown report escapes its contents."""

import re

import pytest

from testing.report.blocks import Document, Fact, Facts, Picture, Section, Table, Text
from testing.report.markdown import escaped, to_markdown
from tests.helpers.cases import HOSTILE


def test_every_block_has_its_form():
    blocks = [
        Text("Well done."),
        Facts([Fact("Accuracy", "98%", "of 100"), Fact("Device", None)], "Facts"),
        Table("Classes", ("Class", "Kind", "Images"), [["a", "b", 3]], words=2),
        Picture("figures/a b.png", "Title", "Read it so.", "What it shows"),
    ]
    text = to_markdown(Document("Report", "Lead.", [Section("Result", blocks)]))
    assert text.split("\n\n") == [
        "# Report",
        "Lead.",
        "## Result",
        "Well done.",
        "### Facts",
        "|  |  |\n| --- | --- |\n| Accuracy | 98% (of 100) |\n| Device | – |",
        "### Classes",
        "| Class | Kind | Images |\n| --- | --- | ---: |\n| a | b | 3 |",
        "### Title",
        "![What it shows](figures/a%20b.png)",
        "Read it so.\n",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    shown = escaped(text)
    assert "\n" not in shown
    assert not re.search(r"[<>\x00-\x1f]", shown)
    assert not re.search(r"(?<!\\)[|`\[\]*$_]", shown)  # every mark has its backslash
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# h", r"\# h"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("---", r"--\-"),
        ("98.44% right", "98.44% right"),
        ("-5", "-5"),
        ("+1.85", "+1.85"),
        ("a_b", r"a\_b"),
    ],
)
def test_only_what_would_be_a_mark_is_escaped(text, shown):
    assert escaped(text) == shown


def test_a_hostile_cell_makes_no_further_cell():
    text = to_markdown(
        Document("t", "l", [Section("s", [Table("", ("Class", "Images"), [[name, 1] for name in HOSTILE])])])
    )
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(HOSTILE)
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}
