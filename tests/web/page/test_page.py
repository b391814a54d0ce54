"""The page in a real browser: drawing by mouse, finger and keyboard, pictures, languages, sizes and colours."""

import json
from pathlib import Path

import pytest

from tests.web.page.opened import LARGEST, SMALLEST

ROOT = Path(__file__).resolve().parents[3]
AXE = [Path(folder) / "node_modules/axe-core/axe.min.js" for folder in (ROOT, *ROOT.parents)]
ANSWERED = "return !document.querySelector('#verdict').textContent.includes('Nothing')"
STROKES = json.loads((Path(__file__).parent / "strokes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("digit", range(10))
def test_each_digit_is_read_as_it_is_drawn(page, digit):
    page.draw(STROKES[digit])
    page.until(f"return document.querySelector('#digits').textContent === '{digit}'")
    page.until("return document.querySelector('#inside').hidden === false")
    assert "Sure" in page.text("verdict")
    bars = page.run("return [...document.querySelectorAll('#bars .share')].map((e) => parseFloat(e.textContent))")
    assert len(bars) == 10
    assert max(range(10), key=bars.__getitem__) == digit
    assert page.run("return document.querySelectorAll('#steps li').length") >= 5
    assert page.run("return document.querySelectorAll('#layers canvas').length") == 2


def test_the_drawing_on_the_page_is_the_one_that_the_server_reads(page):
    page.draw(STROKES[3])
    page.until(ANSWERED)
    found = page.run(
        "const d = document.querySelector('#canvas').getContext('2d').getImageData(0, 0, 640, 440).data;"
        "const rows = []; for (let i = 3; i < d.length; i += 4) rows.push(d[i]); return rows"
    )
    import numpy as np

    from web.server.drawing import Drawing

    strokes = tuple(tuple((x, y, 0.5) for x, y in stroke) for stroke in STROKES[3])
    there = 255 - Drawing(strokes, 640, 440, 22.0).pixels().astype(float)
    here = np.array(found, float).reshape(440, 640)
    assert np.abs(here - there).mean() < 2.0  # of 255: edges are antialiased differently


def test_a_finger_draws_too(page):
    page.window(360)
    page.draw(STROKES[7], "touch")
    page.until("return document.querySelector('#digits').textContent === '7'")


def test_undo_and_clear(page):
    page.draw(STROKES[5])
    page.until("return document.querySelector('#digits').textContent === '5'")
    for _ in STROKES[5]:
        page.click("#undo")
    page.until("return document.querySelector('#verdict').textContent === 'Nothing drawn yet'")
    page.draw(STROKES[4])
    page.until("return document.querySelector('#digits').textContent === '4'")
    page.click("#clear")
    page.until("return document.querySelector('#verdict').textContent === 'Nothing drawn yet'")
    assert page.run("return document.querySelector('#undo').disabled")


def test_a_number_of_several_digits_is_read_with_a_button_for_each(page):
    half = [
        [[0.5 * x + shift, 0.5 * y + 110] for x, y in stroke]
        for shift, n in ((20, 2), (250, 5))
        for stroke in STROKES[n]
    ]
    page.draw(half)
    page.until("return document.querySelector('#digits').textContent === '25'")
    page.click("#chooser button:nth-child(2)")
    assert page.run("return document.querySelector('#bars .first').firstChild.textContent") == "5"


def test_a_keyboard_is_enough(page):
    seen = []
    for _ in range(12):
        page.press("Tab")
        seen.append(page.focused())
    assert {"tab-draw", "canvas", "pen", "why", "choose", "0"} <= set(seen)
    while page.focused() != "8":
        page.press("Tab")
    page.press("Enter")
    page.until("return document.querySelector('#digits').textContent === '8'")
    page.run("document.querySelector('#tab-draw').focus()")
    page.press("ArrowRight")
    assert page.focused() == "tab-model"
    assert page.run(
        "return document.querySelector('#view-draw').hidden && !document.querySelector('#view-model').hidden"
    )


def test_a_picture_is_read_with_its_boxes(page):
    page.driver.find_element("id", "file").send_keys(str(ROOT / "docs/pictures/sheet.jpg"))
    page.until("return document.querySelector('#digits').textContent === '31415/92680'")
    assert page.run("return document.querySelectorAll('#chooser button').length") == 10


def test_a_file_that_is_no_picture_is_an_error_in_words(page, tmp_path):
    other = tmp_path / "letter.png"
    other.write_text("Dear reader")
    page.driver.find_element("id", "file").send_keys(str(other))
    page.until("return !document.querySelector('#trouble').hidden")
    assert "letter.png: expected" in page.text("trouble")
    page.driver.get_log("browser")  # the browser notes the status 415


def test_the_model_tab_has_layers_history_and_card(page):
    page.click("#tab-model")
    page.until("return document.querySelector('#model-card').textContent")
    assert page.run("return document.querySelectorAll('#model-layers tr').length") == 6
    assert page.run("return document.querySelectorAll('#model-history polyline').length") >= 2


def test_the_page_speaks_german_to_germans(page):
    agent = page.run("return navigator.userAgent")
    try:
        page.driver.execute_cdp_cmd(
            "Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": "de-DE,de,en"}
        )
        page.open()
        assert page.run("return document.title") == "Zeichne eine Ziffer"
        assert page.run("return document.documentElement.lang") == "de"
    finally:
        page.driver.execute_cdp_cmd("Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": "en-US"})


def test_every_text_exists_in_both_languages(page):
    english, german = page.run(
        "return import(new URL('scripts/texts.js', location))"
        ".then(({ tables }) => [Object.keys(tables.en), Object.keys(tables.de)])"
    )
    assert set(english) <= set(german)
    used = page.run(
        "return [...document.querySelectorAll('[data-text], [data-label]')]"
        ".flatMap((e) => [e.dataset.text, e.dataset.label]).filter(Boolean)"
    )
    assert set(used) <= set(english)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [SMALLEST, 360, 768, 1440, LARGEST])
def test_nothing_is_wider_than_the_window(page, width, dark):
    page.window(width, dark=dark)
    page.click(".samples button:nth-of-type(6)")
    page.until(ANSWERED)
    for tab in ("draw", "model", "train"):
        page.click(f"#tab-{tab}")
        assert page.run("return document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("tab", ["draw", "model", "train"])
def test_the_audit_of_accessibility_finds_nothing(page, tab, dark):
    scripts = [path for path in AXE if path.is_file()]
    if not scripts:
        pytest.skip("axe-core is not installed: npm install axe-core")
    page.window(1280, dark=dark)
    page.click(".samples button:nth-of-type(6)")
    page.until("return document.querySelector('#inside').hidden === false")
    page.click(f"#tab-{tab}")
    page.run(scripts[0].read_text(encoding="utf-8"))
    found = page.driver.execute_async_script("axe.run().then((r) => arguments[0](r.violations))")
    assert [(each["id"], [node["html"][:90] for node in each["nodes"]]) for each in found] == []
