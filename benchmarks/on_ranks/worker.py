"""One training on some ranks and processes, timed: ``mpiexec -n 2 python -m benchmarks.on_ranks.worker TASK``.

The task is JSON: sizes of the hidden layers, batch size, workers of each rank, steps and epochs. The first rank prints
the seconds of a step, of which the first epoch is left out, as JSON.
"""

import json
import sys
from typing import Any

import numpy as np

from backend.ranks import current_ranks
from classes import NeuralNetwork


def train(task: dict[str, Any]) -> dict[str, Any] | None:
    """Train with random images; return the seconds of a step in each epoch, on the first rank."""
    ranks = current_ranks()
    with ranks.together():
        rng = np.random.default_rng(0)
        rows = task["batch_size"] * task["steps"]
        X, y = rng.integers(0, 256, (rows, 784), "uint8"), rng.integers(0, 10, rows)
        network = NeuralNetwork(784, tuple(task["hidden_sizes"]), 10, optimizer="adamw", device="cpu")
        records = network.train_epochs(
            X, y, epochs=1 + task["epochs"], batch_size=task["batch_size"], workers=task["workers"], ranks=ranks
        )
        seconds = [record.seconds / task["steps"] for record in records]
        return {"seconds": seconds[1:], "parameters": network.parameter_count} if ranks.is_first else None


if __name__ == "__main__":
    found = train(json.loads(sys.argv[1]))
    if found is not None:
        sys.stdout.write(json.dumps(found) + "\n")
