"""The libraries compared with, each used as its own documentation does. Importing this imports none of them."""

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers.peer import Peer

TRAINING = ("training", "target")
ALL = (*TRAINING, "prediction")


@dataclass(frozen=True)
class Entry:
    """A peer's description, available without importing it.

    Attributes
    ----------
    title : str
        Its name in tables.
    place : str
        Module in this package and class in it, with a colon between.
    package : str
        What must be installed.
    parts : tuple of str
        Comparisons that it takes part in.
    dropout : bool
        Whether it has dropout.
    """

    title: str
    place: str
    package: str
    parts: tuple[str, ...] = ALL
    dropout: bool = True

    @property
    def is_installed(self) -> bool:
        """Whether its package can be found."""
        return find_spec(self.package) is not None

    def load(self) -> "type[Peer]":
        """Import the peer's library and return its class."""
        module, name = self.place.split(":")
        return getattr(importlib.import_module(f"benchmarks.peers.{module}"), name)


OURS = "ours"
PEERS: dict[str, Entry] = {
    OURS: Entry("this project", "ours:Ours", "numpy", (*ALL, "optimizers", "convolution")),
    "ours-default": Entry("this project, default preset, 2 epochs", "ours:OursDefault", "numpy", ("target",)),
    "sklearn": Entry("scikit-learn MLPClassifier", "scikit_learn:ScikitLearn", "sklearn", dropout=False),
    "torch": Entry("PyTorch eager, tensors in memory", "pytorch:Eager", "torch", (*ALL, "optimizers", "convolution")),
    "torch-channels-last": Entry("PyTorch eager, channels last", "pytorch:ChannelsLast", "torch", ("convolution",)),
    "torch-fused": Entry("PyTorch eager, fused Adam", "pytorch:Fused", "torch", TRAINING),
    "torch-loader": Entry("PyTorch eager, DataLoader", "pytorch:Loader", "torch", TRAINING),
    "keras": Entry("Keras fit, TensorFlow", "keras_fit:KerasFit", "tensorflow", (*ALL, "convolution")),
    "jax": Entry("JAX jit, scan over an epoch", "jax_scan:JaxScan", "jax", (*ALL, "convolution")),
    "onnxruntime": Entry("ONNX Runtime", "onnx_runtime:OnnxRuntime", "onnxruntime", ("prediction",)),
    "numpy": Entry("NumPy, bare formulas", "bare_numpy:BareNumpy", "numpy", ("prediction",)),
}
GPU_PEERS: dict[str, Entry] = {  # those of benchmarks/gpu.py
    "ours-gpu": Entry("this project, CuPy", "ours:OursOnGpu", "cupy"),
    "torch-gpu": Entry("PyTorch eager", "pytorch_cuda:EagerOnGpu", "torch"),
    "torch-graph": Entry("PyTorch, CUDA graph, fused Adam", "pytorch_cuda:Graph", "torch"),
    "jax-gpu": Entry("JAX jit, scan over an epoch", "jax_scan:JaxScan", "jax"),
}
