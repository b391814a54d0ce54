"""The page as one document."""

import base64
import hashlib
import json
import re

from web.single_file.document import PAGE, SPECIFIER, document

HTML = document({"network": {"layers": []}, "description": {"card": "</script><b>"}})


def modules():
    """Return the source of every module inside the document, by its name."""
    (imports,) = re.findall(r'<script type="importmap">(.+?)</script>', HTML)
    urls = json.loads(imports)["imports"]
    return {name: base64.b64decode(url.partition(",")[2]).decode() for name, url in urls.items()}


def test_every_module_is_inside_and_imports_only_what_is_inside():
    found = modules()
    files = {f"page/{path.relative_to(PAGE).as_posix()}" for path in PAGE.glob("*/*.js")}
    assert set(found) == files
    for source in found.values():
        assert not SPECIFIER.search(source)
        assert set(re.findall(r'from "(page/[^"]+)"', source)) <= files


def test_the_server_is_replaced_by_the_engine():
    assert "fetch" not in modules()["page/scripts/api.js"]
    assert "page/engine/local.js" in modules()["page/scripts/api.js"]


def test_nothing_is_loaded_from_elsewhere():
    links = re.findall(r'(?:src|href)="([^"]+)"', HTML)
    assert links
    assert all(link.startswith("data:") for link in links)


def test_the_policy_allows_the_inline_scripts_by_their_digests():
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', HTML)
    inline = re.findall(r'<script type="(?:importmap|module)">(.+?)</script>', HTML, re.DOTALL)
    inline += re.findall(r"<style>(.+?)</style>", HTML, re.DOTALL)
    assert len(inline) == 3
    for text in inline:
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert "unsafe" not in policy


def test_a_model_cannot_end_its_script():
    (data,) = re.findall(r'id="model-data">(.+?)</script>', HTML)
    assert json.loads(data)["description"]["card"] == "</script><b>"
