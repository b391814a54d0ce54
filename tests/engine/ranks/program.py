"""A program for mpiexec: trains a small network in several ways, and saves what came of it on the first rank.

Run as ``mpiexec -n 2 python -m tests.engine.ranks.program OUTPUT WORKERS [STATES]``. With STATES, the states that
another run of it saved, trainings continue from there. With ``kept`` in the place of WORKERS, one training of a second
writes its checkpoints to the file STATES, continues from there if it exists, and saves its parameters.
"""

import pickle
import sys
import zlib
from pathlib import Path

import numpy as np

from backend.files import write_bytes
from backend.ranks import current_ranks
from classes import NeuralNetwork
from classes.callbacks import EarlyStopping, ExponentialMovingAverage, ReduceLROnPlateau

RNG = np.random.default_rng(0)
X, Y, WEIGHTS = RNG.integers(0, 256, (150, 64), "uint8"), RNG.integers(0, 5, 150), RNG.random(150)
COMMON = {"epochs": 2, "batch_size": 30, "checkpoint_every": "4steps"}  # of ten: within both epochs
DENSE = "12-8"
TRAININGS = {
    "plain": (DENSE, {}),
    "clipped": (DENSE, {"clip_norm": 0.5}),
    "accumulated": (DENSE, {"accumulate": 2}),
    "weighted": (DENSE, {"sample_weight": WEIGHTS, "schedule": "cosine"}),
    "averaged": (DENSE, {"callbacks": lambda: [ExponentialMovingAverage(0.9)]}),
    "watched": (DENSE, {"callbacks": lambda: [EarlyStopping(patience=1), ReduceLROnPlateau(patience=1)]}),
    "normalised": ("12-BN-8", {}),
    "convolved": ("4C3S2-BN-MP2-8", {}),
    "dropped": ("12-D0.2-8", {}),
    "augmented": (DENSE, {"augment": "affine"}),
}
EXACT = tuple(name for name in TRAININGS if name not in ("dropped", "augmented"))  # without random numbers of a process


def train(name, ranks, workers, resume=None):
    """Return the parameters, the history and the checkpoints of a training, all in float64."""
    layers, options = TRAININGS[name]
    options = COMMON | options
    if "callbacks" in options:
        options["callbacks"] = options["callbacks"]()
    states = []
    network = NeuralNetwork((8, 8), layers=layers, output_size=5, optimizer="adamw", dtype="float64", device="cpu")
    records = network.train_epochs(
        X, Y, X[:40], Y[:40], workers=workers, ranks=ranks, resume=resume, on_checkpoint=states.append, **options
    )
    history = [(r.train_loss, r.train_accuracy, r.val_loss, r.val_accuracy) for r in records]
    sums = ranks.all(zlib.crc32(network.stack.parameters.values))
    assert len(set(sums)) == 1, f"{name}: the ranks have other parameters"
    return {"values": network.stack.parameters.values.copy(), "history": history, "states": states}


def keep(output, states):
    """Train for some thousand steps with random numbers, and keep the last checkpoint in a file."""
    ranks, place = current_ranks(), Path(states)
    network = NeuralNetwork((8, 8), layers="12-D0.2-8", output_size=5, dtype="float64", device="cpu")
    resume = ranks.first(pickle.loads(place.read_bytes()) if place.exists() else None)
    records = network.train_epochs(
        X, Y, epochs=160, batch_size=30, augment="affine", checkpoint_every="7steps", ranks=ranks, workers=1,
        resume=resume, on_checkpoint=lambda state: write_bytes(place, pickle.dumps(state)),
    )  # fmt: skip
    for _ in records:
        pass
    if ranks.is_first:
        np.save(output, network.stack.parameters.values)


def main(output, workers, states=None):
    """Run all trainings, or continue them from the second of their states."""
    if workers == "kept":
        keep(output, states)
        return
    ranks = current_ranks()
    with ranks.together():
        saved = pickle.loads(open(states, "rb").read()) if states else {}  # noqa: PTH123, SIM115
        found = {
            name: train(name, ranks, int(workers), saved[name]["states"][0] if saved else None) for name in TRAININGS
        }
        if ranks.is_first:
            with open(output, "wb") as file:  # noqa: PTH123
                pickle.dump(found, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
