"""Profile the training step by component.

``python benchmarks/profile_step.py --network classic --batch-size 128`` trains for a few epochs, in turn without and
with a timer on every component, and prints both. Each component counts only its own time; in-place arithmetic, which
cannot be timed separately, counts for the component that contains it.
"""

import sys
from pathlib import Path

if __name__ == "__main__":  # import from the project's root, not from the script's folder
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from backend import NumpyBackend
from backend.files import write_text
from backend.team import Team
from benchmarks.machine import describe_machine, in_words
from benchmarks.peers.ours import network_of
from benchmarks.race.jobs import NETWORKS, setting_of
from benchmarks.race.processes import ROOT
from benchmarks.race.setting import Setting
from benchmarks.race.stopwatch import Stopwatch, TimedBackend
from benchmarks.race.worker import best_rate
from classes import OPTIMIZERS, Dense, Dropout, EpochProgress, Layer, NeuralNetwork
from classes.training.data_parallel import DataParallel
from initializers.batches import InputScaling
from initializers.dataset import Dataset
from interface.console import Console
from interface.flags import add_flags, config_from_flags
from interface.loading import load_dataset
from interface.script import run_script

REST = "the loop and its Python"
WAITING = "wait for the other processes"


@dataclass(frozen=True)
class ProfileConfig:
    """The script's settings; every field is a flag."""

    network: str = field(default="classic", metadata={"help": "network, by preset", "choices": NETWORKS})
    batch_size: int | None = field(default=None, metadata={"help": "images a step; none takes the preset's"})
    optimizer: str = field(default="adam", metadata={"help": "its optimizer", "choices": tuple(OPTIMIZERS)})
    epochs: int = field(default=3, metadata={"help": "epochs of each kind"})
    data_dir: Path | None = field(default=None, metadata={"help": "folder of MNIST's files"})


@dataclass(frozen=True)
class Profile:
    """What was measured, in seconds.

    Attributes
    ----------
    plain, watched : list of float
        Every full step, without and with the watch.
    parts : dict of str to list of float
        Every part's own time in every watched step.
    flops : dict of str to int
        Of those parts that are matrix products, by the end of their name.
    """

    plain: list[float]
    watched: list[float]
    parts: dict[str, list[float]]
    flops: dict[str, int]


class Steps:
    """Times complete steps, without an epoch's first, which shuffles, and without a smaller last one."""

    def __init__(self, batch_size: int, watch: Stopwatch | None = None) -> None:
        self.batch_size, self.watch = batch_size, watch
        self.seconds: list[float] = []
        self.kept: list[int] = []
        self._number, self._images, self._before = 0, 0, 0.0

    def on_step(self, progress: EpochProgress) -> None:
        """Close a step."""
        now = time.perf_counter()
        if progress.step > 1 and progress.images - self._images == self.batch_size:
            self.seconds.append(now - self._before)
            self.kept.append(self._number)
        if self.watch is not None:
            self.watch.end_step()
        self._number, self._images = self._number + 1, progress.images
        self._before = time.perf_counter()


def profile(setting: Setting, dataset: Dataset, epochs: int) -> Profile:
    """Train two equal networks alternately, one epoch each, one of them with timers; the first epochs are warm-up."""
    watch = Stopwatch()
    plain, watched = network_of(setting), network_of(setting, TimedBackend(watch))
    size = min(setting.batch_size, len(dataset.X_train))
    for epoch in range(epochs + 1):
        if epoch <= 1:
            without, under = Steps(size), Steps(size, watch)
            watch.steps.clear()
        _train(plain, setting, dataset, without)
        with watching(watch, watched):
            _train(watched, setting, dataset, under)
    steps = [watch.steps[number] for number in under.kept]
    labels = dict.fromkeys(label for step in steps for label in step)
    parts = {label: [step.get(label, 0) / 1e9 for step in steps] for label in labels}
    timed = [sum(step.values()) / 1e9 for step in steps]
    parts[REST] = [whole - part for whole, part in zip(under.seconds, timed, strict=True)]
    return Profile(without.seconds, under.seconds, parts, watch.flops)


def _train(network: NeuralNetwork, setting: Setting, dataset: Dataset, steps: Steps) -> None:
    """Train for an epoch."""
    size, X, y = setting.batch_size, dataset.X_train, dataset.y_train
    list(network.train_epochs(X, y, epochs=1, batch_size=size, on_step=steps.on_step))


@contextmanager
def watching(watch: Stopwatch, network: NeuralNetwork) -> Iterator[None]:
    """Put the classes that a step is made of under the watch."""

    def watched(call: Callable[..., Any], name: Callable[[Any], str]) -> Callable[..., Any]:
        return lambda self, *args, **options: watch.run(name(self), call, self, *args, **options)

    with ExitStack() as stack:
        for owner, method, name in watched_methods(network):
            stack.enter_context(patch.object(owner, method, watched(getattr(owner, method), name)))
        yield


