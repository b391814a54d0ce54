"""What single operations of a training step cost on the GPU, and which of them a CUDA graph can record.

A step of a small network is bound by launches, so these numbers show what recording or fusing would save.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

from benchmarks.on_gpu import GpuRun

REPETITIONS = 1000
ROWS, INPUTS, UNITS, PARAMETERS = 64, 784, 128, 101_770  # a batch of 64 in the network 784-128-10


def measure(run: GpuRun) -> dict[str, Any]:
    """Return microseconds per call, on the host and in all, and what happens when the call is recorded in a graph."""
    operations = operations_of(run.backend.xp) | cublas_operations(run.backend.xp)
    found: dict[str, Any] = {}
    for name, call in operations.items():
        found[name] = {"us": attempt(lambda call=call: cost(run.backend, call))}
        found[name]["in a graph"] = attempt(lambda call=call: recorded(run.backend.xp, call))
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

    fused = xp.fuse(adam) if hasattr(xp, "fuse") else adam
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
        "Adam, fused": lambda: fused(w, g, m, v, 0.001),
    }


def cublas_operations(xp: Any) -> dict[str, Callable[[], Any]]:
    """Return a matrix product by cuBLAS without CuPy's check for recording; empty where the library is not found."""
    import ctypes

    try:
        cublas = ctypes.CDLL(f"libcublas.so.{xp.cuda.runtime.runtimeGetVersion() // 1000}")
        handle = ctypes.c_void_p(xp.cuda.device.get_cublas_handle())
    except (OSError, AttributeError):
        return {}
    x, W, z = (xp.ones(shape, dtype="float32") for shape in ((ROWS, INPUTS), (INPUTS, UNITS), (ROWS, UNITS)))
    workspace = xp.empty(32 << 20, dtype="uint8")  # bytes; NVIDIA's recommendation for Hopper
    one, zero = ctypes.byref(ctypes.c_float(1.0)), ctypes.byref(ctypes.c_float(0.0))

    def product() -> None:
        # cuBLAS stores matrices by columns, so the product of rows Z = X W is its Z^T = W^T X^T.
        stream = ctypes.c_void_p(xp.cuda.get_current_stream().ptr)
        codes = [
            cublas.cublasSetStream_v2(handle, stream),
            cublas.cublasSetWorkspace_v2(
                handle, ctypes.c_void_p(workspace.data.ptr), ctypes.c_size_t(workspace.nbytes)
            ),
            cublas.cublasSgemm_v2(
                handle, 0, 0, UNITS, ROWS, INPUTS, one, ctypes.c_void_p(W.data.ptr), UNITS,
                ctypes.c_void_p(x.data.ptr), INPUTS, zero, ctypes.c_void_p(z.data.ptr), UNITS,
            ),
        ]  # fmt: skip
        if any(codes):
            raise RuntimeError(f"cuBLAS returned {codes}")

    return {"matrix product by ctypes": product}


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


def recorded(xp: Any, call: Callable[[], Any]) -> float:
    """Record the call in a CUDA graph; return microseconds per replay.

    Everything runs once before, so that memory comes from the pool while recording.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(xp.cuda.Stream(non_blocking=True))
        call()
        call()
        stream.synchronize()
        stream.begin_capture()
        try:
            call()
        finally:
            graph = stream.end_capture()
        graph.launch(stream)
        stream.synchronize()
        started = time.perf_counter()
        for _ in range(REPETITIONS):
            graph.launch(stream)
        stream.synchronize()
        return round((time.perf_counter() - started) / REPETITIONS * 1e6, 2)
