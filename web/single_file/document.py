"""The page as one HTML document: its style sheet, its modules and a model inside."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "page"
SPECIFIER = re.compile(r'(\bfrom\s+|\bimport\s+)"(\.{1,2}/[^"]+)"')
# Takes the place of scripts/api.js, which talks to a server.
LOCAL_API = """import { use } from "page/engine/local.js";
use(JSON.parse(document.getElementById("model-data").textContent));
export * from "page/engine/local.js";
"""


def document(model: dict[str, Any]) -> str:
    """Return the page with a model, which needs no other file and no network.

    Modules are data URLs in an import map, so that they stay as they are but for the names that they import by. The
    content security policy allows nothing else to run.

    Parameters
    ----------
    model : dict
        As returned by `web.single_file.model.model_as_json`.
    """
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    icon = _data_url("image/svg+xml", (PAGE / "icon.svg").read_text(encoding="utf-8"))
    names = json.dumps({"imports": _modules()})
    start = 'import "page/scripts/main.js";'
    data = json.dumps(model, separators=(",", ":")).replace("<", "\\u003c")
    head = [
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, names, start)}">',
        f"<style>{style}</style>",
        f'<script type="importmap">{names}</script>',
        f'<script type="application/json" id="model-data">{data}</script>',
        f'<script type="module">{start}</script>',
    ]
    html = html.replace('<link rel="stylesheet" href="style.css">', "")
    html = html.replace('<script type="module" src="scripts/main.js"></script>', "\n  ".join(head))
    return html.replace('href="icon.svg"', f'href="{icon}"')


def _modules() -> dict[str, str]:
    """Return a data URL for every module by its name, ``page/`` and its path."""
    found = {}
    for path in sorted([*PAGE.glob("scripts/*.js"), *PAGE.glob("engine/*.js")]):
        name = path.relative_to(PAGE).as_posix()
        source = LOCAL_API if name == "scripts/api.js" else _renamed(path)
        found[f"page/{name}"] = _data_url("text/javascript", source)
    return found


def _renamed(path: Path) -> str:
    """Return a module's source with the names of `_modules` for what it imports."""

    def absolute(match: re.Match[str]) -> str:
        place = (path.parent / match.group(2)).resolve().relative_to(PAGE)
        return f'{match.group(1)}"page/{place.as_posix()}"'

    return SPECIFIER.sub(absolute, path.read_text(encoding="utf-8"))


def _policy(style: str, *scripts: str) -> str:
    """Return the content security policy: these scripts, this style, and modules and pictures inside the document."""
    allowed = " ".join(_digest(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed} data:; style-src {_digest(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    """Return the source expression of an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data_url(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"