def watched_methods(network: NeuralNetwork) -> list[tuple[type, str, Callable[[Any], str]]]:
    """Return class, method and what names the part, for all that a step of the network calls."""

    def always(name: str) -> Callable[[Any], str]:
        return lambda _: name

    def with_sizes(way: str) -> Callable[[Any], str]:
        return lambda layer: f"{name_of(layer)} {way}"

    kinds = {type(layer) for layer in network.stack.layers}
    phis = {type(layer.phi) for layer in network.stack.layers if isinstance(layer, Dense)}
    found = [
        (InputScaling, "apply", always("scale pixels")),
        (DataParallel, "add_gradients", always("add gradients")),
        (Team, "wait", always(WAITING)),
        (type(network.optimizer), "update", always("optimizer")),
    ]
    for way in ("forward", "backward"):
        found.append((type(network.loss), way, always(f"loss {way}")))
        found += [(kind, way, with_sizes(way)) for kind in kinds]
        found += [(phi, way, always("activation")) for phi in phis]
    return found


def name_of(layer: Layer) -> str:
    """Return a layer's kind, with its sizes if it has any.

    Examples
    --------
    >>> layer = Dense(256)
    >>> layer.declare((784,))[0], name_of(layer)
    ((256,), 'dense 784-256')
    """
    return f"{layer.kind} {layer.inputs}-{layer.units}" if isinstance(layer, Dense) else layer.kind


def table(measured: Profile, rate: float) -> list[list[object]]:
    """Return one line per component, the slowest first: microseconds, share of the step, and a product's speed."""
    whole = statistics.median(measured.watched)
    lines: list[list[object]] = []
    for label, seconds in sorted(measured.parts.items(), key=lambda part: -statistics.median(part[1])):
        middle = statistics.median(seconds)
        flops = measured.flops.get(label.rpartition(": ")[2])
        speed = (f"{flops / middle / 1e9:.0f}", f"{flops / middle / rate:.0%}") if flops and middle else ("", "")
        lines.append([label, f"{middle * 1e6:.1f}", f"{min(seconds) * 1e6:.1f}", f"{middle / whole:.1%}", *speed])
    return lines


def groups(parts: Mapping[str, Sequence[float]]) -> list[list[object]]:
    """Return microseconds and share of parts that belong together, the longest first."""
    sums: dict[str, float] = {}
    for label, seconds in parts.items():
        name = group_of(label)
        sums[name] = sums.get(name, 0.0) + statistics.median(seconds)
    whole = sum(sums.values())
    ordered = sorted(sums.items(), key=lambda pair: -pair[1])
    return [[name, f"{seconds * 1e6:.1f}", f"{seconds / whole:.1%}"] for name, seconds in ordered]


def group_of(label: str) -> str:
    """Return the group of a component.

    Examples
    --------
    >>> group_of("dense 4-2 forward: product (8 x 4) (4 x 2)"), group_of("loss forward: exp")
    ('matrix products', 'loss')
    """
    outermost, _, inner = label.partition(": ")
    first = outermost.split(" ")[0]
    if label.endswith(WAITING):
        return WAITING
    if first == Dense.kind and "product (" in inner:
        return "matrix products"
    if inner.startswith("activation"):
        return "activations"
    if first == Dense.kind:
        return "rest of the dense layers: biases"
    return first if first in ("loss", Dropout.kind) else outermost


def main(console: Console) -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(prog="benchmarks/profile_step.py", description=__doc__)
    add_flags(parser, ProfileConfig)
    config = config_from_flags(parser.parse_args(), ProfileConfig())
    setting = setting_of(config.network, config.optimizer)
    setting = dataclasses.replace(setting, batch_size=config.batch_size or setting.batch_size)
    dataset = load_dataset(console, "auto", config.data_dir)
    rate = best_rate()
    measured = profile(setting, dataset, config.epochs)
    rate = max(rate, best_rate())  # other load on the machine can only make it slower
    machine = describe_machine()
    show(console, setting, measured, rate)
    console.say(f"\nMeasured on {in_words(machine)}; data: {dataset.name}.", "quiet")
    record = {"machine": machine, "setting": dataclasses.asdict(setting), "rate": rate} | dataclasses.asdict(measured)
    path = ROOT / "benchmarks" / "results" / f"profile-{config.network}-{setting.batch_size}-{config.optimizer}.json"
    console.say(f"Every step is in {write_text(path, json.dumps(record) + chr(10))}.", "quiet")


def show(console: Console, setting: Setting, measured: Profile, rate: float) -> None:
    """Print both tables, and the step's share of the limit."""
    console.title(f"A step of {setting.title}, {setting.optimizer}")
    console.table(["part", "µs", "share"], groups(measured.parts))
    workers = NumpyBackend().usual_team(setting.batch_size)
    heads = ["part", "µs", "least", "share", "GFLOP/s", "of the best"]
    console.table(heads, table(measured, rate / workers), title=f"In detail, in one of {workers} processes")
    plain, least = statistics.median(measured.plain), setting.flops_per_image * setting.batch_size / rate
    console.say()
    console.facts(
        [
            ("Step", f"{plain * 1e6:.1f} µs; {statistics.median(measured.watched) * 1e6:.1f} µs under the watch"),
            ("Its products at the best rate", f"{least * 1e6:.1f} µs, at {rate / 1e9:.0f} GFLOP/s on a 2048-cube"),
            ("Share of the limit", f"{least / plain:.0%}"),
        ]
    )


if __name__ == "__main__":
    sys.exit(run_script(main))
