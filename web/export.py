"""Write the page with a model as one file: ``python web/export.py OUT/`` writes OUT/index.html.

The file needs no server and no network: the network and the preparation of pictures run in the browser.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
from collections.abc import Sequence

from backend.files import write_text
from backend.places import program
from interface.console import Console
from interface.script import run_script
from testing.inference.model_files import model_to_use
from web.single_file.document import document
from web.single_file.model import model_as_json


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(prog=program(__file__), description="Write the page with a model as one file.")
    parser.add_argument("folder", type=Path, metavar="OUT", help="folder for index.html")
    parser.add_argument(
        "--model", type=Path, metavar="PATH", help="model file (default: the newest in model/, or the pretrained one)"
    )
    return parser


def parse_flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the parsed command line.

    Examples
    --------
    >>> str(parse_flags(["site", "--model", "model/pretrained.pkl"]).folder)
    'site'
    """
    return new_parser().parse_args(arguments)


def main(console: Console) -> int:
    """Write the file."""
    flags = parse_flags()
    path = flags.folder / "index.html"
    flags.folder.mkdir(parents=True, exist_ok=True)
    write_text(path, document(model_as_json(model_to_use(flags.model, console.note))))
    console.say(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB). Open it in a browser; it needs nothing else.")
    return 0


if __name__ == "__main__":
    sys.exit(run_script(main))
