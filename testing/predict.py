"""Read the digits in pictures: ``python testing/predict.py PICTURE...``.

A folder with labels.csv (columns path and label) is read according to its labels, and a table of accuracies follows the
answers; with ``--json`` every object says whether it is correct, and there is no table.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import count

from backend import DEVICES, InputError
from backend.engines import ENGINES
from backend.places import program
from initializers.handwriting.picture_files import FORMATS
from interface.console import Console
from interface.digits import show_prediction
from interface.progress import DownloadBar
from interface.script import run_script
from testing.figures.preparation_steps import save_explanation
from testing.inference.ensemble import load_predictor
from testing.inference.model_files import model_to_use
from testing.metrics.evaluation import Predictor
from testing.reading import Reading, read_picture
from testing.reading.bulk import FORMATS as TABLES
from testing.reading.bulk import Job, Table, read_many, write_parquet
from testing.reading.labelled_folders import LABELS, has_labels, read_labelled, read_labels, table_rows
from testing.reading.paths import pictures_in, pictures_of


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags."""
    parser = argparse.ArgumentParser(
        prog=program(__file__),
        description="Recognise the digits in each picture; rows are separated by a slash. "
        "The exit status is 1 if a picture could not be read.",
        epilog=f"A folder with {LABELS} (columns path,label) is read according to its labels and scored.",
    )
    parser.add_argument(
        "pictures",
        nargs="+",
        metavar="PICTURE",
        help=f"a file ({', '.join(FORMATS)}), a folder of such files, or a pattern such as 'scans/**/*.png'",
    )
    parser.add_argument(
        "--model",
        type=Path,
        action="append",
        metavar="PATH",
        help="model file (default: the newest in model/, or the pretrained one); several, A.pkl B.pkl, answer together",
    )
    parser.add_argument(
        "--views", type=int, default=1, metavar="N", help="average over N rotated views of every digit (default: 1)"
    )
    parser.add_argument("--device", choices=tuple(DEVICES), default="auto", help="where to compute (default: auto)")
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument(
        "--several", action="store_true", default=None, help="read all digits of a picture (default: what is likelier)"
    )
    how_many.add_argument("--one", dest="several", action="store_false", help="read one digit a picture")
    parser.add_argument(
        "--explain", type=Path, metavar="FOLDER", help="save there what became of each picture, step by step"
    )
    _add_table_flags(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="write a list of objects, for scripts")
    shown.add_argument("--show", action="store_true", help="draw the network's input, and all probabilities")
    return parser


def _add_table_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a table of many pictures."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write a row a picture to a .csv or .parquet file, in several processes, instead of showing the answers; "
        "the same command continues after a crash",
    )
    parser.add_argument(
        "--parallel", default="loky", metavar="ENGINE", help=f"with --output: {', '.join(ENGINES)} (default: loky)"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="with --output: processes at a time (default: all cores)")


