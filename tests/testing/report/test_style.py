"""The style sheet of the HTML report."""

import re

import pytest

from testing.report.style import STYLE


def test_it_needs_nothing_from_elsewhere():
    assert STYLE.count("{") == STYLE.count("}")
    assert not re.search(r"url\(|@import|<", STYLE)


def colours(block):
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def luminance(colour):
    """Return the relative luminance that WCAG 2 defines."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "accent", "good", "warn"])
@pytest.mark.parametrize("paper", ["paper", "soft"])
def test_text_stands_out_as_wcag_asks(scheme, ink, paper):
    palette = colours(re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[scheme])
    low, high = sorted((luminance(palette[ink]), luminance(palette[paper])))
    assert (high + 0.05) / (low + 0.05) >= 4.5
