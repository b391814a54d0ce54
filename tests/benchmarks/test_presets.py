"""The table of the presets, which has its place in docs/accuracy.md."""

from benchmarks.presets import put_between_marks
from tests.helpers.terminal import ROOT


def test_the_table_replaces_the_one_in_the_page():
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    changed = put_between_marks(page, "| new |")
    before, after = page.split("| `fast` | 784-320-128-10 | adamw")
    assert changed.startswith(before[: before.index("| preset | network | optimizer")])
    assert "\n| new |\n" in changed
    assert "| adamw |" not in changed
    assert changed.endswith(after[after.index("<!-- presets: end") :])
    assert put_between_marks(changed, "| new |") == changed