def parse_flags(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the parsed command line; a bad flag ends the script with usage and exit code 2.

    Examples
    --------
    >>> flags = parse_flags(["--model", "a.pkl", "b.pkl", "seven.png", "--json"])
    >>> flags.pictures, [path.name for path in flags.model]
    (['seven.png'], ['a.pkl', 'b.pkl'])
    """
    return new_parser().parse_intermixed_args(_one_model_a_flag(sys.argv[1:] if arguments is None else arguments))


def _one_model_a_flag(arguments: Sequence[str]) -> list[str]:
    """Insert ``--model`` before each further model file; arguments that do not end in .pkl are pictures."""
    expanded: list[str] = []
    for argument in arguments:
        is_behind = expanded[-2:-1] == ["--model"] or "".join(expanded[-1:]).startswith("--model=")
        is_further = is_behind and Path(argument).suffix.lower() == ".pkl"
        expanded += ["--model", argument] if is_further else [argument]
    return expanded


def readings(
    network: Predictor, paths: Sequence[str], *, several: bool | None = None, explain: bool = False
) -> Iterator[Reading]:
    """Yield a reading of each picture; errors are reported and do not stop the others.

    Parameters
    ----------
    network : Predictor
        A trained one.
    paths : sequence of str
        Files, folders of them, or patterns.
    several : bool or None
        Read all digits of a picture or exactly one, unless a label decides; None chooses automatically.
    explain : bool
        Keep the intermediate pictures.
    """
    for path in paths:
        try:
            if has_labels(path):
                yield from _labelled(network, path, several=several, explain=explain)
                continue
            for picture in pictures_of(path):
                yield read_picture(network, picture, several=several, explain=explain)
        except InputError as error:
            yield Reading(path, error=str(error))


def _labelled(network: Predictor, folder: str, *, several: bool | None, explain: bool) -> Iterator[Reading]:
    """Yield the pictures that labels.csv names, in its order, then those in the folder that it does not name."""
    rows = read_labels(folder)
    for row in rows:
        yield read_labelled(network, folder, row, explain=explain)
    named = {Path(folder) / row.name for row in rows}
    for picture in pictures_in(folder, or_none=True):  # files named explicitly may have any suffix
        if Path(picture) not in named:
            yield read_picture(network, picture, several=several, explain=explain)


def main(console: Console) -> int:
    """Answer every picture; return the exit status."""
    flags = parse_flags()
    models = flags.model or [model_to_use(None, console.note)]
    if flags.output:
        return _read_into_table(console, flags, models)
    network = load_predictor(models, flags.views, flags.device)
    found, names, taken = [], network.class_names, set[str]()
    for reading in readings(network, flags.pictures, several=flags.several, explain=bool(flags.explain)):
        if flags.explain and not reading.error:
            save_explanation(reading, names, flags.explain, _free_name(Path(reading.path).stem, taken))
        found.append(reading.without_steps())
        if not flags.json:
            _say(console, reading, names, draw=flags.show)
    if flags.json:
        _say_json(found, names)
    elif rows := table_rows(found):
        console.table(["Folder", "Pictures", "Right", "Accuracy"], rows, title="Held against the labels")
    return int(any(reading.error for reading in found))


def _read_into_table(console: Console, flags: argparse.Namespace, models: Sequence[Path]) -> int:
    """Read all pictures in shards into a table; return the exit status."""
    if flags.json or flags.show or flags.explain:
        found, advice = "--json, --show or --explain too", "Leave these out: the table has the answers."
        raise InputError("--output", expected="a table alone", found=found, advice=advice)
    if flags.output.suffix not in TABLES:
        raise InputError(
            f"output {flags.output}", expected=f"a name that ends in {' or '.join(TABLES)}", found=flags.output.name,
            advice="Name answers.csv, for example.",
        )  # fmt: skip
    job = Job(tuple(str(Path(model).resolve()) for model in models), flags.views, flags.several)
    table = Table(flags.output.with_suffix(".csv"))
    if table.known:
        console.say(f"{len(table.known):,} pictures are already in {table.path}.", "quiet")
    pictures = [picture for path in flags.pictures for picture in pictures_of(path)]
    done = len(pictures) - sum(picture not in table.known for picture in pictures)
    with DownloadBar(console, unit="{:,.0f}".format) as bar:
        for number in read_many(pictures, job, table, engine=flags.parallel, jobs=flags.jobs):
            done += number
            bar("pictures", done, len(pictures))
    written = table.path if flags.output.suffix == ".csv" else write_parquet(table.path, flags.output)
    console.say(f"Written to {written}: {len(pictures):,} pictures, {table.errors:,} of which cannot be read.")
    return int(table.errors > 0)


def _free_name(stem: str, taken: set[str]) -> str:
    """Return a unique name for a picture's figure of steps, and reserve it."""
    name = next(name for number in count(1) if (name := f"{stem}-{number}" if number > 1 else stem) not in taken)
    taken.add(name)
    return name


def _say_json(found: Sequence[Reading], names: Sequence[str]) -> None:
    """Print the answers as JSON, on a console as wide as the longest line: a folded string would be none."""
    text = json.dumps([reading.to_dict(names) for reading in found], indent=2, allow_nan=False)
    Console(width=max(map(len, text.splitlines()))).say(text)


def _say(console: Console, reading: Reading, names: Sequence[str], *, draw: bool) -> None:
    """Print one answer as a line, after a drawing if requested; an error goes to standard error."""
    if reading.error:
        console.error(reading.error)
        return
    for number, (prepared, prediction) in enumerate(reading.digits if draw else (), 1):
        several = len(reading.digits) > 1
        console.title(f"{reading.path}, digit {number} of {len(reading.digits)}" if several else reading.path)
        show_prediction(console, prepared.image.ravel(), prediction.probabilities, names)
        console.say()
    console.say(f"{reading.path}: {_in_words(reading, names)}{_held_against(reading)}")


def _held_against(reading: Reading) -> str:
    """Return whether the answer is correct, if known, as the end of a sentence."""
    if reading.label is None:
        return ""
    return "; right" if reading.is_right else f"; wrong: it shows {reading.label}"


def _in_words(reading: Reading, names: Sequence[str]) -> str:
    """Return an answer in words; a refusal comes first."""
    certainty = reading.refusal.rstrip(".") if reading.refusal else ("sure" if reading.is_sure else "not sure")
    if len(reading.digits) != 1:
        least = f"the least of them with {reading.confidence:.2%}"
        return f"{reading.text(names)}, {least}; {certainty}" if reading.digits else f"nothing; {certainty}"
    ((_, found),) = reading.digits
    second = f"runner-up {names[found.runner_up]} with {found.probabilities[found.runner_up]:.2%}"
    return f"{names[found.digit]} with {found.confidence:.2%}; {certainty}; {second}"


if __name__ == "__main__":
    sys.exit(run_script(main))
