"""The same training on the CPU and on the GPU: how far parameters and losses are apart."""

from typing import Any

import numpy as np

from benchmarks.on_gpu import GpuRun
from classes import ACTIVATIONS, OPTIMIZERS, NeuralNetwork

STEPS = 50
BATCH = 64
# Largest difference of a parameter, relative to the largest parameter, after 50 steps in float64: rounding alone gives
# 1e-16 a step, which training amplifies by a few orders of magnitude.
CLOSE = 1e-9


def measure(run: GpuRun) -> dict[str, Any]:
    """Return the relative difference after 50 steps for every optimizer and every activation."""
    options: list[dict[str, Any]] = [{"optimizer": name} for name in OPTIMIZERS]
    options += [{"activation": name, "optimizer": "adam"} for name in ACTIVATIONS]
    differences = {" ".join(each.values()): difference(run, each) for each in options}
    result: dict[str, Any] = {"float64 after 50 steps": differences}
    result["float32 after 50 steps"] = {
        " ".join(each.values()): difference(run, each | {"dtype": "float32"}) for each in options[: len(OPTIMIZERS)]
    }
    far = [name for name, value in differences.items() if not value < CLOSE]
    return result | ({"failed": f"apart: {', '.join(far)}"} if far else {})


def difference(run: GpuRun, options: dict[str, Any]) -> float:
    """Return the largest difference of a parameter, relative to the largest parameter."""
    ends = [end_of(run, options, device) for device in ("cpu", run.backend)]
    return float(np.abs(ends[0] - ends[1]).max() / np.abs(ends[0]).max())


def end_of(run: GpuRun, options: dict[str, Any], device: Any) -> np.ndarray:
    """Return the parameters (P,) after the training."""
    images = STEPS * BATCH
    network = NeuralNetwork(784, (64, 32), 10, device=device, **{"dtype": "float64"} | options)
    X, y = run.dataset.X_train[:images], run.dataset.y_train[:images]
    network.train(X, y, epochs=1, batch_size=BATCH, workers=1, verbose=False)
    return network.backend.to_host(network.stack.parameters.values).copy()
