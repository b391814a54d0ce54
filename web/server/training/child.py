"""A training in a process of its own: ``python -m web.server.training.child``, the settings on standard input.

Every event is a line of JSON on standard output. SIGINT ends the training early; the best weights so far are saved.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np

from backend.errors import InputError
from classes.callbacks import Callback
from classes.neural_network import NeuralNetwork
from classes.training.progress import EpochProgress
from classes.training.records import EpochRecord, History
from classes.training.state import TrainingState
from interface.console import Console
from interface.loading import load_dataset
from testing.inference.inspection import first_layer
from training.config import TrainingConfig
from training.presets import preset_config
from training.workflow import suited_config, train_model
from web.server.training.settings import chosen, shown

UNITS = 32  # units or filters of the first layer that are shown
_STEP_PAUSE, _WEIGHTS_PAUSE = 0.2, 1.0  # seconds between two events of a kind

Tell = Callable[[str, Mapping[str, Any]], None]
Clock = Callable[[], float]


class Watcher(Callback):
    """Tells of steps, epochs and first-layer weights, some of them often enough to look at.

    Parameters
    ----------
    tell : callable
        Called with the name of an event and its content.
    clock : callable
        Seconds, from any start.
    """

    def __init__(self, tell: Tell, clock: Clock = time.monotonic) -> None:
        self._tell, self._clock = tell, clock
        self._step_due = self._weights_due = 0.0
        self._untold: EpochRecord | None = None

    def begin(self, trainer: TrainingState) -> None:
        """Listen to the steps too, besides whoever does so already."""
        self._trainer = trainer
        before = trainer.options.on_step

        def on_step(progress: EpochProgress) -> None:
            if before is not None:
                before(progress)
            self.on_step(progress)

        trainer.options = replace(trainer.options, on_step=on_step)
        self._tell("state", {"state": "running", "epochs": trainer.options.epochs, "steps": len(trainer.batches)})
        self._tell_weights()

    def __call__(self, record: EpochRecord) -> None:
        """Keep a record until the best weights are kept too: whoever hears of an epoch may stop, and gets it."""
        self._untold = record

    def end(self, history: History) -> None:
        """Tell of the last epoch."""
        self.tell_epoch()

    def tell_epoch(self) -> None:
        """Tell of the epoch that has just been finished, and of its weights, if that has not been done."""
        if self._untold is not None:
            record, self._untold = self._untold, None
            self._tell("epoch", asdict(record))
            self._tell_weights()

    def on_step(self, progress: EpochProgress) -> None:
        """Tell of a step, and of the weights, if it is time to."""
        self.tell_epoch()
        now = self._clock()
        if now >= self._step_due:
            self._step_due = now + _STEP_PAUSE
            self._tell("step", _step(progress))
        if now >= self._weights_due:
            self._tell_weights()

    def _tell_weights(self) -> None:
        self._weights_due = self._clock() + _WEIGHTS_PAUSE
        try:
            found = first_layer(cast(NeuralNetwork, _Seen(self._trainer)))
        except InputError:  # a first layer of a kind that cannot be shown
            return
        rows = found.weights[np.argsort(found.units)][:UNITS]
        largest = np.abs(rows).max(axis=1, keepdims=True)
        side = round(rows.shape[1] ** 0.5)
        shape = found.filter_shape or ((side, side) if side * side == rows.shape[1] else (1, rows.shape[1]))
        units = np.rint(127 * rows / np.maximum(largest, 1e-12)).astype(int)
        self._tell("weights", {"shape": list(shape), "units": units.tolist()})


class _Seen:
    """What `first_layer` needs of a network that is being trained."""

    def __init__(self, trainer: TrainingState) -> None:
        self.stack, self.backend = trainer.stack, trainer.stack.backend
        self.input_size = int(np.prod(trainer.stack.input_shape))


def _step(progress: EpochProgress) -> dict[str, Any]:
    seconds = max(progress.seconds, 1e-9)
    return {
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "step": progress.step,
        "steps": progress.steps,
        "loss": progress.mean_loss(),
        "accuracy": progress.accuracy(),
        "learning_rate": progress.learning_rate,
        "seconds": seconds,
        "images_per_second": progress.images / seconds,
    }


def watched(config: TrainingConfig, watcher: Callback) -> TrainingConfig:
    """Return a configuration that is the same, and whose training also calls a callback."""

    class Watched(TrainingConfig):
        def callbacks(self) -> list[Callback]:
            return [*super().callbacks(), watcher]

    return Watched(**vars(config))


def train(settings: Mapping[str, Any], tell: Tell, console: Console) -> None:
    """Train as the settings say, and tell of it; the last event is ``end``.

    Parameters
    ----------
    settings : mapping
        As for `chosen`; besides, ``output`` and ``data_dir``, which only the server sets.
    tell : callable
        Called with the name of an event and its content.
    console : Console
        Receives what a training says in a terminal.
    """
    places = {name: Path(settings[name]) for name in ("output", "data_dir") if settings.get(name)}
    body = {name: value for name, value in settings.items() if name not in ("output", "data_dir")}
    try:
        preset, overrides = chosen(body)
        overrides |= places
        asked = preset_config(preset, overrides)
        dataset = load_dataset(console, asked.data, asked.data_dir, asked.mirrors)
        config = suited_config(preset, overrides, dataset)
        tell("state", {"config": shown(config), "epochs": config.epochs, "dataset": dataset.name})
        watcher = Watcher(tell)
        trained = train_model(console, watched(config, watcher), preset, dataset)
        watcher.tell_epoch()
    except KeyboardInterrupt:
        tell("end", {"state": "stopped"})
    except InputError as error:
        parts = {"what": error.wrong, "expected": error.expected, "found": error.found, "advice": error.advice}
        tell("end", {"state": "failed", "error": parts})
    except (OSError, MemoryError) as error:
        found = getattr(error, "strerror", None) or type(error).__name__
        advice = "Free some space, or choose a smaller network."
        parts = {"what": "the training", "expected": "enough room", "found": found, "advice": advice}
        tell("end", {"state": "failed", "error": parts})
    else:
        if trained is None:
            tell("end", {"state": "stopped"})
            return
        whole = len(trained.network.history) == config.epochs
        found_there = {"model": trained.path.name, "test_accuracy": trained.test_accuracy}
        best = trained.network.history.chosen_epoch
        tell("end", {"state": "finished" if whole else "stopped", "best_epoch": best, **found_there})


def main() -> None:
    """Train according to standard input."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have it ignored
    settings = json.load(sys.stdin)
    events: TextIO = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")

    def tell(event: str, content: Mapping[str, Any]) -> None:
        events.write(json.dumps({"event": event, **content}, allow_nan=False) + "\n")
        events.flush()

    with open(os.devnull, "w") as nowhere, open(os.devnull) as nothing:  # noqa: PTH123
        train(settings, tell, Console(nowhere, sys.stderr, nothing))


if __name__ == "__main__":
    main()
