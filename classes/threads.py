"""Prediction with networks of images in several threads.

The matrix products of a convolution are many and small, for which the threads of BLAS cost more than they save. NumPy
releases the interpreter's lock within each of them, so threads that each take some images use all cores.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from backend.array_backend import usable_cores
from backend.blas import blas_threads, one_blas_thread
from classes.layers.sequential import Sequential
from initializers.batches import InputScaling


def threaded_logits(stack: Sequential, scaling: InputScaling, X: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield the logits of images, some images at a time and in order.

    Parameters
    ----------
    stack : Sequential
        The layers, on the CPU; their buffers are not used.
    scaling : InputScaling
        Applied to uint8 images.
    X : ndarray (N, I)
        Checked images.
    size : int
        Images at a time; results do not depend on the number of threads.
    """
    own = threading.local()

    def logits(start: int) -> np.ndarray:
        images = X[start : start + size]
        if not hasattr(own, "stack"):
            own.stack = stack.twin()
            own.stack.bind(min(len(X), size), None)
            own.x = np.empty((min(len(X), size), X.shape[1]), dtype=stack.dtype)
        x = own.x[: len(images)]
        scaling.apply(np, images, x)
        z: np.ndarray = own.stack.forward(x)
        return z.copy()

    starts = range(0, len(X), size)
    threads = min(usable_cores(), blas_threads(), len(starts))
    with one_blas_thread():
        if threads == 1:
            yield from map(logits, starts)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(logits, starts)
