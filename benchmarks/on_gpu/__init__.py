"""The parts of `benchmarks/gpu.py`: each module has a function `measure`."""

from dataclasses import dataclass

from backend import Backend
from initializers.dataset import Dataset
from interface.console import Console


@dataclass(frozen=True)
class GpuRun:
    """What every part needs.

    Attributes
    ----------
    backend : Backend
        The GPU's.
    dataset : Dataset
        MNIST, or the digits that come with the project.
    rounds : int
        Epochs of each peer in the race.
    console : Console
        Shows what has been found.
    """

    backend: Backend
    dataset: Dataset
    rounds: int
    console: Console
