"""The interface of a peer. Imports nothing that could load a BLAS: each peer's own module does that first."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.race.setting import Setting

if TYPE_CHECKING:
    import numpy as np

AfterEpoch = Callable[[float], bool]
Weights = Sequence[tuple["np.ndarray", "np.ndarray"]]


class Peer:
    """A library that trains a classifier, or only predicts with one.

    Parameters
    ----------
    setting : Setting
        What to build.

    Attributes
    ----------
    images_per_epoch : int
        Images that an epoch trains on; set by `take`.
    compile_seconds : float
        Seconds of compilation; 0 if there is none.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.images_per_epoch = 0
        self.compile_seconds = 0.0

    def own_form(self, X: "np.ndarray") -> Any:
        """Return uint8 images as this library's users hold them: float32, scaled, made once and kept."""
        x = X.astype("float32")
        x /= 255
        if self.setting.mean:
            x -= self.setting.mean
            x /= self.setting.deviation
        return x

    def take(self, X: "np.ndarray", y: "np.ndarray") -> None:
        """Convert uint8 images (N, 784) and uint8 labels (N,) to the peer's training format."""
        raise NotImplementedError

    def epoch(self) -> None:
        """Learn from every image once, in a new random order; return when it is done."""
        raise NotImplementedError

    def run(self, epochs: int, after_epoch: AfterEpoch) -> None:
        """Train; call `after_epoch` with each epoch's seconds, and stop when it returns False."""
        for _ in range(epochs):
            started = time.perf_counter()
            self.epoch()
            if not after_epoch(time.perf_counter() - started):
                return

    def set_weights(self, weights: Weights) -> None:
        """Copy trained weights, W (I, O) and b (O,) of every layer."""
        raise NotImplementedError

    def get_ready_to_predict(self) -> None:
        """Do what users do once between training and predicting."""

    def predict(self, X: Any) -> "np.ndarray":
        """Return the class numbers, (N,) on the host, of images in this library's own form."""
        raise NotImplementedError

    def predict_one(self, x: Any) -> "np.ndarray":
        """Return the class number, (1,) on the host, of a row (1, 784) in this library's own form."""
        return self.predict(x)

    def threads(self) -> str:
        """Return the library's own description of its threads; empty if only BLAS has threads."""
        return ""
