"""Show how the cost of an epoch grows with width, depth, batch size and number of images.

``python benchmarks/scaling.py`` takes about three minutes and a file of 1.6 GB, which it deletes again. Every point is
measured in its own process; results, tables and figure go to benchmarks/results as scaling.json, .md and .png.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.drawing import save_figure
from backend.files import write_text
from benchmarks.machine import describe_machine, in_words
from benchmarks.peers import OURS
from benchmarks.race.data import write_shifted
from benchmarks.race.jobs import setting_of
from benchmarks.race.processes import ROOT, run_worker
from benchmarks.race.scaling_figure import scaling_figure
from benchmarks.race.setting import IMAGES, Setting
from benchmarks.race.summary import Row, measured, names, seconds_of, select
from benchmarks.race.tables import markdown
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script

RESULTS = ROOT / "benchmarks" / "results"
BATCH, UNITS, DEEP = 128, 128, (256, 128)  # batch size and layers while something else is varied


@dataclass(frozen=True)
class ScalingConfig:
    """The script's settings; every field is a flag."""

    widths: tuple[int, ...] = field(
        default=(16, 32, 64, 128, 256, 512, 1024, 2048), metadata={"help": "units of the one hidden layer"}
    )
    depths: tuple[int, ...] = field(default=(1, 2, 3, 4, 6, 8), metadata={"help": "hidden layers of 128 units"})
    batches: tuple[int, ...] = field(
        default=(8, 16, 32, 64, 128, 256, 512, 1024, 2048), metadata={"help": "batch sizes with the network 256-128"}
    )
    images: tuple[int, ...] = field(
        default=(62_500, 125_000, 250_000, 500_000, 1_000_000, 2_000_000),
        metadata={"help": "training images of the network 128, streamed from a file"},
    )
    rows: int = field(default=20_000, metadata={"help": "training images where their number is not varied"})
    epochs: int = field(default=3, metadata={"help": "epochs timed after one that warms up; one where images vary"})
    rounds: int = field(default=2, metadata={"help": "times that width, depth and batch size are gone through"})
    folder: Path | None = field(default=None, metadata={"help": "folder for the large temporary file"})
    data_dir: Path | None = field(default=None, metadata={"help": "folder of MNIST's files"})


def variations(config: ScalingConfig) -> list[tuple[str, int, Setting]]:
    """Return what is varied, the value, and the setting of every point at which the images stay the same."""
    plain = setting_of("classic")

    def vary(**changes: Any) -> Setting:
        setting = dataclasses.replace(plain, **changes)
        return dataclasses.replace(setting, dropout=(0.0,) * len(setting.hidden_sizes))

    return [
        *(("width", units, vary(hidden_sizes=(units,), batch_size=BATCH)) for units in config.widths),
        *(("depth", layers, vary(hidden_sizes=(UNITS,) * layers, batch_size=BATCH)) for layers in config.depths),
        *(("batch size", size, vary(hidden_sizes=DEEP, batch_size=size)) for size in config.batches),
    ]


def plan(config: ScalingConfig, data: str, file: Path) -> list[dict[str, Any]]:
    """Return every process's task, in order."""
    common = {
        "kind": "train",
        "peer": OURS,
        "data": data,
        "data_dir": str(config.data_dir) if config.data_dir else None,
        "target": None,
    }
    jobs = [
        common
        | {"part": part, "value": value, "setting": dataclasses.asdict(setting), "round": number}
        | {"rows": config.rows, "epochs": config.epochs}
        for number in range(config.rounds)
        for part, value, setting in variations(config)
    ]
    setting = dataclasses.asdict(setting_of("compact-128")) | {"batch_size": BATCH}
    streamed = {"part": "images", "setting": setting, "round": 0, "epochs": 1, "file": str(file), "watch_memory": True}
    return [*jobs, *(common | streamed | {"value": images, "rows": images} for images in config.images)]


def measure(console: Console, config: ScalingConfig) -> dict[str, Any]:
    """Run every process of the plan, one at a time."""
    dataset = load_dataset(console, "auto", config.data_dir)
    with tempfile.TemporaryDirectory(dir=config.folder) as folder:
        file = Path(folder) / "images.uint8"
        if config.images:
            write_shifted(dataset, file, max(config.images))
        jobs = plan(config, "mnist" if dataset.name == "MNIST" else "embedded", file)
        rates = [run_worker({"kind": "limit"})["flops_per_second"]]
        rows = [run_one(console, number, len(jobs), job) for number, job in enumerate(jobs, start=1)]
        rates.append(run_worker({"kind": "limit"})["flops_per_second"])
    return {"machine": describe_machine(), "data": dataset.name, "rows": rows, "flops_per_second": max(rates)}


def run_one(console: Console, number: int, of: int, job: dict[str, Any]) -> Row:
    """Run one job and return its row."""
    setting = Setting(**job["setting"])
    row = {name: job[name] for name in ("part", "value", "round", "rows")} | run_worker(job)
    row["flops_per_image"] = setting.flops_per_image
    console.say(f"{number}/{of} {job['part']} {job['value']:,}: {seconds_of(row):.3f} s")
    return row


def tables(rows: Sequence[Row], rate: float) -> str:
    """Return a table for everything that is varied."""
    texts = []
    for part in names(rows, "part"):
        own = select(rows, part=part)
        lines = [_line(select(own, value=value), rate) for value in names(own, "value")]
        columns = [part, "seconds", "images/s", "its products at the best rate, s"]
        if "private_mb" in own[0]:
            columns.append("most private memory, MB")
        texts.append(markdown(columns, lines))
    return "\n\n".join(texts)


def _line(rows: Sequence[Row], rate: float) -> list[str]:
    """Return a point's line."""
    seconds, first = measured(rows, seconds_of), rows[0]
    assert seconds is not None  # a training always has seconds
    images = first["images"] if first["part"] == "images" else IMAGES
    limit = first["flops_per_image"] * images / rate
    cells = [f"{first['value']:,}", f"{seconds:.3f}", f"{images / seconds.median:,.0f}", f"{limit:.3f}"]
    return [*cells, f"{first['private_mb']:.0f}"] if "private_mb" in first else cells


def main(console: Console) -> None:
    """Measure, then write and show."""
    parser = argparse.ArgumentParser(prog="benchmarks/scaling.py", description=__doc__)
    add_flags(parser, ScalingConfig)
    results = measure(console, config_from_flags(parser.parse_args(), ScalingConfig()))
    made_on = f"Measured on {in_words(results['machine'])}; data: {results['data']}."
    text = f"{tables(results['rows'], results['flops_per_second'])}\n\n{made_on}\n"
    write_text(RESULTS / "scaling.json", json.dumps(results, indent=1) + "\n")
    write_text(RESULTS / "scaling.md", text)
    save_figure(scaling_figure(results["rows"], results["flops_per_second"], made_on), RESULTS / "scaling.png")
    console.say()
    console.say(text)


if __name__ == "__main__":
    sys.exit(run_script(main))
