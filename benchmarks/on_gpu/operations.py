"""What single operations of a training step cost on the GPU, and which of them a CUDA graph can record.

A step of a small network is bound by launches, so these numbers show what recording or fusing would save.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backend.gpu.fusion import fused
from backend.gpu.graphs import WARM_UP, Replayed
from benchmarks.on_gpu import GpuRun

REPETITIONS = 1000
ROWS, INPUTS, UNITS, PARAMETERS = 64, 784, 128, 101_770  # a batch of 64 in the network 784-128-10


def measure(run: GpuRun) -> dict[str, Any]:
    """Return microseconds per call, on the host and in all, and what happens when the call is recorded in a graph."""
    operations = operations_of(run.backend.xp)
    found: dict[str, Any] = {}
    for name, call in operations.items():
        found[name] = {"us": attempt(lambda call=call: cost(run.backend, call))}
        found[name]["in a graph"] = attempt(lambda call=call: recorded(run.backend, call))
    return {"operations": found}


def operations_of(xp: Any) -> dict[str, Callable[[], Any]]:
    """Return the operations of a step by name, each as a function without arguments."""
    generator = xp.random.default_rng(0)
    images, pixels = xp.zeros((1000, INPUTS), dtype="uint8"), xp.zeros((ROWS, INPUTS), dtype="uint8")
    x, z = xp.ones((ROWS, INPUTS), dtype="float32"), xp.ones((ROWS, UNITS), dtype="float32")
    W, b = xp.ones((INPUTS, UNITS), dtype="float32"), xp.ones(UNITS, dtype="float32")
    w, g, m, v = (xp.ones(PARAMETERS, dtype="float32") for _ in range(4))
    numbers, rows = np.arange(ROWS), xp.arange(ROWS)

    def adam(w: Any, g: Any, m: Any, v: Any, rate: Any) -> None:
        m *= 0.9
        m += g
        v *= 0.999
        g *= g
        v += g
        xp.sqrt(v, out=g)
        g += 1e-8
        xp.divide(m, g, out=g)
        g *= rate
        w -= g

    kernel = fused(xp, adam)
    return {
        "order to the device": lambda: xp.asarray(numbers),
        "take rows": lambda: xp.take(images, rows, axis=0, out=pixels),
        "copy pixels": lambda: xp.copyto(x, pixels),
        "matrix product": lambda: xp.matmul(x, W, out=z),
        "add a row": lambda: xp.add(z, b, out=z),
        "maximum": lambda: xp.maximum(z, 0.0, out=z),
        "uniform noise": lambda: generator.random(size=z.shape, dtype=z.dtype, out=z),
        "argmax": lambda: z.argmax(axis=1),
        "sum": lambda: z.sum(),
        "dot product": lambda: xp.dot(g, g),
        "Adam": lambda: adam(w, g, m, v, 0.001),
        "Adam, fused": lambda: kernel(w, g, m, v, 0.001),
    }


def attempt(function: Callable[[], Any]) -> Any:
    """Return the function's result, or its exception as text."""
    try:
        return function()
    except Exception as error:  # an operation that cannot be recorded is a result
        return f"{type(error).__name__}: {error}"


def cost(backend: Any, call: Callable[[], Any]) -> dict[str, float]:
    """Return microseconds per call until the host has issued it, and until the device is done."""
    for _ in range(20):
        call()
    backend.synchronize()
    started = time.perf_counter()
    for _ in range(REPETITIONS):
        call()
    host = time.perf_counter() - started
    backend.synchronize()
    total = time.perf_counter() - started
    return {"host": round(host / REPETITIONS * 1e6, 2), "total": round(total / REPETITIONS * 1e6, 2)}


def recorded(backend: Any, call: Callable[[], Any]) -> float:
    """Record the call in a CUDA graph; return microseconds per replay. Raises RuntimeError if it cannot be recorded."""
    replayed = Replayed(backend.xp, call)
    for _ in range(WARM_UP + 1):
        replayed()
    if not replayed.is_recorded:
        raise RuntimeError("cannot be recorded")
    return cost(backend, replayed)["total"]
